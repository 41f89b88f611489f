//! How many instructions the filter of several databases has at least.
//!
//! Apart from what the filter answers, because a filter that the kernel does not take answers nothing.

use std::collections::BTreeSet;

use callgate_policy::{Action, Comparison, Test};

use super::blocks::Blocks;
use super::{Call, Conditions, Database, Line};

/// Counts what surely is there, and leaves out what depends on the layout.
///
/// Those are jumps, and copies of answers, where a test leads farther than the 255 instructions that a conditional jump reaches,
/// and the tests that cut a tree of numbers: one or two of a hundred together.
pub(super) fn at_least(databases: &[Database], blocks: &Blocks, default: Action) -> usize {
    // The arch is loaded once; each has a test of it, and loads the number, which is tested for each call.
    let arches: BTreeSet<u32> = databases
        .iter()
        .map(|database| database.arch.audit())
        .collect();
    let mut count = 1 + 2 * arches.len() + blocks.instructions();
    let mut answers = BTreeSet::from([default, Action::KillThread]);
    let mut lost = BTreeSet::new();
    // Of neighbours with one answer, the first is enough.
    let mut latest = default;
    let mut answered = |action| {
        if std::mem::replace(&mut latest, action) != action {
            answers.insert(action);
        }
    };
    for (_, call) in databases.iter().flat_map(|database| &database.calls) {
        count += usize::from(!matches!(call, Call::Conditional(None)));
        match call {
            Call::Conditional(None) => {}
            Call::Always(verdict) => answered(verdict.action),
            Call::Conditional(Some(conditions)) => {
                let lines = conditions.lines.iter();
                lines.for_each(|line| answered(line.verdict.action));
                if conditions.is_lost {
                    lost.extend(values(conditions));
                }
            }
        }
    }
    count + lost.len() + answers.len()
}

/// What the low words are surely compared with for a call whose tree is not known, and for which answer.
///
/// Those are the rules that ask for one value each: none makes another superfluous. Calls and arches share what is the same.
fn values(conditions: &Conditions) -> BTreeSet<(usize, u32, Action)> {
    let value = |line: &Line| match line.comparisons[..] {
        [
            Comparison {
                arg,
                test: Test::Eq(value),
                ..
            },
        ] => Some((arg.index(), value as u32, line.verdict.action)),
        _ => None,
    };
    let values = conditions.lines.iter().map(value);
    values.collect::<Option<_>>().unwrap_or_default()
}
