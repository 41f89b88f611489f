//! Named constants that arguments take: open flags, socket families, `prctl` options, `ioctl` requests.
//!
//! They come in sets, because a number means something only in its place.
//! Values differ by arch, so a set is always one arch's; sizes in m68k's `ioctl` requests suppose natural alignment.

use core::fmt;

use crate::generated::constants::{ARGUMENTS, COUNT, name, set};
use crate::{Arch, Syscall};

/// A set of constants as one arch has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Constants {
    /// Its name: `open-flags`.
    pub name: &'static str,
    /// How its values go together.
    pub kind: ConstantsKind,
    /// Names and values, by value; of several names for a value the usual one is first.
    pub values: &'static [(&'static str, u64)],
}

/// How the values of a set go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstantsKind {
    /// Exactly one of them.
    Choice,
    /// Any of them together.
    Flags,
    /// One of them in some bits, and flags in the others.
    Mixed {
        /// The bits that hold one of them.
        choice: u64,
    },
}

impl Constants {
    /// The usual name of exactly this value.
    #[must_use]
    pub fn name_of(&self, value: u64) -> Option<&'static str> {
        let place = self.values.partition_point(|&(_, known)| known < value);
        let &(name, known) = self.values.get(place)?;
        (known == value).then_some(name)
    }

    /// The value of exactly this name.
    #[must_use]
    pub fn value_of(&self, name: &str) -> Option<u64> {
        let found = self.values.iter().find(|&&(known, _)| known == name);
        found.map(|&(_, value)| value)
    }

    /// Displays `value` in the names of the set: `O_WRONLY|O_CREAT`; bits without a name in hexadecimal.
    #[must_use]
    pub const fn describe(&self, value: u64) -> Described<'_> {
        Described {
            constants: self,
            value,
        }
    }

    /// The value of names with `|` between them, and of numbers among them: what [`Constants::describe`] displays.
    ///
    /// None if a name is not of this set, or if a choice is made twice.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<u64> {
        let mut value = 0;
        for (index, part) in text.split('|').map(str::trim).enumerate() {
            if index > 0 && self.kind == ConstantsKind::Choice {
                return None;
            }
            let part = self.value_of(part).or_else(|| number(part))?;
            if value & part & self.choice() != 0 {
                return None;
            }
            value |= part;
        }
        Some(value)
    }

    /// The bits that hold exactly one of the values.
    #[must_use]
    pub const fn choice(&self) -> u64 {
        match self.kind {
            ConstantsKind::Choice => u64::MAX,
            ConstantsKind::Flags => 0,
            ConstantsKind::Mixed { choice } => choice,
        }
    }
}

/// A value in the names of a set; made by [`Constants::describe`].
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    constants: &'a Constants,
    value: u64,
}

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let choice = self.constants.choice();
        let mut separator = "";
        let mut rest = self.value & !choice;
        let chosen = self.value & choice;
        match self.constants.name_of(chosen) {
            Some(name) if choice != 0 => {
                f.write_str(name)?;
                separator = "|";
            }
            _ => rest |= chosen,
        }
        // Flags of several bits before the flags that they contain: O_SYNC before O_DSYNC.
        for bits in (1..=rest.count_ones()).rev() {
            for &(name, flag) in self.constants.values {
                if flag.count_ones() == bits && flag & !choice == flag && rest & flag == flag {
                    write!(f, "{separator}{name}")?;
                    separator = "|";
                    rest &= !flag;
                }
            }
        }
        if rest != 0 {
            write!(f, "{separator}{rest:#x}")?;
        } else if separator.is_empty() {
            f.write_str("0")?;
        }
        Ok(())
    }
}

/// The set of the argument `index` (from 0) of `syscall` on `arch`; none if it takes no named constants.
#[must_use]
pub fn of_param(arch: Arch, syscall: Syscall, index: usize) -> Option<&'static Constants> {
    // Sets are tied to the common prototype; an arch with its own has the parameter of that name elsewhere.
    let name = syscall.params_on(arch)?.get(index)?.name;
    let index = syscall
        .params()?
        .iter()
        .position(|param| param.name == name)?;
    let key = (syscall.place(), index);
    let place = ARGUMENTS.binary_search_by_key(&key, |&(call, index, _)| (call, index.into()));
    place.ok().map(|place| set(arch, ARGUMENTS[place].2.into()))
}

/// The set of exactly this name on `arch`.
#[must_use]
pub fn by_name(arch: Arch, wanted: &str) -> Option<&'static Constants> {
    let place = (0..COUNT).find(|&place| name(place) == wanted);
    place.map(|place| set(arch, place))
}

/// Every set on `arch`, sorted by name.
pub fn all(arch: Arch) -> impl ExactSizeIterator<Item = &'static Constants> {
    (0..COUNT).map(move |place| set(arch, place))
}

/// A number in decimal or, after `0x`, in hexadecimal.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // `from_str_radix` would take a sign.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_number.then(|| u64::from_str_radix(digits, radix).ok())?
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;
    use crate::generated::constants::AUDIT;

    fn of(arch: Arch, call: &str, index: usize) -> &'static Constants {
        let call = Syscall::by_name(call).expect("a call");
        of_param(arch, call, index).expect("a set")
    }

    #[test]
    fn values_are_described_and_read_back() {
        for (arch, call, index, value, text) in [
            (Arch::X86_64, "openat", 2, 0, "O_RDONLY"),
            (
                Arch::X86_64,
                "openat",
                2,
                0o1101,
                "O_WRONLY|O_CREAT|O_TRUNC",
            ),
            (Arch::X86_64, "openat", 2, 0x41_0002, "O_RDWR|O_TMPFILE"),
            (Arch::Aarch64, "openat", 2, 0x4000, "O_RDONLY|O_DIRECTORY"),
            (
                Arch::X86_64,
                "unshare",
                0,
                0x1000_0080,
                "CLONE_NEWTIME|CLONE_NEWUSER",
            ),
            (Arch::X86_64, "clone", 0, 0x11, "SIGCHLD"),
            (Arch::X86_64, "clone", 0, 0x111, "SIGCHLD|CLONE_VM"),
            (Arch::S390x, "clone", 1, 0x111, "SIGCHLD|CLONE_VM"),
            (Arch::X86_64, "socket", 0, 40, "AF_VSOCK"),
            (Arch::X86_64, "socket", 0, 1, "AF_UNIX"),
            (Arch::X86_64, "socket", 0, 999, "0x3e7"),
            (
                Arch::X86_64,
                "socket",
                1,
                0x80001,
                "SOCK_STREAM|SOCK_CLOEXEC",
            ),
            (Arch::Mips, "socket", 1, 2, "SOCK_STREAM"),
            (
                Arch::Parisc,
                "socket",
                1,
                0x4000_0001,
                "SOCK_STREAM|SOCK_NONBLOCK",
            ),
            (Arch::X86_64, "mmap", 2, 0, "0"),
            (Arch::X86_64, "mmap", 2, 0x83, "PROT_READ|PROT_WRITE|0x80"),
            (Arch::X86_64, "mmap", 3, 0x22, "MAP_PRIVATE|MAP_ANONYMOUS"),
            (Arch::X86_64, "personality", 0, 8, "PER_LINUX32"),
            (
                Arch::X86_64,
                "personality",
                0,
                0x2_0008,
                "PER_LINUX32|UNAME26",
            ),
            (Arch::X86_64, "ioctl", 1, 0x5412, "TIOCSTI"),
            (Arch::X86_64, "ioctl", 1, 0x541c, "TIOCLINUX"),
            (Arch::Mips, "ioctl", 1, 0x5472, "TIOCSTI"),
            (Arch::X86_64, "prctl", 0, 38, "PR_SET_NO_NEW_PRIVS"),
            (
                Arch::X86_64,
                "futex",
                1,
                0x81,
                "FUTEX_WAKE|FUTEX_PRIVATE_FLAG",
            ),
            (Arch::X86_64, "ptrace", 0, 0x4206, "PTRACE_SEIZE"),
            (Arch::X86_64, "seccomp", 0, 1, "SECCOMP_SET_MODE_FILTER"),
            (Arch::X86_64, "bpf", 0, 5, "BPF_PROG_LOAD"),
        ] {
            let constants = of(arch, call, index);
            assert_eq!(
                constants.describe(value).to_string(),
                text,
                "{arch} {call} {index}"
            );
            assert_eq!(
                constants.parse(text),
                Some(value),
                "{arch} {call} {index} {text}"
            );
        }
    }

    #[test]
    fn nonsense_is_not_parsed() {
        let open = of(Arch::X86_64, "openat", 2);
        for text in [
            "",
            "O_NOTHING",
            "o_creat",
            "O_CREAT,O_EXCL",
            "O_CREAT|",
            "+1",
            "0x",
            "O_RDWR|O_RDWR",
        ] {
            assert_eq!(open.parse(text), None, "{text}");
        }
        let family = of(Arch::X86_64, "socket", 0);
        assert_eq!(family.parse("AF_UNIX|AF_INET"), None);
        assert_eq!(family.parse("AF_LOCAL"), Some(1));
        assert_eq!(family.parse("0x28"), Some(40));
    }

    #[test]
    fn an_argument_that_an_arch_passes_otherwise_has_no_set() {
        let mmap = Syscall::by_name("mmap").expect("a call");
        assert_eq!(of_param(Arch::X86, mmap, 0), None);
        assert_eq!(of_param(Arch::X86, mmap, 3), None);
        assert_eq!(of_param(Arch::X86_64, mmap, 7), None);
    }

    #[test]
    fn every_set_is_sorted_and_reads_back() {
        for &arch in Arch::ALL {
            assert!(
                all(arch)
                    .map(|set| set.name)
                    .is_sorted_by(|one, two| one < two)
            );
            for constants in all(arch) {
                assert_eq!(by_name(arch, constants.name), Some(constants));
                assert!(constants.values.is_sorted_by_key(|&(_, value)| value));
                for &(name, value) in constants.values {
                    assert_eq!(constants.value_of(name), Some(value));
                    let text = constants.describe(value).to_string();
                    assert_eq!(
                        constants.parse(&text),
                        Some(value),
                        "{arch} {} {text}",
                        constants.name
                    );
                }
            }
        }
    }

    #[test]
    fn audit_tokens_are_those_of_the_headers() {
        assert!(
            AUDIT
                .iter()
                .map(|&(arch, _)| arch)
                .eq(Arch::ALL.iter().copied())
        );
        for (arch, token) in AUDIT {
            assert_eq!(arch.audit(), token, "{arch}");
        }
    }
}
