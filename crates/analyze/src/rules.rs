//! From a diagram back to rules: a policy that means what a filter does, or several filters together.
//!
//! Apart from decompiling into a document, because a policy needs no names and no target.

use std::collections::HashMap;
use std::fmt;

use callgate_policy::{Action, Numbers, Policy, Rule, RuleId, Section};
use callgate_prove::{Diagram, Fixed, Look, Part};
use callgate_syscalls::{Arch, Syscall};

use crate::conjunctions::{Conjunction, Style, Writer};
use crate::numbers::{Run, TooManyRuns, runs, unknown_tokens};

/// Why a filter can't be written as rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// It looks at where a call is made from, which no rule does.
    InstructionPointer {
        /// The arch whose calls it looks at so.
        arch: Arch,
    },
    /// It looks at the upper half of an argument on an arch of 32 bits, which no rule does.
    HighHalf {
        /// The arch.
        arch: Arch,
    },
    /// It does not answer all calls of an arch without a table alike, and rules are for known arches.
    UnknownArches,
    /// It takes more rules than were granted.
    TooMany {
        /// How many were.
        limit: usize,
    },
    /// It tells numbers apart in more runs than can be listed.
    Runs(TooManyRuns),
}

/// The policy that answers every call as a diagram does.
///
/// Its rules are those of the diagram alone: filters that answer alike give the same policy.
/// The ids of the rules count from zero.
///
/// # Errors
/// There is none, or it takes more rules than `limit`.
pub fn policy(diagram: &Diagram, limit: usize) -> Result<Policy, Unwritable> {
    let shape = Shape::of(diagram)?;
    let default = shape.usual(diagram);
    let mut sections = Vec::new();
    let mut left = limit;
    for (arch, runs) in &shape.arches {
        let mut writer = Writer::new(diagram, *arch, Style::Any, limit);
        let mut rules = Vec::new();
        for run in runs {
            let numbers = Numbers {
                first: run.first,
                last: run.last,
            };
            for (comparisons, action) in ordered(writer.write(run.is)?, default) {
                rules.push(Rule {
                    id: RuleId((limit - left) as u32),
                    numbers,
                    comparisons,
                    action,
                });
                left = left.checked_sub(1).ok_or(Unwritable::TooMany { limit })?;
            }
        }
        sections.push(Section { arch: *arch, rules });
    }
    Ok(Policy::new(default, shape.bad_arch, sections).expect("no arch twice"))
}

/// What a diagram says by arch.
pub(crate) struct Shape {
    /// What calls of an arch get that it does not know.
    pub(crate) bad_arch: Action,
    /// The arches that it knows, and the runs of their numbers.
    pub(crate) arches: Vec<(Arch, Vec<Run<Part>>)>,
}

impl Shape {
    pub(crate) fn of(diagram: &Diagram) -> Result<Self, Unwritable> {
        let unknown =
            unknown_tokens(|audit| diagram.part(Fixed::Token(audit))).map_err(Unwritable::Runs)?;
        let bad_arch = match unknown[..] {
            [(part, _)] => diagram.look(part),
            _ => return Err(Unwritable::UnknownArches),
        };
        let Look::Answer(bad_arch) = bad_arch else {
            return Err(Unwritable::UnknownArches);
        };
        let mut arches = Vec::new();
        for &arch in Arch::ALL {
            let at = |nr| diagram.part(Fixed::Number(arch.audit(), nr));
            let runs = runs(arch, at).map_err(Unwritable::Runs)?;
            let is_bad = |run: &Run<Part>| diagram.look(run.is) == Look::Answer(bad_arch);
            if !runs.iter().all(is_bad) {
                arches.push((arch, runs));
            }
        }
        Ok(Self { bad_arch, arches })
    }

    /// The same for rules that go by names: without x32 where all of its calls get what those of unknown arches get.
    ///
    /// What is left of it then are numbers without a name, such as those above runc's ceiling, and its reader makes them by itself.
    pub(crate) fn by_name(diagram: &Diagram) -> Result<Self, Unwritable> {
        let mut shape = Self::of(diagram)?;
        let is_bad = |nr: u32| {
            let (part, _) = diagram.part(Fixed::Number(Arch::X32.audit(), nr));
            diagram.look(part) == Look::Answer(shape.bad_arch)
        };
        if Syscall::numbers(Arch::X32).all(|(nr, _)| is_bad(nr)) {
            shape.arches.retain(|&(arch, _)| arch != Arch::X32);
        }
        Ok(shape)
    }

    /// The answer that most numbers get whatever the arguments.
    pub(crate) fn usual(&self, diagram: &Diagram) -> Action {
        let mut counts: HashMap<Action, u64> = HashMap::new();
        for run in self.arches.iter().flat_map(|(_, runs)| runs) {
            if let Look::Answer(action) = diagram.look(run.is) {
                *counts.entry(action).or_default() += u64::from(run.last - run.first) + 1;
            }
        }
        let usual = counts
            .into_iter()
            .max_by_key(|&(action, count)| (count, action));
        usual.map_or(self.bad_arch, |(action, _)| action)
    }
}

/// The conjunctions of a run as rules of which the first that holds answers: the answer that takes most of them comes last.
fn ordered(conjunctions: Vec<Conjunction>, default: Action) -> Vec<Conjunction> {
    let mut counts: HashMap<Action, usize> = HashMap::new();
    for (_, action) in &conjunctions {
        *counts.entry(*action).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|&(action, count)| (count, action == default, action));
    let last = most.map_or(default, |(action, _)| action);
    let mut rules: Vec<Conjunction> = conjunctions
        .into_iter()
        .filter(|&(_, action)| action != last)
        .collect();
    if last != default {
        rules.push((Vec::new(), last));
    }
    rules
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InstructionPointer { arch } => write!(
                f,
                "the filter looks at where a call of {arch} is made from, and no rule does"
            ),
            Self::HighHalf { arch } => write!(
                f,
                "the filter looks at the upper half of an argument on {arch}, which has 32 bits, and no rule does"
            ),
            Self::UnknownArches => f.write_str(
                "the filter tells calls of arches apart that have no table, and rules are for known ones",
            ),
            Self::TooMany { limit } => {
                write!(f, "the filter takes more rules than the {limit} that are granted")
            }
            Self::Runs(reason) => reason.fmt(f),
        }
    }
}

impl std::error::Error for Unwritable {}
