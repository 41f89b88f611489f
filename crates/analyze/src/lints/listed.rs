//! Lists of calls: what a rule allows of one and the baseline does not, what is refused, and what a listener is asked about.
//!
//! Apart from the lints that use it, which differ in the list and its reason.

use callgate_policy::Action;
use callgate_profile::{Problem, Span};
use callgate_syscalls::{Arch, Syscall};

use crate::call::Call;
use crate::lint::Lint;
use crate::subject::Subject;

/// What of a list may count as ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordinary {
    /// What Docker's default allows.
    Baseline,
    /// Nothing: the list is worth a word wherever it is asked for.
    Nothing,
}

/// As many names as a message has.
const NAMED: usize = 4;

/// The calls of a list that a rule makes whatever the capabilities, rule by rule.
pub(super) fn allowed(
    subject: &Subject<'_>,
    lint: &Lint,
    names: &[&'static str],
    ordinary: Ordinary,
    why: &str,
) -> Vec<Problem> {
    let mut rules: Vec<(Span, Vec<(&'static str, Call)>)> = Vec::new();
    for &name in names {
        let Some((call, rule)) = out_of_the_ordinary(subject, name, ordinary) else {
            continue;
        };
        match rules.iter_mut().find(|(span, _)| *span == rule) {
            Some((_, calls)) => calls.push((name, call)),
            None => rules.push((rule, vec![(name, call)])),
        }
    }
    let problem = |(_, calls): (Span, Vec<(&'static str, Call)>)| {
        let names: Vec<&str> = calls.iter().map(|(name, _)| *name).collect();
        let (_, first) = calls[0];
        let message = format!("{why}: {}", some_of(&names));
        lint.problem(subject.place_of(first), message)
            .note(subject.shown(first))
    };
    rules.into_iter().map(problem).collect()
}

/// The first of these calls about which a listener can be asked, and all of them in words.
pub(super) fn asked_about(
    subject: &Subject<'_>,
    arch: Arch,
    names: &[&'static str],
) -> Option<(Call, String)> {
    let asked = |&name: &&'static str| {
        let call = subject.some(arch, name, |action| action == Action::Notify)?;
        Some((name, call))
    };
    let asked: Vec<_> = names.iter().filter_map(asked).collect();
    let &(_, first) = asked.first()?;
    let names: Vec<&str> = asked.iter().map(|&(name, _)| name).collect();
    Some((first, some_of(&names)))
}

/// The first of these calls that are refused whatever their arguments, and all of them in words.
///
/// None where there are none, or where every call is refused: such a profile has other lints.
pub(super) fn refused(subject: &Subject<'_>, names: &[&'static str]) -> Option<(Call, String)> {
    let arch = subject.target.native;
    let refused = names
        .iter()
        .filter_map(|&name| Some((name, subject.never_made(arch, name)?)));
    let refused: Vec<_> = refused.collect();
    let &(_, first) = refused.first()?;
    let names: Vec<&str> = refused.iter().map(|&(name, _)| name).collect();
    (!subject.makes_nothing(arch)).then(|| (first, some_of(&names)))
}

/// A few names of many: `mount, umount2 and 3 more`.
pub(super) fn some_of<N: AsRef<str>>(names: &[N]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(AsRef::as_ref).collect();
    match names.len().checked_sub(NAMED) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A call of that name that a rule makes without asking for a capability, and the place of the rule.
fn out_of_the_ordinary(
    subject: &Subject<'_>,
    name: &str,
    ordinary: Ordinary,
) -> Option<(Call, Span)> {
    let syscall = Syscall::by_name(name)?;
    subject.arches().find_map(|arch| {
        if ordinary == Ordinary::Baseline && subject.standard.usually_made(arch, syscall) {
            return None;
        }
        let call = subject.made(arch, name)?;
        subject.name_of(call)?;
        let rule = subject.rule_of(call)?;
        let asks = rule
            .includes
            .as_ref()
            .is_some_and(|asked| !asked.value.caps.is_empty());
        let origin = subject.resolved.origin(subject.decide(call).rule?);
        (!asks).then_some((call, origin.rule))
    })
}
