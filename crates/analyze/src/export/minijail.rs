//! A policy of minijail, as its `compile_seccomp_policy` reads it: a line a call, for one arch.
//!
//! Apart from the other lists, because a line has conditions and answers of its own, and what no line names may be said on the
//! compiler's command line alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use callgate_policy::{Action, Comparison, Policy, Test};
use callgate_syscalls::{Arch, Endian};

use super::{Said, Table};
use crate::conjunctions::Conjunction;

pub(super) fn write(table: &Table) -> Result<(String, Policy), &'static str> {
    let arch = table.arches[0];
    if arch.endian() == Endian::Big || arch == Arch::X32 {
        return Err("minijail compiles policies for little-endian arches, and not for x32");
    }
    let default = lowered(table.default);
    // It kills what is of another arch, and is told which way.
    let bad_arch = match table.bad_arch {
        Action::KillThread => Action::KillThread,
        _ => Action::KillProcess,
    };
    let mut said = Said::new();
    let mut lines = String::new();
    for (name, conjunctions) in &table.calls {
        let conjunctions: Vec<Conjunction> = conjunctions
            .iter()
            .map(|(comparisons, action)| (comparisons.clone(), lowered(*action)))
            .collect();
        if let Some(answers) = answers(&conjunctions, default) {
            let _ = writeln!(lines, "{name}: {answers}");
            said.insert(name, conjunctions);
        }
    }
    let text = head(arch, default, bad_arch) + &lines;
    Ok((text, Table::policy(arch, &said, [default, bad_arch])))
}

/// The command that compiles the policy, and what it says itself of calls without a line.
///
/// A policy may only say that these are refused. What is looser stands on the command line, without which they are killed.
fn head(arch: Arch, default: Action, bad_arch: Action) -> String {
    let mut text = format!("# compile_seccomp_policy --arch-json {arch}.json");
    if bad_arch == Action::KillProcess {
        text.push_str(" --use-kill-process");
    }
    let refused = match default {
        Action::KillProcess | Action::KillThread | Action::Trap(_) | Action::Notify => default,
        _ => {
            let _ = write!(text, " --default-action '{}'", word(default));
            Action::KillProcess
        }
    };
    text.push('\n');
    if refused != bad_arch || refused != default {
        let _ = writeln!(text, "@default {}", word(refused));
    }
    text
}

/// What minijail can answer that refuses as much: the numbers that go with a trap and a trace have no place.
const fn lowered(action: Action) -> Action {
    match action {
        Action::Trap(_) => Action::Trap(0),
        Action::Trace(1..) => Action::Errno(1),
        other => other,
    }
}

fn word(action: Action) -> String {
    match action {
        Action::KillProcess => "kill-process".to_owned(),
        Action::KillThread => "kill-thread".to_owned(),
        Action::Trap(_) => "trap".to_owned(),
        Action::Errno(errno) => format!("return {errno}"),
        Action::Notify => "user-notify".to_owned(),
        Action::Trace(_) => "trace".to_owned(),
        Action::Log => "log".to_owned(),
        Action::Allow => "1".to_owned(),
    }
}

/// What stands after the colon; none where the call gets the default.
///
/// Of the answers of a call the last has no condition. It is never to allow: whatever comes before that, the compiler allows.
fn answers(conjunctions: &[Conjunction], default: Action) -> Option<String> {
    let mut clauses: BTreeMap<Action, Vec<String>> = BTreeMap::new();
    for (comparisons, action) in conjunctions {
        let clause = clause(comparisons);
        clauses.entry(*action).or_default().push(clause);
    }
    if clauses.len() == 1 {
        let (&action, _) = clauses.first_key_value()?;
        return (action != default).then(|| word(action));
    }
    let refusals = clauses
        .iter()
        .filter(|&(&action, _)| action != Action::Allow);
    let (&last, _) = refusals.max_by_key(|&(&action, all)| (action == default, all.len()))?;
    clauses.remove(&last);
    let mut parts: Vec<String> = clauses
        .iter()
        .map(|(&action, all)| match action {
            Action::Allow => all.join(" || "),
            action => format!("{}; {}", all.join(" || "), word(action)),
        })
        .collect();
    if last != default {
        parts.push(word(last));
    }
    // Without braces there is one answer to one condition, and it is to allow.
    match clauses.keys().collect::<Vec<_>>()[..] {
        [Action::Allow] if last == default => parts.pop(),
        _ => Some(format!("{{ {} }}", parts.join(", "))),
    }
}

fn clause(comparisons: &[Comparison]) -> String {
    let atoms = comparisons.iter().flat_map(|comparison| {
        let arg = format!("arg{}", comparison.arg.index());
        tests(comparison.test)
            .into_iter()
            .map(move |test| format!("{arg} {test}"))
    });
    atoms.collect::<Vec<_>>().join(" && ")
}

/// A test in minijail's words: `&` is that any bit is set, `in` that none outside is.
fn tests(test: Test) -> Vec<String> {
    let (op, value) = match test {
        Test::Ne(value) => ("!=", value),
        Test::Lt(value) => ("<", value),
        Test::Le(value) => ("<=", value),
        Test::Eq(value) => ("==", value),
        Test::Ge(value) => (">=", value),
        Test::Gt(value) => (">", value),
        Test::MaskedEq { mask, value } => {
            let clear = mask & !value;
            let inside = (clear != 0).then(|| format!("in ~{clear:#x}"));
            let set = (0..64).map(|bit| 1_u64 << bit);
            let set = set.filter(|bit| value & bit != 0);
            return inside
                .into_iter()
                .chain(set.map(|bit| format!("& {bit:#x}")))
                .collect();
        }
    };
    vec![format!("{op} {value:#x}")]
}
