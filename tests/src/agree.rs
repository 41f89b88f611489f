//! Whether two ways to know every answer agree.

use std::collections::BTreeSet;

use callgate_bpf::{Action, Program, SeccompData, run};
use callgate_policy::{Policy, RuleId};
use callgate_syscalls::{Arch, Syscall};

use crate::kernel::Kernel;

/// Holds a program against the reference, call by call; the rules that were reached.
///
/// # Panics
/// They differ: the call, both answers and the rule.
pub fn with_reference(
    what: &str,
    program: &Program,
    policy: &Policy,
    calls: &[SeccompData],
) -> BTreeSet<RuleId> {
    let mut reached = BTreeSet::new();
    for call in calls {
        let decision = policy.decide(call);
        let answer = run(program, call).action;
        assert_eq!(
            answer,
            decision.action,
            "{what}: the program's answer to {} is not that of rule {:?}",
            name(call),
            decision.rule
        );
        reached.extend(decision.rule);
    }
    reached
}

/// Holds what a program returns in the running kernel against the interpreter, for the calls that this kernel hears; how many.
///
/// # Panics
/// They differ.
pub fn with_kernel(what: &str, program: &Program, calls: &[SeccompData], kernel: &Kernel) -> usize {
    let heard: Vec<SeccompData> = calls
        .iter()
        .filter(|call| Kernel::hears(call))
        .map(|call| as_heard(*call))
        .collect();
    for (call, word) in heard.iter().zip(kernel.returns(program, &heard)) {
        let answer = run(program, call);
        assert_eq!(
            Action::from_ret(word),
            answer.action,
            "{what}: the kernel's answer to {} is not the interpreter's",
            name(call)
        );
        assert_eq!(word, answer.ret, "{what}: {}", name(call));
    }
    heard.len()
}

/// The calls that two programs answer differently, with both answers.
#[must_use]
pub fn differences(
    one: &Program,
    other: &Program,
    calls: &[SeccompData],
) -> Vec<(SeccompData, Action, Action)> {
    let both = |call: &SeccompData| (*call, run(one, call).action, run(other, call).action);
    calls
        .iter()
        .map(both)
        .filter(|(_, one, other)| one != other)
        .collect()
}

/// A call in words.
#[must_use]
pub fn name(call: &SeccompData) -> String {
    let arch = Arch::of_call(call.arch, call.nr);
    let arch_name = arch.map_or_else(|| format!("{:#x}", call.arch), |arch| arch.to_string());
    let known = arch.and_then(|arch| Syscall::by_number(arch, call.nr));
    let call_name = known.map_or_else(|| call.nr.to_string(), |known| known.to_string());
    format!("{arch_name} {call_name}{:x?}", call.args)
}

/// A call as the kernel shows it: `int 0x80` passes the low halves of the arguments.
fn as_heard(call: SeccompData) -> SeccompData {
    if call.arch == Arch::X86.audit() {
        return SeccompData {
            args: call.args.map(|arg| arg & 0xffff_ffff),
            ..call
        };
    }
    call
}
