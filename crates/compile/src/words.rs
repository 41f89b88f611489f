//! A comparison of an argument as branches over its 32-bit words: all that a filter can load at once.
//!
//! Apart from the two makers of argument blocks, which build different things out of the same branches.

use callgate_policy::{Arg, Comparison, Test};
use callgate_syscalls::Arch;

/// A half of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Word {
    pub(crate) arg: Arg,
    pub(crate) half: Half,
}

/// Which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Half {
    Low,
    High,
}

impl Half {
    /// This half of a value.
    pub(crate) const fn of(self, value: u64) -> u32 {
        match self {
            Self::Low => lower(value),
            Self::High => upper(value),
        }
    }
}

/// A test of one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WordTest {
    /// It is this.
    Eq(u32),
    /// It is this or above; never zero.
    Ge(u32),
    /// The bits of the mask, which is neither empty nor full, are the value, which has no others.
    MaskedEq { mask: u32, value: u32 },
}

/// A comparison in its plainest form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Plain {
    /// It holds for every call, or for none.
    Constant(bool),
    /// It holds where the test does, or where it does not.
    Test {
        arg: Arg,
        /// How many bits of it are looked at: 16, 32 or 64.
        bits: u16,
        wanted: bool,
        test: PlainTest,
    },
}

/// Three tests that express all seven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PlainTest {
    Eq(u64),
    Ge(u64),
    MaskedEq { mask: u64, value: u64 },
}

/// Something that is built of branches over words, leaves first.
pub(crate) trait Branches {
    type Node: Copy + PartialEq;

    /// Goes to `yes` where the test holds of the word, else to `no`; the two are different.
    fn branch(&mut self, word: Word, test: WordTest, yes: Self::Node, no: Self::Node)
    -> Self::Node;
}

impl Plain {
    /// The plain form of a comparison on an arch.
    pub(crate) const fn of(comparison: Comparison, arch: Arch) -> Self {
        let bits = comparison.width.bits(arch);
        let max = u64::MAX >> (64 - bits);
        let (wanted, test) = match comparison.test {
            Test::Eq(value) => (true, equal(value, max)),
            Test::Ne(value) => (false, equal(value, max)),
            Test::Ge(value) => (true, at_least(value, max)),
            Test::Lt(value) => (false, at_least(value, max)),
            Test::Gt(value) => (true, above(value, max)),
            Test::Le(value) => (false, above(value, max)),
            Test::MaskedEq { mask, value } => (true, masked(mask, value, max)),
        };
        match test {
            Ok(test) => Self::Test {
                arg: comparison.arg,
                bits: bits as u16,
                wanted,
                test,
            },
            Err(constant) => Self::Constant(constant == wanted),
        }
    }

    /// The argument that it is about.
    pub(crate) const fn arg(self) -> Option<Arg> {
        match self {
            Self::Constant(_) => None,
            Self::Test { arg, .. } => Some(arg),
        }
    }

    /// Whether it holds of a value of its argument.
    pub(crate) const fn holds(self, value: u64) -> bool {
        let (bits, wanted, test) = match self {
            Self::Constant(constant) => return constant,
            Self::Test {
                bits, wanted, test, ..
            } => (bits, wanted, test),
        };
        let seen = value & (u64::MAX >> (64 - bits));
        let holds = match test {
            PlainTest::Eq(value) => seen == value,
            PlainTest::Ge(value) => seen >= value,
            PlainTest::MaskedEq { mask, value } => seen & mask == value,
        };
        holds == wanted
    }

    /// The same as branches: to `yes` where it holds, else to `no`.
    pub(crate) fn branch<B: Branches>(self, to: &mut B, yes: B::Node, no: B::Node) -> B::Node {
        let (arg, bits, wanted, test) = match self {
            Self::Constant(true) => return yes,
            Self::Constant(false) => return no,
            Self::Test {
                arg,
                bits,
                wanted,
                test,
            } => (arg, bits, wanted, test),
        };
        let (yes, no) = if wanted { (yes, no) } else { (no, yes) };
        if yes == no {
            return yes;
        }
        let low = Word {
            arg,
            half: Half::Low,
        };
        if bits == 16 {
            return test.branch_on_short(to, low, yes, no);
        }
        let high = (bits == 64).then_some(Word {
            arg,
            half: Half::High,
        });
        match test {
            PlainTest::Eq(value) => {
                let then = match high {
                    Some(high) => to.branch(high, WordTest::Eq(upper(value)), yes, no),
                    None => yes,
                };
                to.branch(low, WordTest::Eq(lower(value)), then, no)
            }
            PlainTest::Ge(value) => {
                let least = if lower(value) == 0 {
                    yes
                } else {
                    to.branch(low, WordTest::Ge(lower(value)), yes, no)
                };
                match high {
                    Some(high) => ge_high(to, high, upper(value), least, yes, no),
                    None => least,
                }
            }
            PlainTest::MaskedEq { mask, value } => {
                let then = match high {
                    Some(high) => masked_word(to, high, upper(mask), upper(value), yes, no),
                    None => yes,
                };
                masked_word(to, low, lower(mask), lower(value), then, no)
            }
        }
    }
}

impl PlainTest {
    /// Where only the low 16 bits are looked at: no test but a masked one can leave the others out.
    fn branch_on_short<B: Branches>(
        self,
        to: &mut B,
        word: Word,
        yes: B::Node,
        no: B::Node,
    ) -> B::Node {
        match self {
            Self::Eq(value) => masked_word(to, word, SHORT, lower(value), yes, no),
            Self::MaskedEq { mask, value } => {
                masked_word(to, word, lower(mask), lower(value), yes, no)
            }
            // At the highest bit where they differ, the word has it.
            Self::Ge(value) => (0..16).fold(yes, |below, place| {
                let bit = 1 << place;
                let (set, clear) = match lower(value) & bit {
                    0 => (yes, below),
                    _ => (below, no),
                };
                masked_word(to, word, bit, bit, set, clear)
            }),
        }
    }
}

/// The bits of a word that a short argument has.
const SHORT: u32 = 0xffff;

/// The high word of `at least`: above its own `high`, equal to it (then the low word decides), or below.
fn ge_high<B: Branches>(
    to: &mut B,
    word: Word,
    high: u32,
    equal: B::Node,
    above: B::Node,
    below: B::Node,
) -> B::Node {
    let from_equal = match high.checked_add(1) {
        _ if equal == above => above,
        Some(next) => to.branch(word, WordTest::Ge(next), above, equal),
        None => equal,
    };
    if high == 0 {
        from_equal
    } else {
        to.branch(word, WordTest::Ge(high), from_equal, below)
    }
}

fn masked_word<B: Branches>(
    to: &mut B,
    word: Word,
    mask: u32,
    value: u32,
    yes: B::Node,
    no: B::Node,
) -> B::Node {
    if yes == no {
        return yes;
    }
    match mask {
        0 => yes,
        u32::MAX => to.branch(word, WordTest::Eq(value), yes, no),
        _ => to.branch(word, WordTest::MaskedEq { mask, value }, yes, no),
    }
}

const fn equal(value: u64, max: u64) -> Result<PlainTest, bool> {
    if value > max {
        return Err(false);
    }
    Ok(PlainTest::Eq(value))
}

const fn at_least(value: u64, max: u64) -> Result<PlainTest, bool> {
    if value == 0 {
        return Err(true);
    }
    if value > max {
        return Err(false);
    }
    Ok(PlainTest::Ge(value))
}

const fn above(value: u64, max: u64) -> Result<PlainTest, bool> {
    if value >= max {
        return Err(false);
    }
    Ok(PlainTest::Ge(value + 1))
}

const fn masked(mask: u64, value: u64, max: u64) -> Result<PlainTest, bool> {
    let mask = mask & max;
    if value & !mask != 0 {
        return Err(false);
    }
    if mask == 0 {
        return Err(true);
    }
    if mask == max {
        return Ok(PlainTest::Eq(value));
    }
    Ok(PlainTest::MaskedEq { mask, value })
}

const fn lower(value: u64) -> u32 {
    value as u32
}

const fn upper(value: u64) -> u32 {
    (value >> 32) as u32
}
