//! Edits that may do what was asked, the smallest first: each a whole text.
//!
//! Apart from the proof, which knows nothing of how a text came about, so that a mistake here is refused there.

use callgate_policy::{Action, Comparison};
use callgate_profile::edit::Text;
use callgate_profile::write::{Document, Rule};
use callgate_profile::{Extending, Options, Profile, Spanned, SyscallRule, parse, parse_with};

use super::{Answer, Subject};
use crate::conjunctions::Conjunction;
use crate::decompile::{action_name, argument, data};

/// Rules for the calls of a name: what each of these gets.
pub(super) struct Rewritten {
    pub(super) name: &'static str,
    pub(super) rules: Vec<Conjunction>,
}

/// The text with these subjects added to a rule of their answer, or to a new one.
pub(super) fn added(text: &str, subjects: &[Subject], answer: Answer) -> Option<String> {
    let mut text = text.to_owned();
    for subject in subjects {
        let conjunction = (subject.comparisons.clone(), answer.action());
        text = with(&text, subject.call.name(), &conjunction)?;
    }
    Some(text)
}

/// The text with the rules that its bases have for these names, where it has none itself: it means the same.
pub(super) fn taken_over(extending: Extending<'_>, names: &[&str]) -> Option<String> {
    let mut text = extending.text.to_owned();
    if extending.bases.is_empty() {
        return Some(text);
    }
    let own = profile(&text)?;
    let whole = parse_with(text.as_bytes(), &Options::default(), extending.bases).profile?;
    let whole = Document::of(&whole)?;
    let named = |name: &str| {
        let mut calls = own.rules().iter().flat_map(|rule| rule.value.calls());
        calls.any(|call| call.value == name)
    };
    for name in names.iter().copied().filter(|name| !named(name)) {
        for rule in whole
            .syscalls
            .iter()
            .filter(|rule| rule.names.contains(name))
        {
            // What is said of many calls is not said of this one alone.
            let rule = Rule {
                comment: None,
                names: [name.to_owned()].into(),
                ..rule.clone()
            };
            text = with_rule(&text, &rule)?;
        }
    }
    Some(text)
}

/// The text without the names of these subjects in rules that `goes`; a rule that names no others goes whole.
pub(super) fn removed(
    text: &str,
    names: &[&str],
    goes: impl Fn(&SyscallRule) -> bool,
) -> Option<String> {
    let profile = profile(text)?;
    let read = Text::of(text.as_bytes())?;
    let mut edits = Vec::new();
    let mut whole = Vec::new();
    for (place, rule) in profile.rules().iter().enumerate() {
        if !goes(&rule.value) {
            continue;
        }
        let is_meant = |name: &Spanned<String>| names.contains(&name.value.as_str());
        let total = rule.value.calls().count();
        let meant = rule.value.calls().filter(|name| is_meant(name)).count();
        if meant == total && meant > 0 {
            whole.push(place);
        } else if let Some(list) = rule.value.names.as_ref().filter(|_| meant > 0) {
            let spans: Vec<_> = list.value.iter().filter(|name| is_meant(name)).collect();
            let items = read.items(list.span);
            let which: Vec<usize> = (0..items.len())
                .filter(|&index| spans.iter().any(|name| name.span == items[index].span))
                .collect();
            edits.extend(read.remove(list.span, &which));
        }
    }
    if let Some(rules) = profile.syscalls.as_ref().filter(|_| !whole.is_empty()) {
        edits.extend(read.remove(rules.span, &whole));
    }
    read.apply(&edits).ok()
}

/// The text in which other rules speak of these names: no old one does, and the new ones say it all.
pub(super) fn rewritten(text: &str, calls: &[Rewritten]) -> Option<String> {
    let names: Vec<&str> = calls.iter().map(|call| call.name).collect();
    let is_there = |rule: &SyscallRule| rule.includes.is_none() && rule.excludes.is_none();
    let mut text = removed(text, &names, is_there)?;
    for call in calls {
        for conjunction in &call.rules {
            text = with(&text, call.name, conjunction)?;
        }
    }
    Some(text)
}

/// For each rule with conditions that speaks of a name: the text in which others under the same conditions say it all instead.
pub(super) fn rewritten_under_conditions(text: &str, call: &Rewritten) -> Vec<String> {
    let Some(profile) = profile(text) else {
        return Vec::new();
    };
    let Some(document) = Document::of(&profile) else {
        return Vec::new();
    };
    let rules = profile.rules().iter().zip(&document.syscalls);
    let speaks = |rule: &SyscallRule| {
        let is_conditional = rule.includes.is_some() || rule.excludes.is_some();
        is_conditional && rule.calls().any(|name| name.value == call.name)
    };
    rules
        .filter(|(rule, _)| speaks(&rule.value))
        .filter_map(|(rule, conditions)| {
            let place = |rule: &SyscallRule| rule.action.as_ref().map(|action| action.span);
            let goes = |other: &SyscallRule| {
                let is_unconditional = other.includes.is_none() && other.excludes.is_none();
                is_unconditional || place(other) == place(&rule.value)
            };
            let mut text = removed(text, &[call.name], goes)?;
            for conjunction in &call.rules {
                let rule = Rule {
                    includes: conditions.includes.clone(),
                    excludes: conditions.excludes.clone(),
                    ..rule_of(call.name, conjunction)
                };
                text = with_rule(&text, &rule)?;
            }
            Some(text)
        })
        .collect()
}

/// The text with a name in a rule that says just this, or with such a rule at the end.
fn with(text: &str, name: &str, conjunction: &Conjunction) -> Option<String> {
    let (comparisons, action) = conjunction;
    let profile = profile(text)?;
    let read = Text::of(text.as_bytes())?;
    let alike = profile
        .rules()
        .iter()
        .rev()
        .find(|rule| says(&rule.value, comparisons, *action));
    if let Some(list) = alike.and_then(|rule| rule.value.names.as_ref()) {
        let names: Vec<&str> = list.value.iter().map(|name| name.value.as_str()).collect();
        if names.contains(&name) {
            return Some(text.to_owned());
        }
        let index = match names.is_sorted() {
            true => names.partition_point(|&other| other < name),
            false => names.len(),
        };
        return read
            .apply(&[read.insert(list.span, index, &[format!("\"{name}\"")])])
            .ok();
    }
    with_rule(text, &rule_of(name, conjunction))
}

/// A rule that says this of a name.
fn rule_of(name: &str, (comparisons, action): &Conjunction) -> Rule {
    Rule {
        errno_ret: data(*action),
        args: comparisons.iter().copied().map(argument).collect(),
        ..Rule::new(action_name(*action), [name])
    }
}

/// The text with a rule at the end.
fn with_rule(text: &str, rule: &Rule) -> Option<String> {
    let profile = profile(text)?;
    let read = Text::of(text.as_bytes())?;
    let edit = match &profile.syscalls {
        Some(rules) => {
            let rule = read.written(rules.span, rule);
            read.insert(rules.span, read.items(rules.span).len(), &[rule])
        }
        None => {
            let rules = read.written(profile.span, &[rule]);
            let count = read.items(profile.span).len();
            read.insert(profile.span, count, &[format!("\"syscalls\": {rules}")])
        }
    };
    read.apply(&[edit]).ok()
}

/// Whether a rule gives this answer for these comparisons, under no conditions, and for no reason of its own.
fn says(rule: &SyscallRule, comparisons: &[Comparison], action: Action) -> bool {
    let written: Vec<_> = comparisons.iter().copied().map(argument).collect();
    let same = |(one, other): (
        &Spanned<callgate_profile::Argument>,
        &callgate_profile::write::Argument,
    )| {
        let one = &one.value;
        one.index.as_ref().map(|index| index.value) == Some(other.index)
            && one.value.as_ref().map(|value| value.value) == Some(other.value)
            && one.value_two.as_ref().map(|value| value.value) == other.value_two
            && one.op.as_ref().map(|op| &op.value) == Some(&other.op)
    };
    rule.action.as_ref().map(|action| &action.value) == Some(&action_name(action))
        && rule.errno.is_none()
        && rule.errno_ret.as_ref().map(|data| data.value) == data(action)
        && rule.includes.is_none()
        && rule.excludes.is_none()
        && rule.arguments().len() == written.len()
        && rule.arguments().iter().zip(&written).all(same)
}

fn profile(text: &str) -> Option<Profile> {
    parse(text.as_bytes(), &Options::default()).profile
}
