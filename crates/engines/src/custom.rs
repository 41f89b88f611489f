//! Custom actions that a supervisor could not tell apart: two of one answer for the same call.
//!
//! Apart from the reading, because a notification carries no tag: which handler a call belongs to must follow from the policy alone.

use std::collections::BTreeMap;

use callgate_policy::{Rule, Section};
use callgate_profile::{Problem, codes, faults};
use callgate_syscalls::{Arch, Syscall};

use crate::resolved::{Origin, Origins};
use crate::satisfy::arguments_for;

/// As many rules with custom actions as one call may have, so that all pairs can be looked at.
const RULES_OF_A_CALL: usize = 200;

/// Two different custom actions of one answer that can both match a call, for each call that has such.
pub(crate) fn conflicts(section: &Section, origins: &Origins) -> Vec<Problem> {
    let mut calls: BTreeMap<u32, Vec<&Rule>> = BTreeMap::new();
    for rule in &section.rules {
        if origins.get(rule.id).custom.is_some() {
            calls.entry(rule.numbers.first).or_default().push(rule);
        }
    }
    let conflict = |rules: Vec<&Rule>| first_conflict(section.arch, &rules, origins);
    calls.into_values().filter_map(conflict).collect()
}

fn first_conflict(arch: Arch, rules: &[&Rule], origins: &Origins) -> Option<Problem> {
    if let Some(past) = rules.get(RULES_OF_A_CALL) {
        let message = format!(
            "{} rules with custom actions for one call, and {RULES_OF_A_CALL} are allowed",
            rules.len()
        );
        return Some(Problem::error(
            codes::CUSTOM_ACTION,
            origins.get(past.id).rule,
            message,
        ));
    }
    for (at, one) in rules.iter().enumerate() {
        for two in &rules[at + 1..] {
            let places = [origins.get(one.id), origins.get(two.id)];
            let same_answer = one.action.name() == two.action.name();
            if !same_answer || places[0].custom == places[1].custom {
                continue;
            }
            let comparisons = [&one.comparisons[..], &two.comparisons[..]].concat();
            if let Some(args) = arguments_for(arch, &comparisons) {
                return Some(conflict(arch, one, places, args));
            }
        }
    }
    None
}

fn conflict(arch: Arch, rule: &Rule, places: [&Origin; 2], args: [u64; 6]) -> Problem {
    let [first, second] = if places[0].rule <= places[1].rule {
        places
    } else {
        [places[1], places[0]]
    };
    let name = |origin: &Origin| faults::quoted(origin.custom.as_deref().unwrap_or_default());
    let (one, two) = (name(first), name(second));
    let number = rule.numbers.first;
    let call = Syscall::by_number(arch, number)
        .map_or_else(|| number.to_string(), |call| call.to_string());
    let args: Vec<String> = args.iter().map(|arg| format!("{arg:#x}")).collect();
    let answer = rule.action.name();
    let message =
        format!("custom actions {one} and {two} both answer {answer}, and both match a call");
    Problem::error(codes::CUSTOM_ACTION, second.name, message)
        .label(format!("{two} here"))
        .related(first.name, format!("{one} here"))
        .note(format!("both match {arch} {call}({})", args.join(", ")))
        .help("let their comparisons exclude each other")
}
