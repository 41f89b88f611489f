//! What Docker does with a document and callgate does not: its problems, each with a call that the two answer differently.
//!
//! Apart from the lints that use it, because they differ in nothing but the code.

use callgate_profile::{Problem, Span};
use callgate_syscalls::{Arch, Syscall};

use crate::answers::answers;
use crate::call::Call;
use crate::subject::Subject;
use crate::witness;

/// Docker's problems of a code, where the target is callgate; those alone that a call shows.
pub(super) fn shown(subject: &Subject<'_>, code: &str) -> Vec<Problem> {
    let problems = subject
        .docker_beside_callgate()
        .into_iter()
        .flat_map(|docker| &docker.problems);
    let shown = problems
        .filter(|problem| problem.code == code)
        .filter_map(|problem| {
            let places = [problem.span]
                .into_iter()
                .chain(problem.related.iter().map(|(span, _)| *span));
            let note = places
                .into_iter()
                .find_map(|place| witness(subject, place))?;
            Some(problem.clone().note(note))
        });
    shown.collect()
}

/// As many calls of a rule as are tried.
const CALLS_OF_A_RULE: usize = 16;

/// A call that the rule around a place is about and that Docker answers otherwise than callgate, in words.
fn witness(subject: &Subject<'_>, place: Span) -> Option<String> {
    let mut rules = subject.profile.rules().iter();
    let rule = rules.find(|rule| rule.span.start <= place.start && place.end <= rule.span.end)?;
    let named = rule.value.calls().find(|name| name.span == place);
    let names: Vec<_> = match named {
        Some(name) => vec![name],
        None => rule.value.calls().take(CALLS_OF_A_RULE).collect(),
    };
    let calls = names
        .into_iter()
        .filter_map(|name| Syscall::by_name(&name.value));
    calls.into_iter().find_map(|call| {
        let mut sections = subject.resolved.policy.sections().iter();
        sections.find_map(|section| difference(subject, section.arch, call))
    })
}

/// A call of an arch that Docker answers otherwise than callgate, in words.
fn difference(subject: &Subject<'_>, arch: Arch, call: Syscall) -> Option<String> {
    let nr = call.number(arch)?;
    let ours = answers(&subject.resolved.policy, arch, nr);
    let theirs = answers(&subject.docker_beside_callgate()?.policy, arch, nr);
    let rules = ours.rules.iter().chain(&theirs.rules);
    let tried = witness::arguments(arch, rules.map(|rule| &rule.comparisons[..]));
    tried.into_iter().find_map(|args| {
        let (ours, theirs) = (ours.action(&args), theirs.action(&args));
        let call = Call { arch, nr, args };
        (ours != theirs).then(|| format!("{arch} {call}: callgate says {ours}, docker {theirs}"))
    })
}
