//! The supervisor guarded from the processes that it answers: a child of the same user could stop it, or trace it and answer for it.
//!
//! Apart from the serving, because it happens before there is anybody to serve, and by other means than a listener.

use std::panic;
use std::thread;

use callgate_policy::{
    Action, Arg, Comparison, Numbers, Policy, PolicyError, Rule, RuleId, Section, Test,
};
use callgate_syscalls::{Arch, Syscall};
use landlock::{CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, Scope};

/// Starts processes that can neither signal nor trace this one, nor any other that was there before, but each other.
///
/// They are in a Landlock domain of their own, which holds for whatever they start; new privileges are given up with it.
/// `start` runs in a thread of its own, whose children they are.
///
/// # Errors
/// The kernel has no such domains: Linux 6.12 has, where Landlock is among its security modules. Nothing was started.
pub fn start_apart<T: Send>(start: impl FnOnce() -> T + Send) -> Result<T, RulesetError> {
    let apart = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .scope(Scope::Signal)?
            .create()?
            .restrict_self()?;
        Ok(start())
    };
    let started = thread::scope(|scope| scope.spawn(apart).join());
    started.unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}

/// What a domain does not keep processes from: a filter's policy that refuses to set the limits of another process, by which
/// this one could be ended.
///
/// # Errors
/// An arch twice.
pub fn policy(arches: &[Arch]) -> Result<Policy, PolicyError> {
    let section = |&arch: &Arch| {
        let prlimit = Syscall::by_name("prlimit64").and_then(|call| call.number(arch));
        let is_not_zero = |arg| Comparison::new(arg, Test::Ne(0));
        let rules = prlimit.map(|number| Rule {
            id: RuleId(0),
            numbers: Numbers::one(number),
            // The process, of which 0 is the caller, and the new limit.
            comparisons: vec![is_not_zero(Arg::A0), is_not_zero(Arg::A2)],
            action: Action::Errno(crate::registry::EPERM),
        });
        Section {
            arch,
            rules: rules.into_iter().collect(),
        }
    };
    let sections = arches.iter().map(section).collect();
    Policy::new(Action::Allow, Action::Allow, sections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_policy::SeccompData;

    #[test]
    fn limits_of_others_are_not_set() {
        let policy = policy(&[Arch::X86_64, Arch::X86]).expect("two arches");
        let number = |arch| Syscall::by_name("prlimit64").and_then(|call| call.number(arch));
        for (arch, process, limit, expected) in [
            (Arch::X86_64, 0, 0x7fff, Action::Allow),
            (Arch::X86_64, 4711, 0, Action::Allow),
            (Arch::X86_64, 4711, 0x7fff, Action::Errno(1)),
            (Arch::X86, 4711, 0x7fff, Action::Errno(1)),
        ] {
            let call = SeccompData {
                arch: arch.audit(),
                nr: number(arch).expect("it has one"),
                args: [process, 7, limit, 0, 0, 0],
                ..SeccompData::default()
            };
            assert_eq!(policy.decide(&call).action, expected, "{arch} {process}");
        }
    }
}
