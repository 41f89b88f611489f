//! libseccomp's rule database: what becomes of rules that are added one after the other to a filter.
//!
//! Apart from the runtimes, because all of them put their rules through it, and because most surprises come from here:
//! it is neither first match nor strictest match.
//!
//! - An unconditional rule wipes the conditional ones of its call, and swallows those that come later.
//! - Of two unconditional rules the first stays.
//! - Conditional rules become a tree of tests of 32-bit words ([`chain`], [`tree`], [`prune`], [`merge`]): on the way there
//!   the same condition with another action is refused (`EEXIST`), a broader rule swallows a narrower one,
//!   and of some pairs the second is never done being added.
//! - The tree becomes blocks of instructions ([`blocks`]), and these do not always answer as the rules do; [`meaning`] says what they answer.
//! - A call that goes through `socketcall` or `ipc` has rules there, see [`multiplex`] and [`places`];
//!   where it has no number of its own and comes first, the filter of that arch never loads the number.
//!
//! Held against filters that libseccomp 2.5.4 and 2.6.1 exported, of rules made at random; the one known difference is a correction in 2.6.1.

mod blocks;
mod chain;
mod equal;
mod finish;
mod meaning;
mod merge;
mod multiplex;
mod order;
mod places;
mod prune;
mod size;
mod tree;

use callgate_policy::{Action, Comparison, RuleId, Test};
use callgate_syscalls::{Arch, Syscall};

use crate::resolved::How;
use crate::version::Version;
pub(crate) use finish::{Layout, Written, finish};
use merge::Answers;
use multiplex::goes_through_another;
pub(crate) use multiplex::is_multiplexed;
use places::{Places, Ways};
use tree::{Tree, Trouble};

/// The rules of one arch, as they were added.
pub(crate) struct Database {
    arch: Arch,
    answers: Answers,
    /// A call that its table lacks.
    lacking: Option<Syscall>,
    places: Places,
    /// All numbers of the arch, in order.
    calls: Vec<(u32, Call)>,
    /// A rule for a call that has no number here and goes through another one on some arch.
    without_number: Option<RuleId>,
    events: Vec<Event>,
}

/// The rules of one call.
enum Call {
    /// One without comparisons, beside which there is no other.
    Always(Verdict),
    /// Those with some that were taken; none where the call is not named.
    Conditional(Option<Box<Conditions>>),
}

/// The conditional rules of one call.
#[derive(Default)]
struct Conditions {
    lines: Vec<Line>,
    tree: Tree,
    /// What libseccomp does is not known: it looks at memory that it has given back, or the rules are too many.
    is_lost: bool,
}

/// What a rule says of the calls that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    id: RuleId,
    action: Action,
}

/// A conditional rule in the database, its comparisons in the order of the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    comparisons: Vec<Comparison>,
    verdict: Verdict,
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
    /// The filter answers a call as no rule that matches it says.
    Miscompiled {
        /// The arguments of the call.
        args: [u64; 6],
        /// What the filter answers.
        answer: Action,
    },
    /// What libseccomp makes of the rules is not known to the model.
    Unknown,
    /// The filter may never load the number of the call, since this rule comes first and is for a call that has none.
    NoNumber,
}

/// Why a rule can't be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// A rule that is there has the same condition, or a narrower one, with another action.
    Exists(RuleId),
    /// libseccomp does not return from adding it to those that are there, of which this is one.
    Endless(RuleId),
}

/// As many conditional rules of a call are put into its tree; of more, nothing is claimed.
///
/// That takes the square of their number, and more where they overlap: so many take some ten milliseconds, unless their filter is far too long.
const RULES_OF_A_CALL: usize = 256;

/// Calls that a table of libseccomp's lacks, with the release that brings them; seen in filters that were read back.
const LACKING: [(Arch, &str, (u16, u16, u16)); 1] = [(Arch::X32, "map_shadow_stack", (2, 6, 0))];

impl Database {
    /// The empty database of an arch, in this version of libseccomp; where none is stated, as 2.5.4 has it.
    pub(crate) fn new(arch: Arch, version: Option<Version>) -> Self {
        let is_corrected = version.is_some_and(|version| version.at_least(2, 6, 1));
        let numbers = Syscall::numbers(arch);
        Self {
            arch,
            answers: if is_corrected {
                Answers::Corrected
            } else {
                Answers::Mistaken
            },
            lacking: lacking(arch, version),
            places: Places::new(arch),
            calls: numbers
                .map(|(number, _)| (number, Call::Conditional(None)))
                .collect(),
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
        if self.lacking == Some(call) {
            return Ok(());
        }
        let Ways { own, within } = self.places.of(call);
        if let Some(place) = own {
            let id = id(How::Said);
            let seen = seen_by(self.arch, comparisons.to_vec());
            if seen.is_empty() {
                self.add_always(place, Verdict { id, action });
            } else {
                self.add_conditional(place, seen, Verdict { id, action })?;
            }
        } else if may_miss_the_number(self.arch) && goes_through_another(call) {
            self.without_number = Some(id(How::Said));
        }
        if let Some(within) = within {
            let id = id(How::Multiplexed);
            let seen = seen_by(self.arch, within.comparisons(comparisons));
            self.add_conditional(within.place, seen, Verdict { id, action })?;
        }
        Ok(())
    }

    fn add_always(&mut self, place: u16, verdict: Verdict) {
        let (number, call) = &mut self.calls[usize::from(place)];
        match call {
            Call::Conditional(None) => *call = Call::Always(verdict),
            Call::Always(first) => {
                let event = lost(What::Second, *number, verdict, *first);
                self.events.extend(event);
            }
            Call::Conditional(Some(conditions)) => {
                let lines = conditions.lines.iter();
                let event = |line: &Line| lost(What::Swallowed, *number, line.verdict, verdict);
                self.events.extend(lines.filter_map(event));
                *call = Call::Always(verdict);
            }
        }
    }

    fn add_conditional(
        &mut self,
        place: u16,
        comparisons: Vec<Comparison>,
        verdict: Verdict,
    ) -> Result<(), Rejection> {
        let (number, call) = &mut self.calls[usize::from(place)];
        let conditions = match call {
            Call::Conditional(conditions) => conditions.get_or_insert_default(),
            Call::Always(first) => {
                let event = lost(What::Swallowed, *number, verdict, *first);
                self.events.extend(event);
                return Ok(());
            }
        };
        let line = Line {
            comparisons,
            verdict,
        };
        let is_in = conditions.add(self.arch, self.answers, &line)?;
        if !is_in && let Some(broader) = conditions.broader(&line) {
            let event = lost(What::Shadowed, *number, verdict, broader.verdict);
            self.events.extend(event);
            return Ok(());
        }
        conditions.lines.push(line);
        Ok(())
    }
}

/// That a rule has lost against another one; nothing where both say the same.
fn lost(what: What, number: u32, loser: Verdict, winner: Verdict) -> Option<Event> {
    (loser.action != winner.action).then_some(Event {
        what,
        number,
        loser: loser.id,
        winner: winner.id,
    })
}

/// The call that a table of libseccomp's is without, though the kernel has it there and the tables of other arches have it.
fn lacking(arch: Arch, version: Option<Version>) -> Option<Syscall> {
    let (_, name, _) = LACKING.into_iter().find(|&(on, _, since)| {
        let (major, minor, patch) = since;
        on == arch && version.is_some_and(|version| !version.at_least(major, minor, patch))
    })?;
    Syscall::by_name(name)
}

/// Whether libseccomp can leave the load of the number out: on x86_64 and x32 it is there already, since x32's are told apart by it.
const fn may_miss_the_number(arch: Arch) -> bool {
    !matches!(arch, Arch::X86_64 | Arch::X32)
}

impl Conditions {
    /// Adds the nodes of a conditional rule; whether some of them are in the tree then.
    fn add(&mut self, arch: Arch, answers: Answers, line: &Line) -> Result<bool, Rejection> {
        self.is_lost |= self.lines.len() >= RULES_OF_A_CALL;
        if self.is_lost {
            return Ok(true);
        }
        let tree = &mut self.tree;
        let before = tree.len();
        let Verdict { id, action } = line.verdict;
        let laid = chain::lay(tree, arch, &line.comparisons, action, id);
        let laid = laid.expect("a conditional rule has a comparison");
        match merge::add(tree, laid, action, answers) {
            Ok(()) => Ok(tree.trim() > before),
            Err(Trouble::Exists(id)) => Err(Rejection::Exists(id)),
            Err(Trouble::Endless) => {
                let other = self
                    .lines
                    .iter()
                    .find(|other| other.shares_a_beginning(line));
                let other = other.or(self.lines.last()).unwrap_or(line);
                Err(Rejection::Endless(other.verdict.id))
            }
            Err(Trouble::Lost) => {
                self.is_lost = true;
                Ok(true)
            }
        }
    }

    /// A rule of which this one has all comparisons.
    fn broader(&self, line: &Line) -> Option<&Line> {
        self.lines.iter().find(|other| line.is_narrower_than(other))
    }
}

impl Line {
    /// Whether it has all comparisons of the other, and perhaps more.
    fn is_narrower_than(&self, other: &Self) -> bool {
        let mut comparisons = other.comparisons.iter();
        other.comparisons.len() <= self.comparisons.len()
            && comparisons.all(|comparison| self.comparisons.contains(comparison))
    }

    fn shares_a_beginning(&self, other: &Self) -> bool {
        self.comparisons.first() == other.comparisons.first()
    }
}

/// Comparisons as libseccomp keeps them: by argument, on an arch of 32 bits cut to that, and the bits outside of a mask dropped.
///
/// A mask without bits compares nothing.
fn seen_by(arch: Arch, mut comparisons: Vec<Comparison>) -> Vec<Comparison> {
    let cut = |value: u64| match arch.bits() {
        32 => value & u64::from(u32::MAX),
        _ => value,
    };
    for Comparison { test, .. } in &mut comparisons {
        *test = test.map(cut);
        if let Test::MaskedEq { mask, value } = test {
            *value &= *mask;
        }
    }
    comparisons.retain(|comparison| !matches!(comparison.test, Test::MaskedEq { mask: 0, .. }));
    comparisons.sort_unstable();
    comparisons
}
