//! The flags of seccomp(2), and which of them go together.
//!
//! Apart from loading because a command line wants to know before anything is loaded.

use std::fmt;
use std::ops::{BitAnd, BitOr};

use crate::feature::Feature;

/// A set of `SECCOMP_FILTER_FLAG_…`.
///
/// ```
/// use callgate_load::Flags;
///
/// let flags = Flags::LOG | Flags::SPEC_ALLOW;
/// assert!(flags.contains(Flags::LOG));
/// assert_eq!(flags.to_string(), "log, spec-allow");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u32);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Every thread of the process gets the filter, or none does (3.17).
    pub const TSYNC: Self = Self(1);
    /// Every answer but "allow" is logged, as far as `actions_logged` permits (4.14).
    pub const LOG: Self = Self(1 << 1);
    /// Loading leaves the mitigation of speculative store bypass off (4.17).
    pub const SPEC_ALLOW: Self = Self(1 << 2);
    /// Loading returns a descriptor on which notifications arrive (5.0).
    pub const NEW_LISTENER: Self = Self(1 << 3);
    /// A thread that can't be synchronised is reported as `ESRCH`, not by its number (5.7).
    pub const TSYNC_ESRCH: Self = Self(1 << 4);
    /// While its notification is handled only a deadly signal interrupts a caller (5.19).
    pub const WAIT_KILLABLE_RECV: Self = Self(1 << 5);

    /// Each flag, in the order of its bit.
    pub const EACH: [Self; 6] = [
        Self::TSYNC,
        Self::LOG,
        Self::SPEC_ALLOW,
        Self::NEW_LISTENER,
        Self::TSYNC_ESRCH,
        Self::WAIT_KILLABLE_RECV,
    ];

    /// Those without which a filter would hold for fewer threads or have nobody to answer: never left out.
    pub const ESSENTIAL: Self = Self(Self::TSYNC.0 | Self::NEW_LISTENER.0 | Self::TSYNC_ESRCH.0);

    /// The bits, as seccomp(2) takes them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether every flag of the other set is in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether no flag is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These flags without the others.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Each flag of this set.
    pub fn iter(self) -> impl Iterator<Item = Self> {
        Self::EACH
            .into_iter()
            .filter(move |&flag| self.contains(flag))
    }

    /// The flag that a profile names: `SECCOMP_FILTER_FLAG_LOG` and its like.
    #[must_use]
    pub fn by_kernel_name(name: &str) -> Option<Self> {
        Self::EACH
            .into_iter()
            .find(|flag| flag.kernel_name() == Some(name))
    }

    /// The kernel's name, if this is one flag.
    #[must_use]
    pub const fn kernel_name(self) -> Option<&'static str> {
        Some(match self {
            Self::TSYNC => "SECCOMP_FILTER_FLAG_TSYNC",
            Self::LOG => "SECCOMP_FILTER_FLAG_LOG",
            Self::SPEC_ALLOW => "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
            Self::NEW_LISTENER => "SECCOMP_FILTER_FLAG_NEW_LISTENER",
            Self::TSYNC_ESRCH => "SECCOMP_FILTER_FLAG_TSYNC_ESRCH",
            Self::WAIT_KILLABLE_RECV => "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
            _ => return None,
        })
    }

    /// The kernel feature that it is, if this is one flag.
    #[must_use]
    pub const fn feature(self) -> Option<Feature> {
        Some(match self {
            Self::TSYNC => Feature::Tsync,
            Self::LOG => Feature::LogFlag,
            Self::SPEC_ALLOW => Feature::SpecAllow,
            Self::NEW_LISTENER => Feature::NewListener,
            Self::TSYNC_ESRCH => Feature::TsyncEsrch,
            Self::WAIT_KILLABLE_RECV => Feature::WaitKillableRecv,
            _ => return None,
        })
    }

    /// Whether the kernel could take this set at all.
    ///
    /// # Errors
    /// The rule of `seccomp_set_mode_filter` (`kernel/seccomp.c`) that the set breaks.
    pub const fn check(self) -> Result<(), CombinationError> {
        if self.contains(Self(Self::TSYNC.0 | Self::NEW_LISTENER.0))
            && !self.contains(Self::TSYNC_ESRCH)
        {
            return Err(CombinationError::TsyncWithListener);
        }
        if self.contains(Self::WAIT_KILLABLE_RECV) && !self.contains(Self::NEW_LISTENER) {
            return Err(CombinationError::WaitWithoutListener);
        }
        Ok(())
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Flags {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no flag");
        }
        for (at, flag) in self.iter().enumerate() {
            let name = flag.feature().map_or("", Feature::name);
            write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Flags that no kernel takes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CombinationError {
    /// `TSYNC` and `NEW_LISTENER` without `TSYNC_ESRCH`: both would return a number.
    TsyncWithListener,
    /// `WAIT_KILLABLE_RECV` without `NEW_LISTENER`.
    WaitWithoutListener,
}

impl fmt::Display for CombinationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TsyncWithListener => {
                "the flags tsync and new-listener go together only with tsync-esrch: \
                 without it a thread's number and a descriptor look alike"
            }
            Self::WaitWithoutListener => {
                "the flag wait-killable-recv needs new-listener: it is about notifications"
            }
        })
    }
}

impl std::error::Error for CombinationError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_names_that_read_back() {
        for flag in Flags::EACH {
            let name = flag.kernel_name().expect("one flag has a name");
            assert_eq!(Flags::by_kernel_name(name), Some(flag));
            assert!(flag.feature().is_some(), "{name}");
        }
        assert_eq!(Flags::by_kernel_name("SECCOMP_FILTER_FLAG_NONE"), None);
    }

    #[test]
    fn our_rules_are_the_kernels() {
        for bits in 0..1 << Flags::EACH.len() {
            let flags = Flags(bits);
            let errno = crate::sys::ask_flags(bits).raw_os_error();
            let taken = errno == Some(rustix::io::Errno::FAULT.raw_os_error());
            assert_eq!(flags.check().is_ok(), taken, "{flags}: errno {errno:?}");
        }
    }
}
