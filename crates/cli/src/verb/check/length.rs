//! CG801 for callgate's own programs: whether what it makes of a profile is too long for the kernel.
//!
//! Apart from the lints, which know meanings and no programs, and from the model of libseccomp, whose filters have another length.

use callgate_bpf::MAX_INSNS;
use callgate_compile::{CompileError, Options, Proof, compile};
use callgate_engines::{Engine, Resolved, Target};
use callgate_policy::{Policy, Rule};
use callgate_profile::{Problem, Profile};

/// The problem, where callgate is the target.
pub(super) fn problem(profile: &Profile, resolved: &Resolved, target: &Target) -> Option<Problem> {
    if target.engine != Engine::Callgate || at_most(&resolved.policy) <= MAX_INSNS {
        return None;
    }
    let options = Options {
        proof: Proof::Skipped,
        ..Options::default()
    };
    let Err(CompileError::TooLong { given }) = compile(&resolved.policy, &options) else {
        return None;
    };
    let rules = profile.syscalls.as_ref();
    let place = rules.map_or(profile.span, |rules| rules.span);
    let message = format!("the filter has {given} instructions, and the kernel takes {MAX_INSNS}");
    Some(Problem::error("CG801", place, message))
}

/// More instructions than a program has in practice, by its rules alone: compiling takes longer than counting.
fn at_most(policy: &Policy) -> usize {
    // A rule is found by two tests; a comparison of 64 bits takes two loads, two masks and three tests.
    let of_rule = |rule: &Rule| 2 + 7 * rule.comparisons.len();
    let sections = policy.sections().iter();
    sections
        .flat_map(|section| section.rules.iter().map(of_rule))
        .sum()
}
