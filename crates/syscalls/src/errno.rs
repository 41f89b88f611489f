//! Names of errors, which differ by arch: `EDEADLK` is 35 on x86 and 45 on mips.

use crate::{Arch, constants};

/// The name of an error on `arch`: `EPERM` for 1; none for a number that the kernel's headers do not name there.
///
/// Where a number has two names, it is the usual one: `EAGAIN`, not `EWOULDBLOCK`.
#[must_use]
pub fn errno_name(arch: Arch, errno: u16) -> Option<&'static str> {
    errnos(arch).name_of(errno.into())
}

/// The number of an error on `arch` by exactly this name.
///
/// `ENOTSUP`, which libc has and the kernel does not, is `EOPNOTSUPP`.
#[must_use]
pub fn errno_by_name(arch: Arch, name: &str) -> Option<u16> {
    let errnos = errnos(arch);
    let value = match name {
        "ENOTSUP" => errnos
            .value_of(name)
            .or_else(|| errnos.value_of("EOPNOTSUPP")),
        _ => errnos.value_of(name),
    };
    u16::try_from(value?).ok()
}

/// The errors of `arch` as a set of constants.
fn errnos(arch: Arch) -> &'static constants::Constants {
    constants::by_name(arch, "errno").expect("errno is among the sets of constants")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_by_arch() {
        for (arch, name, errno) in [
            (Arch::X86_64, "EPERM", 1),
            (Arch::X86_64, "EAGAIN", 11),
            (Arch::X86_64, "ENOSYS", 38),
            (Arch::X86_64, "EDEADLK", 35),
            (Arch::Mips, "EDEADLK", 45),
            (Arch::Mips64, "ENOSYS", 89),
            (Arch::Parisc, "ENOSYS", 251),
            (Arch::Ppc64le, "EDEADLOCK", 58),
        ] {
            assert_eq!(errno_by_name(arch, name), Some(errno), "{arch} {name}");
            assert_eq!(errno_name(arch, errno), Some(name), "{arch} {errno}");
        }
        assert_eq!(errno_by_name(Arch::X86_64, "EWOULDBLOCK"), Some(11));
        assert_eq!(errno_by_name(Arch::X86_64, "ENOTSUP"), Some(95));
        assert_eq!(errno_by_name(Arch::X86_64, "eperm"), None);
        assert_eq!(errno_name(Arch::X86_64, 0), None);
        assert_eq!(errno_name(Arch::X86_64, 4095), None);
    }

    #[test]
    fn every_arch_has_the_errors_that_filters_use() {
        for &arch in Arch::ALL {
            for name in [
                "EPERM",
                "ENOENT",
                "EACCES",
                "EINVAL",
                "ENOSYS",
                "EAFNOSUPPORT",
            ] {
                let errno = errno_by_name(arch, name).unwrap_or_else(|| panic!("{arch} {name}"));
                assert_eq!(errno_name(arch, errno), Some(name));
            }
        }
    }
}
