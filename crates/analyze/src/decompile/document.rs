//! What a filter says as documents: each default in each way to write it.
//!
//! Apart from the search among them, because here nothing is known of who reads them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use callgate_policy::{Action, Comparison, Test};
use callgate_profile::write::{Argument, Document, Rule};
use callgate_profile::{ActionName, ArchName, OpName};
use callgate_prove::{Diagram, Look};
use callgate_syscalls::{Arch, Syscall};

use crate::conjunctions::{Conjunction, Style, Writer};
use crate::rules::{Shape, Unwritable};

/// A way to write the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Way {
    pub(super) style: Style,
    pub(super) newest: Newest,
    pub(super) apart: Apart,
}

impl Way {
    pub(super) const ALL: [Self; 8] = {
        let mut ways = [Self {
            style: Style::OneEach,
            newest: Newest::LeftToTheEngine,
            apart: Apart::WidestArch,
        }; 8];
        let mut at = 0;
        while at < 8 {
            if at & 1 == 1 {
                ways[at].newest = Newest::Named;
            }
            if at & 2 == 2 {
                ways[at].style = Style::Masks;
            }
            if at & 4 == 4 {
                ways[at].apart = Apart::Strictest;
            }
            at += 1;
        }
        ways
    };
}

/// What a name gets that is answered differently on two arches: it means one thing on all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Apart {
    /// What the widest arch says; where another differs, it shows afterwards.
    WidestArch,
    /// The strictest answer that it gets anywhere.
    Strictest,
}

/// What becomes of calls that are newer than all that get another answer than ENOSYS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Newest {
    /// They are not named: runc answers so by itself above the newest call that a profile names.
    LeftToTheEngine,
    /// They have rules as others do.
    Named,
}

/// Answers that may be the default, the likeliest first: those of numbers without a name, for which there can be no rule.
pub(crate) fn defaults(shape: &Shape, diagram: &Diagram) -> Vec<Action> {
    let mut among: HashMap<Action, u64> = HashMap::new();
    let mut by_name: HashMap<Action, u64> = HashMap::new();
    for (arch, runs) in &shape.arches {
        let last = Syscall::numbers(*arch).last().map_or(0, |(nr, _)| nr);
        for run in runs {
            let Look::Answer(action) = diagram.look(run.is) else {
                continue;
            };
            let within = |nr: u32| run.first <= nr && nr <= run.last;
            let named = Syscall::numbers(*arch)
                .filter(|&(nr, _)| within(nr))
                .count() as u64;
            let count = u64::from(run.last.min(last).saturating_sub(run.first));
            *by_name.entry(action).or_default() += named;
            *among.entry(action).or_default() += count.saturating_sub(named);
        }
    }
    let mut defaults = Vec::new();
    let most = |counts: HashMap<Action, u64>| {
        let mut counts: Vec<(u64, Action)> = counts
            .into_iter()
            .map(|(action, count)| (count, action))
            .collect();
        counts.sort_unstable_by(|one, next| next.cmp(one));
        counts.into_iter().map(|(_, action)| action)
    };
    let first = most(among).take(1);
    for action in first.chain([shape.usual(diagram)]).chain(most(by_name)) {
        if !defaults.contains(&action) {
            defaults.push(action);
        }
    }
    defaults
}

/// What the filter says of the calls of an arch.
pub(super) struct Said {
    arch: Arch,
    /// Calls that are answered alike, and how.
    calls: Vec<(Vec<Syscall>, Vec<Conjunction>)>,
}

/// What the filter says of each arch, those of 64 bits first.
pub(super) fn said_by_each(
    shape: &Shape,
    diagram: &Diagram,
    style: Style,
    limit: usize,
) -> Result<Vec<Said>, Unwritable> {
    let mut arches: Vec<_> = shape.arches.iter().collect();
    arches.sort_by_key(|(arch, _)| arch.bits() == 32);
    let said = arches.into_iter().map(|&(arch, ref runs)| {
        let mut writer = Writer::new(diagram, arch, style, limit);
        let calls = runs.iter().map(|run| {
            let calls = named(arch, run.first, run.last).collect();
            Ok((calls, writer.write(run.is)?))
        });
        Ok(Said {
            arch,
            calls: calls.collect::<Result<_, _>>()?,
        })
    });
    said.collect()
}

/// The document of this default.
pub(super) fn document(
    said: &[Said],
    default: Action,
    way: Way,
    limit: usize,
) -> Result<Document, Unwritable> {
    let mut by_name: BTreeMap<&'static str, Vec<Conjunction>> = BTreeMap::new();
    let mut strictest: BTreeMap<&'static str, Action> = BTreeMap::new();
    for (calls, all) in said.iter().flat_map(|said| &said.calls) {
        let least = all.iter().map(|&(_, action)| action).min();
        let least = least.unwrap_or(default);
        let said = all.iter().filter(|&&(_, action)| action != default);
        let said: Vec<Conjunction> = said.cloned().collect();
        for call in calls {
            let strictest = strictest.entry(call.name()).or_insert(least);
            *strictest = least.min(*strictest);
            let before = by_name.entry(call.name()).or_insert_with(|| said.clone());
            if way.apart == Apart::Strictest && *before != said {
                *before = Vec::from([(Vec::new(), *strictest)]);
                before.retain(|&(_, action)| action != default);
            }
        }
    }
    if way.newest == Newest::LeftToTheEngine {
        let arches: Vec<Arch> = said.iter().map(|said| said.arch).collect();
        leave_out_the_newest(&arches, &mut by_name);
    }
    let mut by_rule: BTreeMap<(Vec<Comparison>, Action), BTreeSet<String>> = BTreeMap::new();
    for (name, conjunctions) in by_name {
        for conjunction in conjunctions {
            by_rule
                .entry(conjunction)
                .or_default()
                .insert(name.to_owned());
        }
    }
    if by_rule.len() > limit {
        return Err(Unwritable::TooMany { limit });
    }
    let mut document = Document::new(action_name(default));
    document.default_errno_ret = data(default);
    let mut arches: Vec<Arch> = said.iter().map(|said| said.arch).collect();
    arches.sort_unstable();
    document.architectures = arches.into_iter().map(ArchName::Known).collect();
    document.syscalls = by_rule
        .into_iter()
        .map(|((comparisons, action), names)| Rule {
            errno_ret: data(action),
            args: comparisons.into_iter().map(argument).collect(),
            ..Rule::new(action_name(action), names)
        })
        .collect();
    Ok(document)
}

/// Leaves out what only gets ENOSYS and has a higher number, on the arch that had the word, than all that gets anything else.
fn leave_out_the_newest(arches: &[Arch], by_name: &mut BTreeMap<&'static str, Vec<Conjunction>>) {
    let is_newest_answer = |said: &[Conjunction]| matches!(said, [(comparisons, Action::Errno(ENOSYS))] if comparisons.is_empty());
    let number = |arch: Arch, name: &str| Syscall::by_name(name)?.number(arch);
    let highest: Vec<Option<u32>> = arches
        .iter()
        .map(|&arch| {
            let others = by_name
                .iter()
                .filter(|(_, said)| !said.is_empty() && !is_newest_answer(said));
            others.filter_map(|(name, _)| number(arch, name)).max()
        })
        .collect();
    by_name.retain(|name, said| {
        let numbers = arches.iter().map(|&arch| number(arch, name));
        let first = numbers.zip(&highest).find(|(number, _)| number.is_some());
        !is_newest_answer(said) || first.is_some_and(|(number, highest)| number < *highest)
    });
}

/// The number of ENOSYS, which the kernel gives to calls that it does not have, on x86 and all arches that matter here.
const ENOSYS: u16 = 38;

/// The calls whose numbers are in a run.
fn named(arch: Arch, first: u32, last: u32) -> impl Iterator<Item = Syscall> {
    Syscall::numbers(arch)
        .skip_while(move |&(nr, _)| nr < first)
        .take_while(move |&(nr, _)| nr <= last)
        .map(|(_, call)| call)
}

pub(crate) const fn action_name(action: Action) -> ActionName {
    match action {
        Action::KillProcess => ActionName::KillProcess,
        Action::KillThread => ActionName::KillThread,
        Action::Trap(_) => ActionName::Trap,
        Action::Errno(_) => ActionName::Errno,
        Action::Notify => ActionName::Notify,
        Action::Trace(_) => ActionName::Trace,
        Action::Log => ActionName::Log,
        Action::Allow => ActionName::Allow,
    }
}

/// The data of an action where the document has to say it: an errno of 1 is what runtimes take of themselves.
pub(crate) const fn data(action: Action) -> Option<u64> {
    match action {
        Action::Errno(1) => None,
        Action::Errno(data) | Action::Trace(data) => Some(data as u64),
        _ => None,
    }
}

pub(crate) fn argument(comparison: Comparison) -> Argument {
    let (op, value, value_two) = match comparison.test {
        Test::Ne(value) => (OpName::Ne, value, None),
        Test::Lt(value) => (OpName::Lt, value, None),
        Test::Le(value) => (OpName::Le, value, None),
        Test::Eq(value) => (OpName::Eq, value, None),
        Test::Ge(value) => (OpName::Ge, value, None),
        Test::Gt(value) => (OpName::Gt, value, None),
        Test::MaskedEq { mask, value } => (OpName::MaskedEq, mask, Some(value)),
    };
    Argument {
        index: comparison.arg.index() as u64,
        value,
        value_two,
        op,
    }
}
