//! The filter of several databases: the rules in an order in which the first that matches answers as the filter does.
//!
//! Apart from the databases, because libseccomp writes all arches into one filter, and a block of one can be shared by another.

use callgate_bpf::MAX_INSNS;
use callgate_policy::{Action, Comparison, Numbers, Policy, Rule, RuleId, Section};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;

use super::blocks::{Blocks, Target};
use super::equal::is_equal;
use super::meaning::{Exact, exact};
use super::{Call, Database, Event, Line, Verdict, What};
use super::{order, size};
use crate::satisfy::arguments_for;

/// In which order libseccomp writes the calls of an arch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Those with the fewest nodes first.
    Chain,
    /// As a tree of numbers (`SCMP_FLTATR_CTL_OPTIMIZE` is 2).
    Tree,
}

/// The rules of an arch in the order in which the filter checks them, and what its author may not expect.
pub(crate) struct Written {
    pub(crate) arch: Arch,
    pub(crate) rules: Vec<Rule>,
    pub(crate) events: Vec<Event>,
}

/// How much work goes into finding out whether a list of rules answers as the filter of one call.
const BUDGET: Budget = Budget { nodes: 1 << 17 };

/// As many rules of a call as are looked at pair by pair.
const RULES_OF_A_CALL: usize = 300;

/// Where the code of a call begins, if it looks at arguments.
#[derive(Clone, Copy)]
struct Start {
    number: u32,
    /// As many nodes as libseccomp believes there are.
    size: u32,
    /// None where what libseccomp does is not known.
    target: Option<Target>,
}

/// The filter that libseccomp writes.
///
/// # Errors
/// It has at least so many instructions, which are more than the kernel takes.
pub(crate) fn finish(
    databases: Vec<Database>,
    default: Action,
    layout: Layout,
) -> Result<Vec<Written>, usize> {
    let mut blocks = Blocks::default();
    let starts: Vec<Vec<Start>> = databases
        .iter()
        .map(|database| starts(database, &mut blocks))
        .collect();
    blocks.lay_out(written_last_first(&databases, &starts, layout));
    let size = size::at_least(&databases, &blocks, default);
    if size > MAX_INSNS {
        return Err(size);
    }
    let mut all = Vec::with_capacity(databases.len());
    for (database, starts) in databases.into_iter().zip(starts) {
        let unloaded = never_loads_the_number(&database, layout);
        let mut written = Written {
            arch: database.arch,
            events: database.events,
            rules: Vec::with_capacity(database.calls.len()),
        };
        written.events.extend(unloaded);
        let mut starts = starts.into_iter();
        for (number, call) in database.calls {
            let filter = Filter {
                arch: database.arch,
                number,
                default,
            };
            match call {
                Call::Conditional(None) => {}
                Call::Always(verdict) => written.rules.push(filter.rule(verdict, Vec::new())),
                Call::Conditional(Some(conditions)) => {
                    let start = starts.next().and_then(|start| start.target);
                    filter.call(&blocks, start, conditions.lines, &mut written);
                }
            }
        }
        all.push(written);
    }
    Ok(all)
}

/// Where the conditional rules of each call begin, in the order of the numbers.
fn starts(database: &Database, blocks: &mut Blocks) -> Vec<Start> {
    let start = |(number, call): &(u32, Call)| match call {
        Call::Conditional(Some(conditions)) => Some(Start {
            number: *number,
            size: conditions.tree.size,
            target: match conditions.is_lost {
                false => blocks.tree(&conditions.tree).ok(),
                true => None,
            },
        }),
        Call::Always(_) | Call::Conditional(None) => None,
    };
    database.calls.iter().filter_map(start).collect()
}

/// Where the calls lead, from the last that is written: x32's are written among those of x86_64, where both are there.
fn written_last_first(
    databases: &[Database],
    starts: &[Vec<Start>],
    layout: Layout,
) -> impl Iterator<Item = Target> {
    let is_pair = |arch| matches!(arch, Arch::X86_64 | Arch::X32);
    let mut sections: Vec<Vec<Start>> = Vec::new();
    let mut pair = None;
    for (database, starts) in databases.iter().zip(starts) {
        match pair {
            Some(place) if is_pair(database.arch) => {
                let section: &mut Vec<_> = &mut sections[place];
                section.extend(starts);
            }
            _ => {
                if is_pair(database.arch) {
                    pair = Some(sections.len());
                }
                sections.push(starts.clone());
            }
        }
    }
    for section in &mut sections {
        match layout {
            Layout::Chain => section.sort_by_key(|start| start.size),
            Layout::Tree => section.sort_by_key(|start| std::cmp::Reverse(start.number)),
        }
    }
    let calls = sections
        .into_iter()
        .rev()
        .flat_map(|section| section.into_iter().rev());
    calls.filter_map(|start| start.target)
}

/// Whether a call without a number comes first, with whose code the load of the number is left out.
///
/// Calls that are decided without a look at arguments come first, those with a number before the others.
/// A tree of numbers loads the number itself.
fn never_loads_the_number(database: &Database, layout: Layout) -> Option<Event> {
    let id = database.without_number?;
    let is_first = || {
        let mut calls = database.calls.iter();
        !calls.any(|(_, call)| matches!(call, Call::Always(_)))
    };
    (layout == Layout::Chain && is_first()).then_some(Event {
        what: What::NoNumber,
        number: 0,
        loser: id,
        winner: id,
    })
}

/// The part of a filter that is about one call.
struct Filter {
    arch: Arch,
    number: u32,
    default: Action,
}

impl Filter {
    fn call(
        &self,
        blocks: &Blocks,
        start: Option<Target>,
        mut lines: Vec<Line>,
        written: &mut Written,
    ) {
        order::sort(self.arch, &mut lines);
        if lines.len() < 2 || order::is_plain(&lines) {
            written.rules.extend(self.said(lines));
            return;
        }
        let exact = start.and_then(|start| exact(blocks, self.arch, self.number, start));
        let Some(exact) = exact else {
            let (winner, loser) = ends(&lines);
            written
                .events
                .push(self.event(What::Unknown, loser, winner));
            written.rules.extend(self.said(lines));
            return;
        };
        let exact = self.attributed(exact, &lines);
        let filter = self.policy(exact.clone());
        self.overlaps(&filter, &mut lines, &mut written.events);
        let said: Vec<Rule> = self.said(lines.clone()).collect();
        let alike = self.policy(said.clone());
        if is_equal(self.arch, self.number, &alike, &filter, BUDGET) {
            written.rules.extend(said);
            return;
        }
        written
            .events
            .extend(self.miscompiled(&filter, &exact, &lines));
        written.rules.extend(exact);
    }

    fn rule(&self, Verdict { id, action }: Verdict, comparisons: Vec<Comparison>) -> Rule {
        Rule {
            id,
            numbers: Numbers::one(self.number),
            comparisons,
            action,
        }
    }

    fn said(&self, lines: Vec<Line>) -> impl Iterator<Item = Rule> {
        let lines = lines.into_iter();
        lines.map(|line| self.rule(line.verdict, line.comparisons))
    }

    const fn event(&self, what: What, loser: RuleId, winner: RuleId) -> Event {
        Event {
            what,
            number: self.number,
            loser,
            winner,
        }
    }

    fn policy(&self, rules: Vec<Rule>) -> Policy {
        let section = Section {
            arch: self.arch,
            rules,
        };
        Policy::new(self.default, Action::KillThread, vec![section]).expect("one section")
    }

    /// The filter's rules with the rule of the document that each comes from: one of its action that can match with it, else any.
    fn attributed(&self, exact: Vec<Exact>, lines: &[Line]) -> Vec<Rule> {
        let id = |rule: &Exact| {
            let alike = |line: &&Line| Some(line.verdict.action) == rule.action;
            let overlaps = |line: &&Line| {
                let both = [&rule.comparisons[..], &line.comparisons[..]].concat();
                arguments_for(self.arch, &both).is_some()
            };
            let mut alike = lines.iter().filter(alike);
            let found = alike.clone().find(overlaps).or_else(|| alike.next());
            // What gets the default action before other rules are asked comes from all of them.
            found.unwrap_or(&lines[lines.len() - 1]).verdict.id
        };
        let rules = exact.into_iter().map(|rule| {
            let verdict = Verdict {
                id: id(&rule),
                action: rule.action.unwrap_or(self.default),
            };
            self.rule(verdict, rule.comparisons)
        });
        rules.collect()
    }

    /// Pairs of rules that both match a call: which of them has it, and, where one is broader, that the other is gone.
    fn overlaps(&self, filter: &Policy, lines: &mut Vec<Line>, events: &mut Vec<Event>) {
        if lines.len() > RULES_OF_A_CALL {
            return;
        }
        let mut gone = vec![false; lines.len()];
        for (at, one) in lines.iter().enumerate() {
            for (place, two) in lines.iter().enumerate().skip(at + 1) {
                let actions = [one, two].map(|line| line.verdict.action);
                if actions[0] == actions[1] || order::excludes(one, two) {
                    continue;
                }
                let both = [&one.comparisons[..], &two.comparisons[..]].concat();
                let Some(args) = arguments_for(self.arch, &both) else {
                    continue;
                };
                let answer = self.answer(filter, args);
                let (winner, loser, lost) = match actions.map(|action| action == answer) {
                    [true, _] => (one, two, place),
                    [_, true] => (two, one, at),
                    _ => continue,
                };
                let what = if loser.is_narrower_than(winner) {
                    gone[lost] = true;
                    What::Shadowed
                } else {
                    What::Later(args)
                };
                events.push(self.event(what, loser.verdict.id, winner.verdict.id));
            }
        }
        let mut gone = gone.into_iter();
        lines.retain(|_| !gone.next().unwrap_or(false));
    }

    fn answer(&self, filter: &Policy, args: [u64; 6]) -> Action {
        let call = callgate_policy::SeccompData {
            nr: self.number,
            arch: self.arch.audit(),
            instruction_pointer: 0,
            args,
        };
        filter.decide(&call).action
    }

    /// A call that the filter answers as no rule that matches it says.
    fn miscompiled(&self, filter: &Policy, exact: &[Rule], lines: &[Line]) -> Option<Event> {
        let mut answers: Vec<Action> = lines.iter().map(|line| line.verdict.action).collect();
        answers.sort_unstable();
        answers.dedup();
        answers.insert(0, self.default);
        let yes = Action::KillProcess;
        let asks = |is: bool| if is { yes } else { Action::Allow };
        let policy = |default, rules| {
            let section = Section {
                arch: self.arch,
                rules,
            };
            Policy::new(default, Action::Allow, vec![section]).expect("one section")
        };
        answers.into_iter().find_map(|answer| {
            let is_default = answer == self.default;
            // Where the filter answers so, and where some rule says it, or none matches.
            let relabelled = exact.iter().map(|rule| Rule {
                action: asks(rule.action == answer),
                ..rule.clone()
            });
            let answered = policy(asks(is_default), relabelled.collect());
            let says = lines
                .iter()
                .filter(|line| is_default || line.verdict.action == answer);
            let said = says.map(|line| {
                let action = asks(!is_default);
                let id = line.verdict.id;
                self.rule(Verdict { id, action }, line.comparisons.clone())
            });
            let said = policy(asks(is_default), said.collect());
            let [answered, said] =
                [answered, said].map(|policy| Diagram::of_policy(&policy, BUDGET));
            let args = said.ok()?.looser(&answered.ok()?)?.args;
            let (winner, loser) = ends(lines);
            let answer = self.answer(filter, args);
            Some(self.event(What::Miscompiled { args, answer }, loser, winner))
        })
    }
}

/// The rules that are checked first and last.
fn ends(lines: &[Line]) -> (RuleId, RuleId) {
    (lines[0].verdict.id, lines[lines.len() - 1].verdict.id)
}
