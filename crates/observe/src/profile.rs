//! A profile under which a recorded command runs.
//!
//! Apart from the recording because it holds more than was seen: what any run may need by chance.

use std::fmt::Write as _;

use callgate_profile::write::{Document, Rule};
use callgate_profile::{ActionName, ArchName};
use callgate_syscalls::Syscall;

use crate::recording::Recording;

/// Calls to permit, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The reason, a sentence.
    pub reason: String,
    /// The names, sorted.
    pub names: Vec<&'static str>,
}

/// What a recording can't show, since it depends on chance or on the machine.
const ALWAYS: [(&str, &[&str]); 4] = [
    (
        "to end, which a program that a signal ended was not seen to do",
        &["exit", "exit_group"],
    ),
    (
        "to return from a signal handler: nobody knows when a signal comes",
        &["rt_sigreturn", "sigreturn"],
    ),
    (
        "to go on with a call that was interrupted by a stop: the kernel has the program make it",
        &["restart_syscall"],
    ),
    (
        "made only where the vDSO has no answer, which depends on the machine and its clock",
        &[
            "clock_getres",
            "clock_getres_time64",
            "clock_gettime",
            "clock_gettime64",
            "getcpu",
            "getrandom",
            "gettimeofday",
            "time",
        ],
    ),
];

impl Recording {
    /// The calls that a profile for this command permits, each once: those seen, then those that any run may need.
    ///
    /// What can't be named is in [`Recording::unnamed`] only.
    #[must_use]
    pub fn allowances(&self) -> Vec<Allowance> {
        let named = self.named();
        let arches = self.arches();
        let is_there = |name: &&str| {
            Syscall::by_name(name).is_some_and(|syscall| {
                !named.contains_key(&syscall)
                    && arches.iter().any(|&arch| syscall.number(arch).is_some())
            })
        };
        let mut allowances = vec![Allowance {
            reason: "recorded".to_owned(),
            names: named.keys().map(|syscall| syscall.name()).collect(),
        }];
        if let Some(program) = self.programs.first() {
            let _infallible = write!(allowances[0].reason, ": {}", program.display());
        }
        for (reason, names) in ALWAYS {
            let names: Vec<_> = names.iter().copied().filter(is_there).collect();
            if !names.is_empty() {
                let reason = reason.to_owned();
                allowances.push(Allowance { reason, names });
            }
        }
        allowances
    }

    /// The profile: it refuses with `EPERM` whatever is not permitted.
    #[must_use]
    pub fn profile(&self) -> Document {
        let mut document = Document::new(ActionName::Errno);
        document.default_errno_ret = Some(1);
        document.architectures = self.arches().into_iter().map(ArchName::Known).collect();
        document.syscalls = self
            .allowances()
            .into_iter()
            .map(|allowance| Rule {
                comment: Some(allowance.reason),
                ..Rule::new(ActionName::Allow, allowance.names)
            })
            .collect();
        document
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use callgate_load::Ending;
    use callgate_syscalls::Arch;

    use super::*;
    use crate::recording::{Call, Extent};

    #[test]
    fn a_profile_is_what_was_seen_and_what_any_run_needs() {
        let seen = [("execve", 1), ("exit_group", 1), ("write", 3)];
        let call = |name: &str| Call {
            audit: Arch::Aarch64.audit(),
            nr: Syscall::by_name(name)
                .and_then(|syscall| syscall.number(Arch::Aarch64))
                .expect("a call of aarch64"),
        };
        let mut calls: BTreeMap<_, _> = seen
            .iter()
            .map(|&(name, count)| (call(name), count))
            .collect();
        calls.insert(
            Call {
                audit: Arch::Aarch64.audit(),
                nr: 9999,
            },
            1,
        );
        let recording = Recording {
            calls,
            programs: vec!["/a \"b\"\\\n".into()],
            unfollowed: 0,
            ending: Ending::Exited(0),
            extent: Extent::Whole,
        };
        // aarch64 has no sigreturn, no time and no call of 32-bit time.
        let expected = include_str!("../tests/data/profile-of-write.json");
        assert_eq!(recording.profile().to_json(), expected);
        assert_eq!(recording.unnamed().len(), 1);
    }

    #[test]
    fn every_name_that_any_run_needs_is_a_call() {
        for name in ALWAYS.iter().flat_map(|(_, names)| *names) {
            assert!(Syscall::by_name(name).is_some(), "{name}");
        }
    }
}
