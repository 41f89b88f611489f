//! A rule: the calls that it is about, and the action that they get.

use alloc::vec::Vec;

use callgate_bpf::Action;
use callgate_syscalls::Arch;

/// Calls of some numbers whose arguments pass every comparison, and their action.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Whose rule it is; opaque here, and kept by whoever made it.
    pub id: RuleId,
    /// The numbers of the calls.
    pub numbers: Numbers,
    /// What must hold of the arguments: all of these.
    pub comparisons: Vec<Comparison>,
    /// What the calls get.
    pub action: Action,
}

impl Rule {
    /// Whether it is about a call of this number with these arguments.
    ///
    /// On an arch of 32 bits an argument is its low 32 bits, so a comparison value that is larger is never equal.
    #[must_use]
    pub fn matches(&self, arch: Arch, nr: u32, args: &[u64; 6]) -> bool {
        self.numbers.contain(nr) && self.comparisons.iter().all(|each| each.holds(arch, args))
    }
}

/// The name of a rule among those of its policy.
///
/// Several rules may share one: a line of a document often becomes many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// A run of call numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbers {
    /// The smallest.
    pub first: u32,
    /// The largest; where it is below `first`, there are none.
    pub last: u32,
}

impl Numbers {
    /// Every number.
    pub const ALL: Self = Self {
        first: 0,
        last: u32::MAX,
    };

    /// This number alone.
    #[must_use]
    pub const fn one(nr: u32) -> Self {
        Self {
            first: nr,
            last: nr,
        }
    }

    /// Whether the number is one of them.
    #[must_use]
    pub const fn contain(self, nr: u32) -> bool {
        self.first <= nr && nr <= self.last
    }
}

/// One of the six arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arg(u8);

impl Arg {
    /// The first argument.
    pub const A0: Self = Self(0);
    /// The second argument.
    pub const A1: Self = Self(1);
    /// The third argument.
    pub const A2: Self = Self(2);
    /// The fourth argument.
    pub const A3: Self = Self(3);
    /// The fifth argument.
    pub const A4: Self = Self(4);
    /// The sixth argument.
    pub const A5: Self = Self(5);

    /// Every argument, in order.
    pub const ALL: [Self; 6] = [Self::A0, Self::A1, Self::A2, Self::A3, Self::A4, Self::A5];

    /// The argument at an index from zero; none from six upward.
    #[must_use]
    pub fn new(index: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(index).ok()?).copied()
    }

    /// Its index: 0 to 5.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A test of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Comparison {
    /// Which argument.
    pub arg: Arg,
    /// What must hold of it.
    pub test: Test,
    /// How much of it is looked at.
    pub width: Width,
}

impl Comparison {
    /// A comparison of the whole argument.
    #[must_use]
    pub const fn new(arg: Arg, test: Test) -> Self {
        Self {
            arg,
            test,
            width: Width::Whole,
        }
    }

    /// Whether it holds for these arguments of a call of this arch.
    #[must_use]
    pub const fn holds(self, arch: Arch, args: &[u64; 6]) -> bool {
        let seen = u64::MAX >> (64 - self.width.bits(arch));
        self.test.holds(args[self.arg.index()] & seen)
    }
}

/// How much of an argument a comparison looks at, from its lowest bit upward.
///
/// A filter sees registers, and what a comparison of a document says is about the whole of them;
/// the kernel takes less of an argument whose type is narrower: [`Policy::typed`](crate::Policy::typed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// 16 bits: a mode of a file, an id of the oldest calls.
    Short,
    /// 32 bits: an `int`, flags, a descriptor.
    Int,
    /// All of it: 64 bits, or 32 on an arch that has no more.
    Whole,
}

impl Width {
    /// The number of bits on an arch: 16, 32 or 64.
    #[must_use]
    pub const fn bits(self, arch: Arch) -> u32 {
        match self {
            Self::Short => 16,
            Self::Int => 32,
            Self::Whole => arch.bits(),
        }
    }
}

/// The seven tests of an unsigned value of 64 bits (`SCMP_CMP_…`).
///
/// Seccomp closed this list, so matching it is exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// It is not this.
    Ne(u64),
    /// It is below this.
    Lt(u64),
    /// It is this or below.
    Le(u64),
    /// It is this.
    Eq(u64),
    /// It is this or above.
    Ge(u64),
    /// It is above this.
    Gt(u64),
    /// The bits of it that the mask has are exactly the value; a value with other bits never is.
    MaskedEq {
        /// The bits to look at.
        mask: u64,
        /// What they must be.
        value: u64,
    },
}

impl Test {
    /// The same test of other values, a mask's among them.
    #[must_use]
    pub fn map(self, mut other: impl FnMut(u64) -> u64) -> Self {
        match self {
            Self::Ne(value) => Self::Ne(other(value)),
            Self::Lt(value) => Self::Lt(other(value)),
            Self::Le(value) => Self::Le(other(value)),
            Self::Eq(value) => Self::Eq(other(value)),
            Self::Ge(value) => Self::Ge(other(value)),
            Self::Gt(value) => Self::Gt(other(value)),
            Self::MaskedEq { mask, value } => Self::MaskedEq {
                mask: other(mask),
                value: other(value),
            },
        }
    }

    /// Whether it holds for a value.
    #[must_use]
    pub const fn holds(self, seen: u64) -> bool {
        match self {
            Self::Ne(value) => seen != value,
            Self::Lt(value) => seen < value,
            Self::Le(value) => seen <= value,
            Self::Eq(value) => seen == value,
            Self::Ge(value) => seen >= value,
            Self::Gt(value) => seen > value,
            Self::MaskedEq { mask, value } => seen & mask == value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_at_its_boundaries() {
        let value = 0x1_0000_0000;
        let cases = [
            (Test::Ne(value), [true, false, true]),
            (Test::Lt(value), [true, false, false]),
            (Test::Le(value), [true, true, false]),
            (Test::Eq(value), [false, true, false]),
            (Test::Ge(value), [false, true, true]),
            (Test::Gt(value), [false, false, true]),
            (Test::MaskedEq { mask: value, value }, [false, true, true]),
            (
                Test::MaskedEq {
                    mask: value,
                    value: 0,
                },
                [true, false, false],
            ),
            (Test::MaskedEq { mask: 0, value: 0 }, [true, true, true]),
            (Test::MaskedEq { mask: 1, value: 3 }, [false, false, false]),
        ];
        for (test, expected) in cases {
            let seen = [value - 1, value, value + 1].map(|seen| test.holds(seen));
            assert_eq!(seen, expected, "{test:?}");
        }
    }

    #[test]
    fn a_narrow_arch_sees_the_low_half_only() {
        let comparison = |test| Comparison::new(Arg::A5, test);
        let args = [0, 0, 0, 0, 0, 0x1_0000_0002];
        for &arch in Arch::ALL {
            let narrow = arch.bits() == 32;
            assert_eq!(comparison(Test::Eq(2)).holds(arch, &args), narrow, "{arch}");
            assert_eq!(
                comparison(Test::Eq(0x1_0000_0002)).holds(arch, &args),
                !narrow,
                "{arch}"
            );
            assert_eq!(
                comparison(Test::Lt(0x1_0000_0000)).holds(arch, &args),
                narrow,
                "{arch}"
            );
        }
    }

    #[test]
    fn a_width_hides_the_bits_above_it() {
        let args = [0xffff_0001_0000_0002, 0, 0, 0, 0, 0];
        let seen = [
            (Width::Short, 2),
            (Width::Int, 2),
            (Width::Whole, 0xffff_0001_0000_0002),
        ];
        for (width, value) in seen {
            let comparison = |test| Comparison {
                width,
                ..Comparison::new(Arg::A0, test)
            };
            let holds = |test| comparison(test).holds(Arch::X86_64, &args);
            assert!(holds(Test::Eq(value)), "{width:?}");
            assert_eq!(holds(Test::Gt(2)), width == Width::Whole, "{width:?}");
        }
    }

    #[test]
    fn there_are_six_arguments() {
        assert_eq!(Arg::new(5).map(Arg::index), Some(5));
        assert_eq!(Arg::new(6), None);
        assert_eq!(Arg::new(u64::MAX), None);
    }
}
