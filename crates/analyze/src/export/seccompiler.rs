//! The JSON that the crate seccompiler compiles: one filter for one arch, with two answers.
//!
//! Apart from the other lists, because it has conditions, and no third answer.

use std::collections::BTreeMap;
use std::fmt::Write;

use callgate_policy::{Action, Comparison, Policy, Test};
use callgate_syscalls::Arch;

use super::{Said, Table};

/// What calls of another arch get.
const BAD_ARCH: Action = Action::KillProcess;

pub(super) fn write(table: &Table) -> Result<(String, Policy), &'static str> {
    if !matches!(
        table.arches[..],
        [Arch::X86_64 | Arch::Aarch64 | Arch::Riscv64]
    ) {
        return Err("seccompiler is for x86_64, aarch64 and riscv64");
    }
    let default = lowered(table.default);
    let matched = other_answer(table, default);
    let mut said = Said::new();
    for (name, conjunctions) in &table.calls {
        let mut rules = Vec::new();
        for (comparisons, action) in conjunctions {
            if nearest(*action, default, matched)? == matched && matched != default {
                rules.push((comparisons.clone(), matched));
            }
        }
        if !rules.is_empty() {
            said.insert(name, rules);
        }
    }
    let rules: Vec<String> = said
        .iter()
        .flat_map(|(name, rules)| rules.iter().map(|(all, _)| rule(name, all)))
        .collect();
    let mut text = String::new();
    let _ = write!(
        text,
        "{{\n  \"main\": {{\n    \"mismatch_action\": {},\n    \"match_action\": {},\n    \"filter\": [\n{}\n    ]\n  }}\n}}\n",
        answer(default),
        answer(matched),
        rules.join(",\n")
    );
    let policy = Table::policy(table.arches[0], &said, [default, BAD_ARCH]);
    Ok((text, policy))
}

/// The answer that most conjunctions have beside the default; where all have it, there is another for the form's sake.
fn other_answer(table: &Table, default: Action) -> Action {
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for (_, action) in table.calls.values().flatten() {
        let action = lowered(*action);
        if action != default {
            *counts.entry(action).or_default() += 1;
        }
    }
    // Beside a default that lets through there has to be one that refuses, if anything is refused.
    let through = Action::Notify.strictness();
    let refuses = |action: Action| action.strictness() < through;
    if !refuses(default) && counts.keys().any(|&action| refuses(action)) {
        counts.retain(|&action, _| refuses(action));
    }
    let most = counts.into_iter().max_by_key(|&(_, count)| count);
    match most {
        Some((action, _)) => action,
        None if default == Action::Allow => Action::Errno(1),
        None => Action::Allow,
    }
}

/// Which of the two answers stands for one: itself, or the looser of those that let through no more.
fn nearest(action: Action, default: Action, matched: Action) -> Result<Action, &'static str> {
    let wanted = lowered(action);
    let through = Action::Notify.strictness();
    let is_no_wider = |other: &Action| {
        *other == wanted
            || other.strictness() < through
            || other.strictness() <= wanted.strictness()
    };
    let both = [default, matched];
    if both.contains(&wanted) {
        return Ok(wanted);
    }
    let fitting = both.into_iter().filter(is_no_wider).max();
    fitting.ok_or("seccompiler has two answers in a filter, and neither is as strict as a third")
}

/// What seccompiler can answer that refuses as much: it has no listeners.
const fn lowered(action: Action) -> Action {
    match action {
        Action::Notify => Action::Errno(1),
        // The number that goes with a trap has no place.
        Action::Trap(_) => Action::Trap(0),
        other => other,
    }
}

fn answer(action: Action) -> String {
    match action {
        Action::Errno(errno) => format!("{{ \"errno\": {errno} }}"),
        Action::Trace(message) => format!("{{ \"trace\": {message} }}"),
        other => format!("\"{}\"", other.name()),
    }
}

fn rule(name: &str, comparisons: &[Comparison]) -> String {
    if comparisons.is_empty() {
        return format!("      {{ \"syscall\": \"{name}\" }}");
    }
    let conditions: Vec<String> = comparisons.iter().map(condition).collect();
    format!(
        "      {{ \"syscall\": \"{name}\", \"args\": [{}] }}",
        conditions.join(", ")
    )
}

fn condition(comparison: &Comparison) -> String {
    let plain = |name: &str| format!("\"{name}\"");
    let (op, value) = match comparison.test {
        Test::Ne(value) => (plain("ne"), value),
        Test::Lt(value) => (plain("lt"), value),
        Test::Le(value) => (plain("le"), value),
        Test::Eq(value) => (plain("eq"), value),
        Test::Ge(value) => (plain("ge"), value),
        Test::Gt(value) => (plain("gt"), value),
        Test::MaskedEq { mask, value } => (format!("{{ \"masked_eq\": {mask} }}"), value),
    };
    format!(
        "{{ \"index\": {}, \"type\": \"qword\", \"op\": {op}, \"val\": {value} }}",
        comparison.arg.index()
    )
}
