//! How a process ended, and the exit status that stands for it.
//!
//! Apart because running and recording a command both report it.

use std::fmt;

use rustix::process::Signal;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status.
    Exited(u8),
    /// This signal ended it.
    Signalled(u8),
}

impl Ending {
    /// The exit status that a shell or Docker gives: 128 and the number for a signal, so 159 for SIGSYS.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::Exited(status) => status,
            Self::Signalled(signal) => 128_u8.saturating_add(signal),
        }
    }

    /// Whether SIGSYS ended it, as a filter's answers kill and trap do.
    #[must_use]
    pub fn is_by_seccomp(self) -> bool {
        matches!(self, Self::Signalled(signal) if i32::from(signal) == Signal::SYS.as_raw())
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Exited(status) => write!(f, "exited with status {status}"),
            Self::Signalled(signal) => match signal_name(signal) {
                Some(name) => write!(f, "ended by {name}"),
                None => write!(f, "ended by signal {signal}"),
            },
        }
    }
}

/// The name of a signal on this machine: `SIGSYS`; none for real-time signals and numbers that are none.
#[must_use]
pub fn signal_name(signal: u8) -> Option<&'static str> {
    let names = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::CHILD, "SIGCHLD"),
        (Signal::CONT, "SIGCONT"),
        (Signal::STOP, "SIGSTOP"),
        (Signal::TSTP, "SIGTSTP"),
        (Signal::TTIN, "SIGTTIN"),
        (Signal::TTOU, "SIGTTOU"),
        (Signal::URG, "SIGURG"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::VTALARM, "SIGVTALRM"),
        (Signal::PROF, "SIGPROF"),
        (Signal::WINCH, "SIGWINCH"),
        (Signal::IO, "SIGIO"),
        (Signal::POWER, "SIGPWR"),
        (Signal::SYS, "SIGSYS"),
    ];
    names
        .into_iter()
        .find(|(known, _)| known.as_raw() == i32::from(signal))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_those_of_docker() {
        for (ending, status, text) in [
            (Ending::Exited(0), 0, "exited with status 0"),
            (Ending::Exited(255), 255, "exited with status 255"),
            (Ending::Signalled(31), 159, "ended by SIGSYS"),
            (Ending::Signalled(9), 137, "ended by SIGKILL"),
            (Ending::Signalled(64), 192, "ended by signal 64"),
        ] {
            assert_eq!(ending.status(), status);
            assert_eq!(ending.to_string(), text);
        }
        assert!(Ending::Signalled(31).is_by_seccomp());
        assert!(!Ending::Exited(31).is_by_seccomp());
    }
}
