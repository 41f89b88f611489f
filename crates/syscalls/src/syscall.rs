//! A system call: its name, its number on each arch, what it takes and since when it exists.
//!
//! The type is a place in the generated tables; whoever holds one holds a call that exists.

use core::fmt;

use crate::generated::numbers::{NAMES, numbers, order};
use crate::generated::prototypes::{OWN_PARAMS, PARAMS};
use crate::generated::releases::RELEASES;
use crate::{Arch, Param, Release};

/// A system call that Linux has on some arch.
///
/// Ordered by name. Two names of one number are two calls, as they are in a profile;
/// [`Syscall::by_number`] answers with the one that libseccomp prefers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Syscall(u16);

impl Syscall {
    /// How many there are.
    pub const COUNT: usize = NAMES.len();

    /// Every call, sorted by name.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..NAMES.len()).map(Self::at)
    }

    /// The call of exactly this name; upper and lower case differ.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        crate::names::find(name).map(Self::at)
    }

    /// The call of this number on `arch`; an x32 number has [`X32_BIT`](crate::X32_BIT) set.
    #[must_use]
    pub fn by_number(arch: Arch, nr: u32) -> Option<Self> {
        let (numbers, order) = (numbers(arch), order(arch));
        let place = order.binary_search_by_key(&nr, |&index| numbers[usize::from(index)]);
        place.ok().map(|place| Self(order[place]))
    }

    /// The calls of `arch` with their numbers, ascending, each number once.
    pub fn numbers(arch: Arch) -> impl ExactSizeIterator<Item = (u32, Self)> {
        let numbers = numbers(arch);
        let pair = |&index: &u16| (numbers[usize::from(index)], Self(index));
        order(arch).iter().map(pair)
    }

    /// Its name, which is the kernel's and libseccomp's: `openat`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES[self.index()]
    }

    /// Its number on `arch`; none where the arch does not have it. An x32 number has [`X32_BIT`](crate::X32_BIT) set.
    #[must_use]
    pub fn number(self, arch: Arch) -> Option<u32> {
        let number = numbers(arch)[self.index()];
        (number != u32::MAX).then_some(number)
    }

    /// What it takes on most arches; none where the kernel has no prototype of it.
    ///
    /// The prototypes are those of a 64-bit kernel.
    #[must_use]
    pub fn params(self) -> Option<&'static [Param]> {
        PARAMS[self.index()]
    }

    /// What it takes on `arch`: [`Syscall::params`], unless the arch has its own order or types.
    ///
    /// `clone` has flags and stack the other way round on s390x, `setuid` takes 16 bits on x86,
    /// and the oldest `mmap` takes one pointer to all its arguments.
    #[must_use]
    pub fn params_on(self, arch: Arch) -> Option<&'static [Param]> {
        let own = OWN_PARAMS.binary_search_by_key(&(self.0, arch), |entry| (entry.0, entry.1));
        own.map_or_else(|_| self.params(), |place| Some(OWN_PARAMS[place].2))
    }

    /// The first release of Linux that had it on any arch; none where no source says.
    #[must_use]
    pub fn since(self) -> Option<Release> {
        let (major, minor) = RELEASES[self.index()];
        (major != 0).then_some(Release::new(major, minor))
    }

    /// Its place among all, by name and below [`Syscall::COUNT`]: for tables that have an entry for each call.
    #[must_use]
    pub fn index(self) -> usize {
        self.0.into()
    }

    /// The same as it stands in the tables.
    pub(crate) fn place(self) -> u16 {
        self.0
    }

    /// The call at a place in the tables, which hold far fewer than 2^16.
    #[expect(clippy::cast_possible_truncation)]
    fn at(index: usize) -> Self {
        Self(index as u16)
    }
}

impl fmt::Display for Syscall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Syscall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Syscall({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, X32_BIT};

    #[test]
    fn names_are_sorted_and_read_back() {
        assert!(NAMES.is_sorted_by(|one, two| one < two));
        for (index, call) in Syscall::all().enumerate() {
            assert_eq!(Syscall::by_name(call.name()), Some(call));
            assert_eq!(call.index(), index);
        }
        assert_eq!(Syscall::all().len(), Syscall::COUNT);
        for name in ["", "READ", "read ", "no_such_call"] {
            assert_eq!(Syscall::by_name(name), None);
        }
    }

    #[test]
    fn numbers_ascend_and_read_back() {
        for &arch in Arch::ALL {
            assert!(
                Syscall::numbers(arch)
                    .map(|(nr, _)| nr)
                    .is_sorted_by(|one, two| one < two)
            );
            for (nr, call) in Syscall::numbers(arch) {
                assert_eq!(Syscall::by_number(arch, nr), Some(call));
                assert_eq!(call.number(arch), Some(nr));
            }
            for call in Syscall::all() {
                if let Some(nr) = call.number(arch) {
                    assert!(Syscall::by_number(arch, nr).is_some(), "{call}");
                    assert_eq!(nr & X32_BIT != 0, arch == Arch::X32, "{call}");
                }
            }
        }
    }

    #[test]
    fn parameters_by_arch() {
        let names = |call: &str, arch| {
            let params = Syscall::by_name(call).and_then(|call| call.params_on(arch));
            params.unwrap_or_default().iter().map(|param| param.name)
        };
        assert!(names("openat", Arch::X86_64).eq(["dfd", "filename", "flags", "mode"]));
        assert!(
            names("clone", Arch::X86_64)
                .take(2)
                .eq(["clone_flags", "newsp"])
        );
        assert!(
            names("clone", Arch::S390x)
                .take(2)
                .eq(["newsp", "clone_flags"])
        );
        assert!(
            names("clone", Arch::Aarch64)
                .skip(3)
                .eq(["tls", "child_tidptr"])
        );
        assert!(names("mmap", Arch::X86).eq(["arg"]));
        assert!(names("getpid", Arch::X86).eq([""; 0]));
        let setuid = Syscall::by_name("setuid").expect("a call");
        let kind = |arch| setuid.params_on(arch).expect("a prototype")[0].kind;
        assert_eq!(kind(Arch::X86_64), Kind::Id);
        assert_eq!(kind(Arch::X86), Kind::Short);
        let create_module = Syscall::by_name("create_module").expect("a call");
        assert_eq!(create_module.params(), None);
    }

    #[test]
    fn own_parameters_are_sorted_and_of_calls_that_the_arch_has() {
        assert!(OWN_PARAMS.is_sorted_by(|one, two| (one.0, one.1) < (two.0, two.1)));
        for &(place, arch, _) in &OWN_PARAMS {
            assert!(Syscall(place).number(arch).is_some());
        }
    }

    #[test]
    fn releases_that_everybody_knows() {
        let since = |name| Syscall::by_name(name).and_then(Syscall::since);
        for (name, major, minor) in [
            ("read", 1, 0),
            ("seccomp", 3, 17),
            ("clone3", 5, 3),
            ("fchmodat2", 6, 6),
            ("statmount", 6, 8),
        ] {
            assert_eq!(since(name), Some(Release::new(major, minor)), "{name}");
        }
        // With headers of the builder's, arches that they lack keep newer calls.
        if cfg!(not(feature = "kernel-headers")) {
            assert!(
                Syscall::all()
                    .filter_map(Syscall::since)
                    .all(|release| release <= crate::KERNEL)
            );
        }
    }

    #[test]
    fn some_numbers_that_everybody_knows() {
        let number = |arch, name| Syscall::by_name(name).and_then(|call| call.number(arch));
        for (arch, name, nr) in [
            (Arch::X86_64, "read", Some(0)),
            (Arch::X86_64, "openat", Some(257)),
            (Arch::X86, "openat", Some(295)),
            (Arch::X32, "read", Some(X32_BIT)),
            (Arch::X32, "ptrace", Some(X32_BIT + 521)),
            (Arch::Aarch64, "openat", Some(56)),
            (Arch::Aarch64, "open", None),
            (Arch::Arm, "set_tls", Some(0xf_0005)),
            (Arch::Mips, "read", Some(4003)),
            (Arch::Mips64, "read", Some(5000)),
            (Arch::Mips64n32, "read", Some(6000)),
            (Arch::S390, "clone", Some(120)),
        ] {
            assert_eq!(number(arch, name), nr, "{arch} {name}");
        }
        let call = Syscall::by_number(Arch::Arm, 341).map(Syscall::name);
        assert_eq!(call, Some("arm_sync_file_range"));
    }
}
