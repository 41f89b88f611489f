//! What several targets say to one call: a line a target, and a mark where one answers otherwise than the first.
//!
//! Apart from the answer of one target, which has reasons; here they are held against each other.

use std::fmt::Write;

use callgate_analyze::{Call, answers};
use callgate_bpf::Action;
use callgate_engines::Target;
use callgate_policy::{Numbers, Policy, Rule, RuleId, Section};
use callgate_profile::{Problem, Severity};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};
use serde::Serialize;

use super::call::arch_of;
use super::{ActionAnswer, Made};
use crate::failure::Failure;
use crate::input::{Document, InputOptions};
use crate::question::Question;
use crate::reading::{self, Examined};
use crate::verb::Format;
use crate::{output, words};

/// Prints what becomes of the call under each target.
pub(super) fn print(
    document: &Document,
    options: InputOptions,
    targets: &[Target],
    question: &Question,
    format: Format,
) -> Result<Made, Failure> {
    let native = targets.iter().map(|target| target.native);
    let arch = arch_of(&targets[0], question, native)?;
    let nr = question.number(arch).expect("the arch has the call");
    let args = question.arguments(arch).map_err(Failure::input)?;
    let asked = Asked {
        call: Call {
            arch,
            nr,
            args: args.map(Option::unwrap_or_default),
        },
        is_open: question.is_open(),
    };
    let said: Vec<Said> = targets
        .iter()
        .map(|target| asked.said(reading::examine(document, options, target)))
        .collect();
    let lines: Vec<Line<'_>> = targets
        .iter()
        .zip(&said)
        .map(|(target, says)| Line {
            target,
            says,
            differs: *says != said[0],
        })
        .collect();
    match format {
        Format::Human => output::answer(&asked.page(&lines))?,
        Format::Json => output::document(&asked.document(&lines))?,
    }
    let made = |says: &Said| match says {
        Said::Meaning { actions, .. } => actions.iter().all(|action| action.makes_the_call()),
        Said::Refused(_) => false,
    };
    Ok(Made::of(said.iter().all(made)))
}

/// The call, and whether all of its arguments are meant.
struct Asked {
    call: Call,
    is_open: bool,
}

/// What a target says to it.
#[derive(PartialEq, Eq)]
enum Said {
    Meaning {
        /// What it can get, each once, in the order in which it is asked for.
        actions: Vec<Action>,
        /// With which arguments it gets which; none where that took too long.
        exactly: Option<Diagram>,
    },
    /// The document means nothing for the target, for this reason.
    Refused(String),
}

struct Line<'s> {
    target: &'s Target,
    says: &'s Said,
    differs: bool,
}

impl Asked {
    fn said(&self, examined: Examined) -> Said {
        let Some((_, resolved)) = examined.meaning else {
            let is_error = |problem: &&Problem| problem.severity == Severity::Error;
            let first = examined.problems.iter().find(is_error);
            let reason = first.map_or("it has no meaning", |problem| &problem.message);
            return Said::Refused(reason.to_owned());
        };
        let policy = &resolved.policy;
        if !self.is_open {
            return Said::Meaning {
                actions: vec![policy.decide(&self.call.data()).action],
                exactly: None,
            };
        }
        let answers = answers(policy, self.call.arch, self.call.nr);
        let all = answers.rules.iter().map(|rule| rule.action);
        let mut actions = Vec::new();
        for action in all.chain([answers.otherwise]) {
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
        actions.sort_unstable();
        let alone = alone(policy, self.call.arch, self.call.nr);
        Said::Meaning {
            actions,
            exactly: Diagram::of_policy(&alone, Budget::default()).ok(),
        }
    }

    fn page(&self, lines: &[Line<'_>]) -> String {
        let arch = self.call.arch;
        let shown = match (self.is_open, self.call.syscall()) {
            (true, Some(call)) => call.name().to_owned(),
            _ => self.call.to_string(),
        };
        let target = lines[0].target;
        let mut text = format!(
            "{shown}  ({arch}; on {}, caps {}, Linux {})\n\n",
            target.native, target.caps, target.kernel
        );
        let rows: Vec<(String, String)> = lines
            .iter()
            .map(|line| (line.target.to_string(), self.words(line.says)))
            .collect();
        let width = rows.iter().map(|(target, _)| target.len()).max();
        let width = width.unwrap_or(0);
        for (line, (target, words)) in lines.iter().zip(rows) {
            let mark = if line.differs { "!" } else { " " };
            let _ = writeln!(text, "{mark} {target:width$}  {words}");
        }
        let different = lines.iter().filter(|line| line.differs).count();
        let _ = match different {
            0 => writeln!(text, "\nall {} answer alike", lines.len()),
            _ => writeln!(
                text,
                "\n! {different} of {} answer otherwise than {}",
                lines.len(),
                target
            ),
        };
        text
    }

    fn words(&self, says: &Said) -> String {
        match says {
            Said::Refused(reason) => format!("refused: {reason}"),
            Said::Meaning { actions, .. } => {
                let words = actions
                    .iter()
                    .map(|&action| words::action(action, self.call.arch));
                let words: Vec<String> = words.collect();
                match words.len() {
                    1 => words[0].clone(),
                    _ => format!("{}, by its arguments", words.join(" or ")),
                }
            }
        }
    }

    fn document<'s>(&self, lines: &[Line<'s>]) -> Answer<'s> {
        let targets = lines.iter().map(|line| TargetAnswer {
            target: line.target.to_string(),
            differs: line.differs,
            answers: match line.says {
                Said::Meaning { actions, .. } => {
                    actions.iter().copied().map(ActionAnswer::of).collect()
                }
                Said::Refused(_) => Vec::new(),
            },
            refusal: match line.says {
                Said::Refused(reason) => Some(reason),
                Said::Meaning { .. } => None,
            },
        });
        Answer {
            schema: "callgate/targets/v1",
            arch: self.call.arch.name(),
            name: self.call.syscall().map(Syscall::name),
            nr: self.call.nr,
            args: (!self.is_open).then_some(self.call.args),
            targets: targets.collect(),
        }
    }
}

/// A policy about one number alone, so that two of them are equal if they say the same to it.
fn alone(policy: &Policy, arch: Arch, nr: u32) -> Policy {
    let (rules, otherwise) = policy.rules_of(arch);
    let numbers = Numbers::one(nr);
    let about = rules.iter().filter(|rule| rule.numbers.contain(nr));
    let about = about.map(|rule| Rule {
        numbers,
        ..rule.clone()
    });
    let last = Rule {
        id: RuleId(u32::MAX),
        numbers,
        comparisons: Vec::new(),
        action: otherwise,
    };
    let section = Section {
        arch,
        rules: about.chain([last]).collect(),
    };
    Policy::new(Action::Allow, Action::Allow, vec![section]).expect("one section")
}

/// The JSON document.
#[derive(Serialize)]
struct Answer<'s> {
    schema: &'static str,
    arch: &'static str,
    name: Option<&'static str>,
    nr: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<[u64; 6]>,
    targets: Vec<TargetAnswer<'s>>,
}

#[derive(Serialize)]
struct TargetAnswer<'s> {
    target: String,
    differs: bool,
    answers: Vec<ActionAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'s str>,
}
