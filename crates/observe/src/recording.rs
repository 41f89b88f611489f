//! What was seen of a command: its calls, its programs, its end.
//!
//! Apart from the mechanism, so that a faster recorder gives the same.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use callgate_load::Ending;
use callgate_syscalls::{Arch, Syscall};

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The calls that it and all that it started made, from the execve that began it, and how often each was made.
    pub calls: BTreeMap<Call, u64>,
    /// The files that were executed, in the order in which each was first.
    pub programs: Vec<PathBuf>,
    /// The children whose calls were not seen, since their parent asked for that (`CLONE_UNTRACED`).
    pub unfollowed: u64,
    /// How the command ended.
    pub ending: Ending,
    /// Whether everything that it started had ended, too.
    pub extent: Extent,
}

/// How much of a command was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything, to the end of the last process.
    Whole,
    /// The command to its end; some process that it left behind goes on, unrecorded, since a signal ended the recording.
    UntilInterrupted,
}

/// A system call, as a filter sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    /// The audit token (`seccomp_data.arch`).
    pub audit: u32,
    /// The number, with the bit that marks x32.
    pub nr: u32,
}

impl Call {
    /// Its ABI; none for a token that callgate does not know.
    #[must_use]
    pub fn arch(self) -> Option<Arch> {
        Arch::of_call(self.audit, self.nr)
    }

    /// Which call it is; none where the tables have no call of this number.
    #[must_use]
    pub fn syscall(self) -> Option<Syscall> {
        Syscall::by_number(self.arch()?, self.nr)
    }
}

impl Recording {
    /// The ABIs that were used, in the order of [`Arch`].
    #[must_use]
    pub fn arches(&self) -> Vec<Arch> {
        let mut arches: Vec<_> = self.calls.keys().filter_map(|call| call.arch()).collect();
        arches.sort_unstable();
        arches.dedup();
        arches
    }

    /// The calls that have names, sorted by these, and how often each was made under any ABI.
    #[must_use]
    pub fn named(&self) -> BTreeMap<Syscall, u64> {
        let mut named = BTreeMap::new();
        for (call, count) in &self.calls {
            if let Some(syscall) = call.syscall() {
                *named.entry(syscall).or_default() += count;
            }
        }
        named
    }

    /// The calls that no profile can name: of numbers or ABIs that the tables don't have.
    #[must_use]
    pub fn unnamed(&self) -> Vec<(Call, u64)> {
        self.calls
            .iter()
            .filter(|(call, _)| call.syscall().is_none())
            .map(|(&call, &count)| (call, count))
            .collect()
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.arch(), self.syscall()) {
            (Some(arch), Some(syscall)) => write!(f, "{arch} {}", syscall.name()),
            (Some(arch), None) => write!(f, "{arch} {}", self.nr),
            (None, _) => write!(f, "{:#010x} {}", self.audit, self.nr),
        }
    }
}

#[cfg(test)]
mod tests {
    use callgate_syscalls::X32_BIT;

    use super::*;

    fn recording(calls: &[(u32, u32, u64)]) -> Recording {
        Recording {
            calls: calls
                .iter()
                .map(|&(audit, nr, count)| (Call { audit, nr }, count))
                .collect(),
            programs: Vec::new(),
            unfollowed: 0,
            ending: Ending::Exited(0),
            extent: Extent::Whole,
        }
    }

    #[test]
    fn a_name_is_one_under_every_abi_and_nothing_is_dropped() {
        let (long, short) = (Arch::X86_64.audit(), Arch::X86.audit());
        let recording = recording(&[
            (long, 39, 2),
            (short, 20, 3),
            (long, X32_BIT | 39, 5),
            (long, 9999, 7),
            (1, 39, 11),
        ]);
        let named: Vec<_> = recording
            .named()
            .into_iter()
            .map(|(syscall, count)| (syscall.name(), count))
            .collect();
        assert_eq!(named, [("getpid", 10)]);
        let unnamed: Vec<_> = recording
            .unnamed()
            .into_iter()
            .map(|(call, count)| (call.to_string(), count))
            .collect();
        assert_eq!(
            unnamed,
            [("0x00000001 39".into(), 11), ("x86_64 9999".into(), 7)]
        );
        assert_eq!(recording.arches(), [Arch::X86_64, Arch::X86, Arch::X32]);
    }
}
