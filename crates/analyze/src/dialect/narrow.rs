//! A document that says less of some calls: their strictest answer, without conditions.
//!
//! Apart from the dialects, several of which have no words for some conditions, and let a call through that fulfils one no sooner
//! than one that doesn't.

use std::collections::{BTreeMap, BTreeSet};

use callgate_profile::ActionName;
use callgate_profile::write::{Document, Rule};

/// An answer, and the number that goes with it.
type Answer = (ActionName, Option<u64>);

/// The rules of each call.
pub(super) fn by_name(document: &Document) -> BTreeMap<&str, Vec<&Rule>> {
    let mut by_name: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &document.syscalls {
        for name in &rule.names {
            by_name.entry(name).or_default().push(rule);
        }
    }
    by_name
}

/// The document with the strictest answer alone for the calls whose rules can't be written.
pub(super) fn without(document: &Document, cant_be_written: impl Fn(&[&Rule]) -> bool) -> Document {
    let action = document.default_action.clone();
    let default = (
        action.expect("what is written from a filter has no base"),
        document.default_errno_ret,
    );
    let mut narrowed = document.clone();
    let mut by_answer: Vec<(Answer, BTreeSet<String>)> = Vec::new();
    for (name, rules) in by_name(document) {
        if !cant_be_written(&rules) {
            continue;
        }
        for rule in &mut narrowed.syscalls {
            rule.names.remove(name);
        }
        let answers = rules
            .iter()
            .map(|rule| (rule.action.clone(), rule.errno_ret));
        let strictest = answers.fold(default.clone(), |one, other| {
            match strictness(&other) < strictness(&one) {
                true => other,
                false => one,
            }
        });
        match by_answer
            .iter_mut()
            .find(|(answer, _)| *answer == strictest)
        {
            Some((_, names)) => {
                names.insert(name.to_owned());
            }
            None => by_answer.push((strictest, [name.to_owned()].into())),
        }
    }
    narrowed.syscalls.retain(|rule| !rule.names.is_empty());
    by_answer.retain(|(answer, _)| *answer != default);
    for ((action, errno_ret), names) in by_answer {
        narrowed.syscalls.push(Rule {
            errno_ret,
            ..Rule::new(action, names)
        });
    }
    narrowed
}

/// The kernel's order, strictest first; between two errnos the smaller.
fn strictness((action, data): &Answer) -> (u8, u64) {
    let place = match action {
        ActionName::KillProcess => 0,
        ActionName::KillThread | ActionName::Kill => 1,
        ActionName::Trap => 2,
        ActionName::Errno => 3,
        ActionName::Notify => 4,
        ActionName::Trace => 5,
        ActionName::Log => 6,
        ActionName::Allow | ActionName::Custom(_) | ActionName::Unknown(_) => 7,
    };
    (place, data.unwrap_or(1))
}
