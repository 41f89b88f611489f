//! What runtimes and libseccomp do with rules and their author may not expect, in words with places.
//!
//! Apart from the reading, because the reading decides and this only tells.

use std::collections::{HashMap, HashSet};

use callgate_policy::{Action, RuleId};
use callgate_profile::{Problem, Profile, Span, Spanned};
use callgate_syscalls::{Arch, Syscall};

use super::Converted;
use super::known::Known;
use super::mend::{Named, Then, mended};
use crate::engine::Runtime;
use crate::libseccomp::{Event, Rejection, What};
use crate::resolved::{How, Origin, Origins, Reasons, Refusal};

/// Rules whose action is the default one: they are not added, so they carve nothing out of others for the same call.
pub(super) fn skipped(
    runtime: Runtime,
    rules: &[Converted<'_>],
    default: Action,
    problems: &mut Vec<Problem>,
) {
    if rules.iter().all(|rule| rule.action != default) {
        return;
    }
    let mut others: Vec<Option<Named<'_, '_>>> = vec![None; Syscall::COUNT];
    for rule in rules.iter().filter(|rule| rule.action != default) {
        for &(name, call) in &rule.calls {
            let name = name.span;
            others[call.index()].get_or_insert(Named { rule, name });
        }
    }
    for rule in rules.iter().filter(|rule| rule.action == default) {
        let mut calls = rule.calls.iter();
        let Some((name, call, other)) =
            calls.find_map(|(name, call)| Some((name, call, others[call.index()]?)))
        else {
            continue;
        };
        let action = rule.rule.value.action.as_ref();
        let message = format!(
            "{} skips this rule, whose action is the default action, so another rule for `{call}` is not narrowed",
            runtime.name()
        );
        let place = action.map_or(rule.rule.span, |name| name.span);
        let problem = Problem::warning("CG210", place, message)
            .related(other.name, "the rule that is not narrowed");
        let idle = Named {
            rule,
            name: name.span,
        };
        problems.push(mended(problem, idle, other, Then::Goes));
    }
}

/// Rules that compare one argument twice: runc makes a rule of each comparison.
pub(super) fn split(runtime: Runtime, rules: &[Converted<'_>], problems: &mut Vec<Problem>) {
    for rule in rules.iter().filter(|rule| rule.conditions.len() > 1) {
        let arguments = rule.rule.value.arguments();
        let index = |at: usize| {
            arguments[at]
                .value
                .index
                .as_ref()
                .map_or(0, |index| index.value)
        };
        let repeated = (1..arguments.len()).find_map(|at| {
            let first = (0..at).find(|&first| index(first) == index(at))?;
            Some((first, at))
        });
        let Some((first, second)) = repeated else {
            continue;
        };
        let message = format!(
            "argument {} is compared twice, so {} takes every comparison of the rule for itself, and one is enough",
            index(second),
            runtime.name()
        );
        let problem = Problem::error("CG201", arguments[second].span, message)
            .label("again here")
            .related(arguments[first].span, "first here")
            .help("write a rule for each comparison if one is enough; say it in one comparison if all must hold");
        problems.push(problem);
    }
}

/// Names that this libseccomp is too old for.
pub(super) fn unknown_to_libseccomp(known: &Known, problems: &mut Vec<Problem>) {
    let Some((newest, calls)) = known.newer() else {
        return;
    };
    let reason = format!("libseccomp knows the calls up to Linux {newest}");
    for &(span, call) in calls {
        let message = format!("{reason}, so `{call}` is skipped");
        let problem = Problem::warning("CG312", span, message);
        problems.push(problem.note("a distribution may have taught its libseccomp newer calls"));
    }
}

/// What was told of the database, so that it is told once, and not a million times.
#[derive(Default)]
pub(super) struct Told {
    pairs: HashSet<(&'static str, Span, Span)>,
    counts: HashMap<&'static str, usize>,
}

/// How many problems of one code are told; the rest is counted.
const TOLD: usize = 200;

/// What became of rules in libseccomp's database; of what happens on several arches, the first is told.
///
/// That a rule does not reach the call that multiplexes its own is not told: few mean that call at all.
pub(super) fn events(
    arch: Arch,
    events: &[Event],
    rules: &[Converted<'_>],
    origins: &Origins,
    told: &mut Told,
    problems: &mut Vec<Problem>,
) {
    for event in events {
        let [loser, winner] = [event.loser, event.winner].map(|id| origins.get(id));
        let (code, is_lost) = kind(event.what);
        let is_new = told.pairs.insert((code, loser.name, winner.name));
        if !is_new || (is_lost && loser.how == How::Multiplexed) {
            continue;
        }
        let count = told.counts.entry(code).or_insert(0);
        *count += 1;
        if *count <= TOLD {
            let problem = problem(arch, event, loser, winner);
            problems.push(match [loser, winner].map(|origin| named(rules, origin)) {
                [Some(idle), Some(other)] if is_idle(event.what) && winner.how == How::Said => {
                    mended(problem, idle, other, Then::Stays)
                }
                _ => problem,
            });
        } else if *count == TOLD + 1 {
            let message = format!("more than {TOLD} problems of this kind");
            problems.push(Problem::warning(code, loser.name, message));
        }
    }
}

/// The rule of an origin, and the name in it.
fn named<'r, 'p>(rules: &'r [Converted<'p>], origin: &Origin) -> Option<Named<'r, 'p>> {
    let rule = rules.iter().find(|rule| rule.rule.span == origin.rule)?;
    let name = origin.name;
    Some(Named { rule, name })
}

fn problem(arch: Arch, event: &Event, loser: &Origin, winner: &Origin) -> Problem {
    let (code, is_error) = kind(event.what);
    let call = Syscall::by_number(arch, event.number);
    let call = call.map_or_else(|| event.number.to_string(), |call| call.to_string());
    let (message, label, related) = match event.what {
        What::Second => (
            format!(
                "this rule for `{call}` never applies: an earlier one without comparisons has another action, and libseccomp keeps the first"
            ),
            "never applies",
            "stays",
        ),
        What::Swallowed => (
            format!(
                "this rule for `{call}` never applies: another one without comparisons swallows it, wherever it stands"
            ),
            "never applies",
            "swallows it",
        ),
        What::Shadowed => (
            format!(
                "this rule for `{call}` never applies: another one has some of its comparisons and swallows it"
            ),
            "never applies",
            "swallows it",
        ),
        What::Later(args) => (
            format!(
                "two rules with different actions match {}, and libseccomp's own order decides",
                shown(&call, args)
            ),
            "checked later",
            "checked first, wherever it stands",
        ),
        What::Miscompiled { args, answer } => (
            format!(
                "libseccomp's filter answers {} with {answer}, which no rule that matches it says",
                shown(&call, args)
            ),
            "one of the rules",
            "another",
        ),
        What::Unknown => (
            format!("what libseccomp makes of the rules for `{call}` is not modelled"),
            "one of them",
            "another",
        ),
        What::NoNumber => (
            format!(
                "libseccomp 2.5.4 makes a filter for {arch} that never looks at the call's number: this call comes first there, and has no number of its own"
            ),
            "comes first, and goes through another call",
            "",
        ),
    };
    let problem = if is_error {
        Problem::error(code, loser.name, message)
    } else {
        Problem::warning(code, loser.name, message)
    };
    let problem = problem.label(label).note(format!("seen on {arch}"));
    match related {
        "" => problem.help("a rule without comparisons for a call that has a number mends it"),
        words => problem.related(winner.name, words),
    }
}

/// Whether a rule has no effect.
const fn is_idle(what: What) -> bool {
    matches!(what, What::Second | What::Swallowed | What::Shadowed)
}

/// The code of what became of a rule, and whether the rule is lost.
const fn kind(what: What) -> (&'static str, bool) {
    match what {
        What::Second => ("CG211", true),
        What::Swallowed | What::Shadowed => ("CG212", true),
        What::Later(_) => ("CG213", false),
        What::Unknown | What::NoNumber => ("CG220", false),
        What::Miscompiled { .. } => ("CG221", true),
    }
}

fn shown(call: &str, args: [u64; 6]) -> String {
    let used = args
        .iter()
        .rposition(|&arg| arg != 0)
        .map_or(1, |last| last + 1);
    let args: Vec<String> = args[..used].iter().map(|arg| format!("{arg:#x}")).collect();
    format!("{call}({})", args.join(", "))
}

/// Why libseccomp does not take a rule.
pub(super) fn rejection(
    rejection: Rejection,
    name: &Spanned<String>,
    origin: impl Fn(RuleId) -> Span,
) -> Problem {
    let call = &name.value;
    match rejection {
        Rejection::Exists(id) => {
            let message = format!(
                "two rules for `{call}` have the same condition, or one begins with the other's, and different actions"
            );
            Problem::error("CG211", name.span, message)
                .related(origin(id), "the other rule")
                .note(format!(
                    "runc says `error adding seccomp rule for syscall {call}: file exists`"
                ))
        }
        Rejection::Endless(id) => {
            let message = format!(
                "libseccomp never returns from adding this rule for `{call}`: another one begins with the same comparison"
            );
            Problem::error("CG222", name.span, message)
                .related(origin(id), "the other rule")
                .note("the runtime stays in its work until somebody ends it")
        }
    }
}

/// Why the kernel does not take the filter.
pub(super) fn too_long(profile: &Profile, instructions: usize) -> Refusal {
    let place = profile
        .syscalls
        .as_ref()
        .map_or(profile.span, |rules| rules.span);
    let message = format!(
        "the filter has {instructions} instructions or more, and the kernel takes {}",
        callgate_bpf::MAX_INSNS
    );
    let mut reasons = Reasons::default();
    reasons.add(Problem::error("CG801", place, message));
    reasons.refuse()
}
