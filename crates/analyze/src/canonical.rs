//! A document in its one canonical form: names that get one answer under one condition stand together, sorted.
//!
//! Apart from writing, which puts down any document: this decides how rules are grouped and ordered, and proves that it changes nothing.

use callgate_engines::Target;
use callgate_profile::write::{Document, Rule};
use callgate_profile::{Extending, Options, Shape, codes, parse};
use callgate_prove::Budget;

use crate::amend::NotAmended;
use crate::minimal::meanings;

/// Why a document was not laid out anew.
#[derive(Clone, Debug, PartialEq)]
pub enum NotCanonical {
    /// It says something that would not be written again, of which the first is this.
    Loses(String),
    /// The order of its rules matters to this target, and to no grouping of them is it the same.
    Matters(Box<Target>),
    /// It can't be read, or what it means is not decided.
    Unknown(NotAmended),
}

/// The canonical text, which every target reads as it reads `text`.
///
/// Rules that differ in their names alone become one; then they are sorted by conditions, action and comparisons. Where a target
/// minds that order, the rules keep theirs and only those that stand together are grouped. Comments of rules are kept, and keep rules apart.
///
/// # Errors
/// The text says what would be lost, or a target minds every change.
pub fn canonical<'t>(
    text: impl Into<Extending<'t>>,
    targets: &[Target],
    budget: Budget,
) -> Result<String, NotCanonical> {
    let extending = text.into();
    let text = extending.text;
    let parsed = parse(text.as_bytes(), &Options::default());
    let loses = [
        codes::SYNTAX,
        codes::DUPLICATE_KEY,
        codes::UNKNOWN_KEY,
        codes::KEY_CASE,
        codes::WRONG_TYPE,
        codes::NULL_ELEMENT,
        codes::EXCLUSIVE_KEYS,
    ];
    let lost = parsed
        .problems
        .iter()
        .find(|problem| loses.contains(&problem.code));
    if let Some(problem) = lost {
        return Err(NotCanonical::Loses(problem.message.clone()));
    }
    let profile = parsed
        .profile
        .ok_or(NotCanonical::Unknown(NotAmended::Unreadable))?;
    if profile.shape == Shape::OciConfig {
        return Err(NotCanonical::Loses(
            "all that is not the profile".to_owned(),
        ));
    }
    let document = Document::of(&profile)
        .ok_or_else(|| NotCanonical::Loses("a value that could not be read".to_owned()))?;
    let before = meanings(extending, targets, budget).map_err(NotCanonical::Unknown)?;
    let mut mattered = None;
    for grouped in [anywhere, neighbours] {
        let document = Document {
            syscalls: grouped(document.syscalls.clone()),
            ..document.clone()
        };
        let text = document.to_json();
        let after =
            meanings(extending.instead(&text), targets, budget).map_err(NotCanonical::Unknown)?;
        match before
            .iter()
            .zip(&after)
            .position(|(one, other)| one != other)
        {
            None => return Ok(text),
            Some(target) => mattered = Some(Box::new(targets[target].clone())),
        }
    }
    Err(NotCanonical::Matters(mattered.expect("two were tried")))
}

/// All rules that differ in their names alone as one, sorted.
fn anywhere(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by_key(|rule| (key(rule), rule.names.first().cloned()));
    neighbours(rules)
}

/// Rules that differ in their names alone and stand side by side as one.
fn neighbours(rules: Vec<Rule>) -> Vec<Rule> {
    let mut grouped: Vec<Rule> = Vec::new();
    for rule in rules {
        match grouped.last_mut() {
            Some(last) if key(last) == key(&rule) => last.names.extend(rule.names),
            _ => grouped.push(rule),
        }
    }
    grouped
}

/// All that a rule says but its names, in the order in which rules stand: unconditional ones first.
fn key(rule: &Rule) -> (bool, String, String) {
    let nameless = Rule {
        names: [String::new()].into(),
        ..rule.clone()
    };
    let is_conditional = rule.includes.is_some() || rule.excludes.is_some();
    let action = rule.action.as_str().to_owned();
    (
        is_conditional,
        action,
        format!("{:?}{nameless:?}", rule.args),
    )
}

impl std::fmt::Display for NotCanonical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Loses(what) => write!(f, "it would lose what it says: {what}"),
            Self::Matters(target) => write!(f, "the order of its rules matters to {target}"),
            Self::Unknown(reason) => reason.fmt(f),
        }
    }
}

impl std::error::Error for NotCanonical {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_answer_stand_together() {
        let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            { "names": ["write"], "action": "SCMP_ACT_ALLOW" },
            { "name": "kill", "action": "SCMP_ACT_LOG", "comment": "for tests" },
            { "names": ["read", "getpid"], "action": "SCMP_ACT_ALLOW" } ] }"#;
        let targets = [Target::default(), "docker@28".parse().expect("a target")];
        let done = canonical(text, &targets, Budget::default()).expect("it is laid out");
        let words: String = done.split_whitespace().collect();
        assert_eq!(
            words,
            r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["getpid","read","write"],"action":"SCMP_ACT_ALLOW"},{"comment":"fortests","names":["kill"],"action":"SCMP_ACT_LOG"}]}"#
        );
        assert_eq!(
            canonical(&done, &targets, Budget::default()),
            Ok(done.clone())
        );
        let docker = callgate_profile::builtin::DOCKER_DEFAULT;
        let once = canonical(docker, &targets, Budget::default()).expect("it is laid out");
        assert_eq!(
            canonical(&once, &targets, Budget::default()),
            Ok(once.clone())
        );
    }

    #[test]
    fn what_would_be_lost_or_change_is_refused() {
        let text =
            r#"{ "defaultAction": "SCMP_ACT_ALLOW", "why": "nobody knows", "syscalls": [] }"#;
        let targets = ["docker@28".parse().expect("a target")];
        let lost = canonical(text, &targets, Budget::default());
        assert!(matches!(lost, Err(NotCanonical::Loses(_))), "{lost:?}");
        // The first of two unconditional actions counts for runc, so these rules keep their order.
        let text = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            { "names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS" },
            { "names": ["kill"], "action": "SCMP_ACT_ERRNO" } ] }"#;
        let kept = canonical(text, &targets, Budget::default()).expect("the order is kept");
        let place = |word: &str| kept.find(word).expect("it is there");
        assert!(place("KILL_PROCESS") < place("SCMP_ACT_ERRNO"), "{kept}");
    }
}
