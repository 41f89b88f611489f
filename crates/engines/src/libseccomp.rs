//! libseccomp's rule database: what becomes of rules that are added one after the other to one arch's filter.
//!
//! Apart from the runtimes, because all of them put their rules through it, and because most surprises come from here:
//! it is neither first match nor strictest match.
//!
//! - An unconditional rule wipes the conditional ones of its call, and swallows those that come later.
//! - Of two unconditional rules the first stays.
//! - The same condition with another action is refused (`EEXIST`).
//! - A rule whose comparisons are some of another's is the broader: it swallows the narrower;
//!   it is refused if the narrower came first and begins with all of its comparisons, in the order of the arguments.
//! - Other conditional rules are checked in an order of its own, see [`order`].
//! - A call that goes through `socketcall` or `ipc` has rules there, see [`multiplex`];
//!   where it has no number of its own and comes first, the filter of that arch never loads the number.
//!
//! Seen with libseccomp 2.5.4, by filters that it exported; 2.6.1 is known to agree on all of this.

mod multiplex;
mod order;

use std::collections::{BTreeMap, HashMap};

use callgate_policy::{Action, Comparison, Numbers, Rule, RuleId, Test};
use callgate_syscalls::{Arch, Syscall};

use crate::resolved::How;
use multiplex::{goes_through_another, ways};

/// The rules of one arch, as they were added.
pub(crate) struct Database {
    arch: Arch,
    calls: BTreeMap<u32, Vec<Line>>,
    /// The conditions that there are, each with its rule.
    conditions: HashMap<(u32, Vec<Comparison>), RuleId>,
    /// A rule for a call that has no number here and goes through another one on some arch.
    without_number: Option<RuleId>,
    events: Vec<Event>,
}

/// A rule in the database, its comparisons in the order of the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    id: RuleId,
    comparisons: Vec<Comparison>,
    action: Action,
}

/// Something that became of a rule and that its author may not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) what: What,
    /// The number of the call.
    pub(crate) number: u32,
    /// The rule that has lost.
    pub(crate) loser: RuleId,
    /// The rule that has won.
    pub(crate) winner: RuleId,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Both are unconditional, and the first stays.
    Second,
    /// It is conditional, and an unconditional one stays alone.
    Swallowed,
    /// A broader condition stays alone.
    Shadowed,
    /// Both match some call, and the other is checked first.
    Later([u64; 6]),
    /// What libseccomp makes of the two is not known to the model.
    Unknown(Option<[u64; 6]>),
    /// The filter may never load the number of the call, since this rule comes first and is for a call that has none.
    NoNumber,
    /// libseccomp may not come back from adding it.
    Endless,
}

/// Why a rule can't be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// A rule that is there has the same condition, or a narrower one, with another action.
    Exists(RuleId),
    /// There are so many conditions that the filter has more instructions than the kernel takes.
    TooMany,
}

/// As many conditions as a filter can have.
///
/// Each takes half an instruction at least: two that are each other's opposite share one.
const CONDITIONS: usize = 2 * callgate_bpf::MAX_INSNS;

impl Database {
    pub(crate) fn new(arch: Arch) -> Self {
        Self {
            arch,
            calls: BTreeMap::new(),
            conditions: HashMap::new(),
            without_number: None,
            events: Vec::new(),
        }
    }

    /// Adds a rule for a call, and for the call that multiplexes it; `id` is asked for an id with the way it came.
    pub(crate) fn add(
        &mut self,
        call: Syscall,
        comparisons: &[Comparison],
        action: Action,
        mut id: impl FnMut(How) -> RuleId,
    ) -> Result<(), Rejection> {
        if call.number(self.arch).is_none() && goes_through_another(call) {
            self.without_number = Some(id(How::Said));
        }
        for way in ways(self.arch, call, comparisons) {
            let line = Line {
                id: id(way.how),
                comparisons: seen_by(self.arch, way.comparisons),
                action,
            };
            self.add_line(way.number, line)?;
        }
        Ok(())
    }

    /// The rules in the order in which the filter checks them, and what became of the others.
    pub(crate) fn finish(mut self) -> (Vec<Rule>, Vec<Event>) {
        self.events.extend(self.never_loads_the_number());
        let mut rules = Vec::new();
        for (number, mut lines) in self.calls {
            self.events
                .extend(order::sort(self.arch, number, &mut lines));
            rules.extend(lines.into_iter().map(|line| Rule {
                id: line.id,
                numbers: Numbers::one(number),
                comparisons: line.comparisons,
                action: line.action,
            }));
        }
        (rules, self.events)
    }

    /// Whether a call without a number comes first, with whose code the load of the number is left out.
    ///
    /// Calls that are decided without a look at arguments come first, those with a number before the others.
    /// On x86_64 and x32 the number is there already, since x32's are told apart by it.
    fn never_loads_the_number(&self) -> Option<Event> {
        let id = self.without_number?;
        let has_the_number = matches!(self.arch, Arch::X86_64 | Arch::X32);
        let mut calls = self.calls.values();
        let is_plain = |lines: &Vec<Line>| lines.iter().any(|line| line.comparisons.is_empty());
        (!has_the_number && !calls.any(is_plain)).then_some(Event {
            what: What::NoNumber,
            number: 0,
            loser: id,
            winner: id,
        })
    }

    fn add_line(&mut self, number: u32, line: Line) -> Result<(), Rejection> {
        let lines = self.calls.entry(number).or_default();
        let events = &mut self.events;
        let mut lost = |what, loser: &Line, winner: &Line| {
            if loser.action != winner.action {
                events.push(Event {
                    what,
                    number,
                    loser: loser.id,
                    winner: winner.id,
                });
            }
        };
        if let [first] = &lines[..]
            && first.comparisons.is_empty()
        {
            let what = if line.comparisons.is_empty() {
                What::Second
            } else {
                What::Swallowed
            };
            lost(what, &line, first);
            return Ok(());
        }
        if line.comparisons.is_empty() {
            for other in std::mem::take(lines) {
                lost(What::Swallowed, &other, &line);
                self.conditions.remove(&(number, other.comparisons));
            }
            lines.push(line);
            return Ok(());
        }
        if let Some(broader) = line.broader(number, &self.conditions) {
            let broader = lines
                .iter()
                .find(|other| other.id == broader && line.is_narrower_than(other));
            let broader = broader.expect("a condition that there is has a rule");
            if broader.comparisons != line.comparisons {
                lost(What::Shadowed, &line, broader);
            } else if broader.action != line.action {
                return Err(Rejection::Exists(broader.id));
            }
            return Ok(());
        }
        if self.conditions.len() >= CONDITIONS {
            return Err(Rejection::TooMany);
        }
        let begins = |other: &&Line| other.comparisons.starts_with(&line.comparisons);
        if let Some(narrower) = lines
            .iter()
            .filter(begins)
            .find(|other| other.action != line.action)
        {
            return Err(Rejection::Exists(narrower.id));
        }
        lines.retain(|other| {
            let shadowed = other.is_narrower_than(&line);
            if shadowed {
                lost(What::Shadowed, other, &line);
                self.conditions.remove(&(number, other.comparisons.clone()));
            }
            !shadowed
        });
        self.conditions
            .insert((number, line.comparisons.clone()), line.id);
        lines.push(line);
        Ok(())
    }
}

impl Line {
    /// Whether it has all comparisons of the other, and perhaps more.
    fn is_narrower_than(&self, other: &Self) -> bool {
        let mut comparisons = other.comparisons.iter();
        other.comparisons.len() <= self.comparisons.len()
            && comparisons.all(|comparison| self.comparisons.contains(comparison))
    }

    /// A rule whose comparisons are all of this one's, or some of them.
    fn broader(
        &self,
        number: u32,
        conditions: &HashMap<(u32, Vec<Comparison>), RuleId>,
    ) -> Option<RuleId> {
        // Of six comparisons, one for each argument, there are sixty-three choices.
        (1..1_u32 << self.comparisons.len())
            .rev()
            .find_map(|choice| {
                let chosen = self.comparisons.iter().enumerate();
                let chosen = chosen.filter(|(place, _)| choice >> place & 1 == 1);
                let chosen = chosen.map(|(_, &comparison)| comparison).collect();
                conditions.get(&(number, chosen)).copied()
            })
    }
}

/// Comparisons as libseccomp keeps them: by argument, on an arch of 32 bits cut to that, and the bits outside of a mask dropped.
///
/// A mask without bits compares nothing.
fn seen_by(arch: Arch, comparisons: Vec<Comparison>) -> Vec<Comparison> {
    let cut = |value: u64| match arch.bits() {
        32 => value & u64::from(u32::MAX),
        _ => value,
    };
    let mut kept: Vec<Comparison> = comparisons
        .into_iter()
        .map(|comparison| Comparison {
            test: match comparison.test {
                Test::Ne(value) => Test::Ne(cut(value)),
                Test::Lt(value) => Test::Lt(cut(value)),
                Test::Le(value) => Test::Le(cut(value)),
                Test::Eq(value) => Test::Eq(cut(value)),
                Test::Ge(value) => Test::Ge(cut(value)),
                Test::Gt(value) => Test::Gt(cut(value)),
                Test::MaskedEq { mask, value } => Test::MaskedEq {
                    mask: cut(mask),
                    value: cut(value & mask),
                },
            },
            ..comparison
        })
        .filter(|comparison| !matches!(comparison.test, Test::MaskedEq { mask: 0, .. }))
        .collect();
    kept.sort_unstable();
    kept
}
