//! What has to hold of the policy that any bytes stand for.
//!
//! Apart from the random policies of the tests, because a fuzzer outside of this crate leads these bytes by coverage.
#![allow(
    dead_code,
    reason = "every test and target compiles this module and uses a part of it"
)]

use arbtest::arbitrary::Unstructured;
use callgate_bpf::Program;
use callgate_compile::{Options, compile};
use callgate_policy::Policy;
use callgate_prove::{Budget, Diagram};

use crate::support::{assert_same, calls, random};

/// The most rules of one arch.
const RULES: usize = 4;

/// One input of so many is tried at its policy's edges, too, which takes longer than all the rest.
const EDGES_OF_ONE_IN: usize = 8;

/// The policy that these bytes stand for.
pub(crate) fn policy(bytes: &[u8]) -> Option<Policy> {
    random::policy(&mut Unstructured::new(bytes), RULES).ok()
}

/// Compiles the policy and proves it, and holds the program against the reference
/// on a call for each branch of what was proved, and for some inputs at the edges of the rules.
pub(crate) fn hold(bytes: &[u8]) {
    let Some(policy) = policy(bytes) else {
        return;
    };
    let program = compile(&policy, &Options::default()).expect("a small policy has a program");
    hold_program(bytes, &policy, &program);
}

/// Holds any program against the policy of these bytes.
pub(crate) fn hold_program(bytes: &[u8], policy: &Policy, program: &Program) {
    let meaning = Diagram::of_policy(policy, Budget::default()).expect("it was proved");
    assert_same(policy, program, &meaning.examples());
    let sum: usize = bytes.iter().map(|&byte| usize::from(byte)).sum();
    if sum.is_multiple_of(EDGES_OF_ONE_IN) {
        assert_same(policy, program, &calls::interesting(policy));
    }
}
