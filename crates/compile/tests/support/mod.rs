//! Policies of any shape, the calls that could tell them from their programs, and the comparison of the two.
//!
//! Apart from the tests, which say what is drawn and what must hold.
#![allow(
    dead_code,
    reason = "every test file compiles this module and uses a part of it"
)]

pub(crate) mod calls;
pub(crate) mod mutants;
pub(crate) mod random;

use callgate_bpf::{Program, always_allows, run};
use callgate_policy::{Action, Policy, SeccompData};

/// Holds a program against the policy on every call, and the kernel's cache against the always-allowed.
#[track_caller]
pub(crate) fn assert_same(policy: &Policy, program: &Program, calls: &[SeccompData]) {
    for call in calls {
        let outcome = run(program, call);
        let decision = policy.decide(call);
        assert_eq!(
            outcome.ret,
            decision.action.to_ret(),
            "{call:x?}\n{policy:#?}\n{program}"
        );
        if decision.action != Action::Allow {
            assert!(
                !always_allows(program, call.arch, call.nr),
                "{call:x?} is cached\n{policy:#?}\n{program}"
            );
        }
    }
}

/// Rules of one arch under the actions that most profiles have.
pub(crate) fn policy_of(
    arch: callgate_syscalls::Arch,
    rules: Vec<callgate_policy::Rule>,
) -> Policy {
    let section = callgate_policy::Section { arch, rules };
    Policy::new(Action::Errno(1), Action::KillProcess, vec![section]).expect("one section")
}
