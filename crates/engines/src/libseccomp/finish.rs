//! The filter of several databases: the rules in an order in which the first that matches answers as the filter does.
//!
//! Apart from the databases, because libseccomp writes all arches into one filter, and a block of one can be shared by another.

use callgate_bpf::MAX_INSNS;
use callgate_policy::{Action, Numbers, Policy, Rule, RuleId, Section};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;

use super::blocks::{Blocks, Target};
use super::equal::is_equal;
use super::meaning::{Exact, exact};
use super::{Call, Database, Event, Line, What};
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
    let mut starts: Vec<Vec<(u32, u32, Option<Target>)>> = Vec::new();
    for database in &databases {
        let calls = database.calls.iter();
        let start = |(&number, call): (&u32, &Call)| {
            let start = match call.is_lost {
                false => blocks.tree(&call.tree).ok(),
                true => None,
            };
            (number, call.tree.size, start)
        };
        starts.push(calls.map(start).collect());
    }
    blocks.lay_out(written_last_first(&databases, &starts, layout));
    let size = size::at_least(&databases, &blocks, default);
    if size > MAX_INSNS {
        return Err(size);
    }
    let mut all = Vec::new();
    for (database, starts) in databases.into_iter().zip(starts) {
        let mut written = Written {
            arch: database.arch,
            events: never_loads_the_number(&database, layout)
                .into_iter()
                .collect(),
            rules: Vec::with_capacity(database.calls.len()),
        };
        written.events.splice(0..0, database.events);
        for ((number, call), (_, _, start)) in database.calls.into_iter().zip(starts) {
            let filter = Filter {
                arch: database.arch,
                number,
                default,
            };
            filter.call(&blocks, start, call, &mut written);
        }
        all.push(written);
    }
    Ok(all)
}

/// Where the calls lead, from the last that is written: x32's are written among those of x86_64, where both are there.
fn written_last_first(
    databases: &[Database],
    starts: &[Vec<(u32, u32, Option<Target>)>],
    layout: Layout,
) -> impl Iterator<Item = Target> {
    let is_pair = |arch| matches!(arch, Arch::X86_64 | Arch::X32);
    let mut sections: Vec<Vec<(u32, u32, Option<Target>)>> = Vec::new();
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
            Layout::Chain => section.sort_by_key(|&(_, size, _)| size),
            Layout::Tree => section.sort_by_key(|&(number, _, _)| std::cmp::Reverse(number)),
        }
    }
    let calls = sections
        .into_iter()
        .rev()
        .flat_map(|section| section.into_iter().rev());
    calls.filter_map(|(_, _, start)| start)
}

/// Whether a call without a number comes first, with whose code the load of the number is left out.
///
/// Calls that are decided without a look at arguments come first, those with a number before the others.
/// On x86_64 and x32 the number is there already, since x32's are told apart by it, and a tree of numbers loads it itself.
fn never_loads_the_number(database: &Database, layout: Layout) -> Option<Event> {
    let id = database.without_number?;
    let has_the_number =
        layout == Layout::Tree || matches!(database.arch, Arch::X86_64 | Arch::X32);
    let mut calls = database.calls.values();
    (!has_the_number && !calls.any(|call| call.always.is_some())).then_some(Event {
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
    fn call(&self, blocks: &Blocks, start: Option<Target>, call: Call, written: &mut Written) {
        if let Some(always) = &call.always {
            written.rules.push(self.rule(always));
            return;
        }
        let mut lines = call.lines;
        order::sort(self.arch, &mut lines);
        let said = |lines: &[Line]| lines.iter().map(|line| self.rule(line)).collect::<Vec<_>>();
        if lines.len() < 2 || order::is_plain(&lines) {
            written.rules.extend(said(&lines));
            return;
        }
        let exact = start.and_then(|start| exact(blocks, self.arch, self.number, start));
        let Some(exact) = exact else {
            let (winner, loser) = (lines[0].id, lines[lines.len() - 1].id);
            written
                .events
                .push(self.event(What::Unknown, loser, winner));
            written.rules.extend(said(&lines));
            return;
        };
        let exact = self.attributed(exact, &lines);
        let filter = self.policy(exact.clone());
        self.overlaps(&filter, &mut lines, &mut written.events);
        let said = said(&lines);
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

    fn rule(&self, line: &Line) -> Rule {
        Rule {
            id: line.id,
            numbers: Numbers::one(self.number),
            comparisons: line.comparisons.clone(),
            action: line.action,
        }
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
            let alike = |line: &&Line| Some(line.action) == rule.action;
            let overlaps = |line: &&Line| {
                let both = [&rule.comparisons[..], &line.comparisons[..]].concat();
                arguments_for(self.arch, &both).is_some()
            };
            let mut alike = lines.iter().filter(alike);
            let found = alike.clone().find(overlaps).or_else(|| alike.next());
            // What gets the default action before other rules are asked comes from all of them.
            found.unwrap_or(&lines[lines.len() - 1]).id
        };
        let rules = exact.into_iter().map(|rule| Rule {
            id: id(&rule),
            numbers: Numbers::one(self.number),
            action: rule.action.unwrap_or(self.default),
            comparisons: rule.comparisons,
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
                if one.action == two.action || order::excludes(one, two) {
                    continue;
                }
                let both = [&one.comparisons[..], &two.comparisons[..]].concat();
                let Some(args) = arguments_for(self.arch, &both) else {
                    continue;
                };
                let answer = self.answer(filter, args);
                let (winner, loser, lost) = match answer {
                    _ if answer == one.action => (one, two, place),
                    _ if answer == two.action => (two, one, at),
                    _ => continue,
                };
                if loser.is_narrower_than(winner) {
                    gone[lost] = true;
                    events.push(self.event(What::Shadowed, loser.id, winner.id));
                } else {
                    events.push(self.event(What::Later(args), loser.id, winner.id));
                }
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
        let mut answers: Vec<Action> = lines.iter().map(|line| line.action).collect();
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
                .filter(|line| is_default || line.action == answer);
            let said = says.map(|line| Rule {
                action: asks(!is_default),
                ..self.rule(line)
            });
            let said = policy(asks(is_default), said.collect());
            let [answered, said] =
                [answered, said].map(|policy| Diagram::of_policy(&policy, BUDGET));
            let args = said.ok()?.looser(&answered.ok()?)?.args;
            let (winner, loser) = (lines[0].id, lines[lines.len() - 1].id);
            let answer = self.answer(filter, args);
            Some(self.event(What::Miscompiled { args, answer }, loser, winner))
        })
    }
}
