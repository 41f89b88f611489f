//! What a filter can answer: the kernel's eight actions, with their data and their order.

use core::cmp::Ordering;
use core::fmt;

/// The largest errno that a call can fail with (`MAX_ERRNO`): the kernel lowers a larger one to it.
pub const MAX_ERRNO: u16 = 4095;

/// An answer of a filter (`SECCOMP_RET_…` of `include/uapi/linux/seccomp.h`).
///
/// The kernel closed this list, so matching it is exhaustive.
/// Ordered strictest first, and between equal actions by the smaller data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// End the process with SIGSYS.
    KillProcess,
    /// End the thread with SIGSYS.
    KillThread,
    /// Send SIGSYS, which the process may catch; the data arrives as `si_errno`.
    Trap(u16),
    /// Don't make the call; it returns this errno, and zero looks like success.
    Errno(u16),
    /// Ask the listener in user space; ENOSYS where there is none.
    Notify,
    /// Stop for the tracer, which gets the data as its event message; ENOSYS where there is none.
    Trace(u16),
    /// Make the call, and write a record of it.
    Log,
    /// Make the call.
    Allow,
}

impl Action {
    /// The word that a program returns for it.
    #[must_use]
    pub const fn to_ret(self) -> u32 {
        match self {
            Self::KillProcess => 0x8000_0000,
            Self::KillThread => 0x0000_0000,
            Self::Trap(data) => 0x0003_0000 | data as u32,
            Self::Errno(data) => 0x0005_0000 | data as u32,
            Self::Notify => 0x7fc0_0000,
            Self::Trace(data) => 0x7ff0_0000 | data as u32,
            Self::Log => 0x7ffc_0000,
            Self::Allow => 0x7fff_0000,
        }
    }

    /// What the kernel does when a program returns this word.
    ///
    /// Data that an action has no use for is ignored, an errno over [`MAX_ERRNO`] is lowered to it,
    /// and an action that the kernel does not know ends the process (`__seccomp_filter`).
    #[must_use]
    pub const fn from_ret(ret: u32) -> Self {
        let data = (ret & 0xffff) as u16;
        match ret & 0xffff_0000 {
            0x0000_0000 => Self::KillThread,
            0x0003_0000 => Self::Trap(data),
            0x0005_0000 if data > MAX_ERRNO => Self::Errno(MAX_ERRNO),
            0x0005_0000 => Self::Errno(data),
            0x7fc0_0000 => Self::Notify,
            0x7ff0_0000 => Self::Trace(data),
            0x7ffc_0000 => Self::Log,
            0x7fff_0000 => Self::Allow,
            _ => Self::KillProcess,
        }
    }

    /// Its name in callgate's output: `kill_process`, `errno`, `allow`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillProcess => "kill_process",
            Self::KillThread => "kill_thread",
            Self::Trap(_) => "trap",
            Self::Errno(_) => "errno",
            Self::Notify => "notify",
            Self::Trace(_) => "trace",
            Self::Log => "log",
            Self::Allow => "allow",
        }
    }

    /// Its name in a profile: `SCMP_ACT_ERRNO`.
    #[must_use]
    pub const fn scmp_name(self) -> &'static str {
        match self {
            Self::KillProcess => "SCMP_ACT_KILL_PROCESS",
            Self::KillThread => "SCMP_ACT_KILL_THREAD",
            Self::Trap(_) => "SCMP_ACT_TRAP",
            Self::Errno(_) => "SCMP_ACT_ERRNO",
            Self::Notify => "SCMP_ACT_NOTIFY",
            Self::Trace(_) => "SCMP_ACT_TRACE",
            Self::Log => "SCMP_ACT_LOG",
            Self::Allow => "SCMP_ACT_ALLOW",
        }
    }

    /// The sixteen bits that go with it; none where the action has no use for them.
    #[must_use]
    pub const fn data(self) -> Option<u16> {
        match self {
            Self::Trap(data) | Self::Errno(data) | Self::Trace(data) => Some(data),
            _ => None,
        }
    }

    /// Whether the kernel makes the call without asking anybody.
    #[must_use]
    pub const fn makes_the_call(self) -> bool {
        matches!(self, Self::Log | Self::Allow)
    }

    /// The kernel's order among actions, whatever their data: zero is the strictest.
    #[must_use]
    pub const fn strictness(self) -> u8 {
        match self {
            Self::KillProcess => 0,
            Self::KillThread => 1,
            Self::Trap(_) => 2,
            Self::Errno(_) => 3,
            Self::Notify => 4,
            Self::Trace(_) => 5,
            Self::Log => 6,
            Self::Allow => 7,
        }
    }
}

impl Ord for Action {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.strictness(), self.data()).cmp(&(other.strictness(), other.data()))
    }
}

impl PartialOrd for Action {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The name, and the data in brackets where there is some: `errno(1)`.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.data() {
            Some(data) => write!(f, "{}({data})", self.name()),
            None => f.pad(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strictest first.
    const ALL: [Action; 11] = [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(0),
        Action::Trap(7),
        Action::Errno(0),
        Action::Errno(1),
        Action::Notify,
        Action::Trace(0),
        Action::Trace(0xffff),
        Action::Log,
        Action::Allow,
    ];

    #[test]
    fn every_action_survives_its_word() {
        for action in ALL {
            assert_eq!(Action::from_ret(action.to_ret()), action);
        }
    }

    #[test]
    fn the_order_is_that_of_the_kernel() {
        assert!(ALL.is_sorted());
        // The kernel compares the upper halves as signed words.
        let signed = |action: &Action| (action.to_ret() & 0xffff_0000).cast_signed();
        assert!(ALL.iter().map(signed).is_sorted());
    }

    #[test]
    fn odd_words_mean_what_the_kernel_makes_of_them() {
        let cases = [
            (0x0005_1000, Action::Errno(4095)),
            (0x0005_ffff, Action::Errno(4095)),
            (0x7fff_0001, Action::Allow),
            (0x0000_0001, Action::KillThread),
            (0x7fc0_00ff, Action::Notify),
            (0x0001_0000, Action::KillProcess),
            (0xffff_ffff, Action::KillProcess),
        ];
        for (ret, action) in cases {
            assert_eq!(Action::from_ret(ret), action, "{ret:#x}");
        }
    }
}
