//! What a profile says to one call, in words and as JSON.
//!
//! Apart from the summary: here rules have places and reasons.

use std::fmt::Write;

use anstyle::AnsiColor;
use callgate_analyze::{
    Answers, Bystander, Call, Change, Circumstance, Reason, Verdict, answers, comparison,
    comparisons, verdict,
};
use callgate_bpf::{Action, Program, SeccompData};
use callgate_engines::{How, Refusal, Target};
use callgate_policy::{Decision, RuleId};
use callgate_syscalls::{Arch, Syscall};

use super::{Made, circumstances};
use crate::failure::{Failure, Status};
use crate::output;
use crate::question::Question;
use crate::reading::Reading;
use crate::render::Source;
use crate::verb::{Format, compile};
use crate::{annotate, words};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// What becomes of the call, and why.
    Verdict,
    /// And the way through the program.
    Path,
}

/// Prints what becomes of the call.
pub(super) fn print(
    reading: &Reading,
    question: &Question,
    shown: Shown,
    format: Format,
) -> Result<Made, Failure> {
    let arch = main_arch(reading, question)?;
    let nr = question.number(arch).expect("the arch has the call");
    let args = question.arguments(arch).map_err(Failure::input)?;
    let answers = answers(&reading.resolved.policy, arch, nr);
    let is_open = question.is_open() && answers.always().is_none();
    let call = Call {
        arch,
        nr,
        args: args.map(Option::unwrap_or_default),
    };
    let source = Source::of(&reading.document);
    if is_open && shown == Shown::Path {
        return Err(Failure::input(format_args!(
            "the path depends on the arguments of {}, and none are given",
            call.syscall().map_or("the call", Syscall::name)
        )));
    }
    if is_open {
        let page = Page {
            reading,
            source: &source,
            call,
        };
        match format {
            Format::Human => output::answer(&page.of_answers(&answers))?,
            Format::Json => output::document(&page.answers_as_json(&answers))?,
        }
        let all = answers.rules.iter().map(|rule| rule.action);
        return Ok(Made::of(
            all.chain([answers.otherwise]).all(Action::makes_the_call),
        ));
    }
    let verdict = verdict(&reading.profile, &reading.resolved, &reading.target, call);
    let page = Page {
        reading,
        source: &source,
        call,
    };
    let way = match shown {
        Shown::Verdict => None,
        Shown::Path => Some(Way::of(reading, call)?),
    };
    match format {
        Format::Human => {
            let mut text = page.of_verdict(&verdict, question);
            if let Some(way) = way {
                let _ = write!(
                    text,
                    "\n{}",
                    annotate::path(&way.program, arch, &way.places)
                );
            }
            output::answer(&text)?;
        }
        Format::Json => {
            let places = way.map(|way| way.places);
            output::document(&page.verdict_as_json(&verdict, places))?;
        }
    }
    Ok(Made::of(verdict.decision.action.makes_the_call()))
}

/// A program, and the instructions of it that a call takes.
struct Way {
    program: Program,
    places: Vec<usize>,
}

impl Way {
    fn of(reading: &Reading, call: Call) -> Result<Self, Failure> {
        let program = compile::program(reading)?;
        let data = SeccompData {
            nr: call.nr,
            arch: call.arch.audit(),
            instruction_pointer: 0,
            args: call.args,
        };
        let places = callgate_bpf::path(&program, &data);
        Ok(Self { program, places })
    }
}

/// The arch that is asked about: the native one, or the first that `--arch` names and that has the call.
fn main_arch(reading: &Reading, question: &Question) -> Result<Arch, Failure> {
    let sections = reading.resolved.policy.sections().iter();
    arch_of(
        &reading.target,
        question,
        sections.map(|section| section.arch),
    )
}

/// The same where arches that the profile names may be asked about last.
pub(super) fn arch_of(
    target: &Target,
    question: &Question,
    named: impl Iterator<Item = Arch>,
) -> Result<Arch, Failure> {
    let asked = target.arches.clone().unwrap_or_default();
    asked
        .into_iter()
        .chain([target.native])
        .chain(named)
        .map(|arch| question.arch(arch))
        .find(|&arch| question.number(arch).is_some())
        .ok_or_else(|| {
            Failure::new(
                Status::No,
                format_args!(
                    "{} has no such call, nor has any arch that the profile names",
                    target.native
                ),
            )
        })
}

/// What all answers about a call need.
pub(super) struct Page<'p> {
    pub(super) reading: &'p Reading,
    pub(super) source: &'p Source<'p>,
    pub(super) call: Call,
}

impl Page<'_> {
    fn of_verdict(&self, verdict: &Verdict, question: &Question) -> String {
        let action = verdict.decision.action;
        let mut text = String::new();
        let shown = match question.is_open() {
            true => self.open_call(),
            false => self.call.to_string(),
        };
        let _ = writeln!(
            text,
            "{}  {shown}  {}\n",
            painted(action),
            words::action(action, self.call.arch)
        );
        row(
            &mut text,
            "for",
            &format!("{}; {}", self.call.arch, circumstances(self.reading)),
        );
        row(&mut text, "because", &self.because(verdict.decision));
        for bystander in &verdict.bystanders {
            row(&mut text, "rule", &self.bystander(bystander));
        }
        for alike in alike(&verdict.changes) {
            let answer = self.outcome(&alike[0].answer);
            let circumstances = match alike {
                [only] => circumstance(only.circumstance),
                _ => read_by(alike),
            };
            row(&mut text, "change", &format!("{circumstances}: {answer}"));
        }
        let elsewhere: Vec<String> = self
            .elsewhere(question)
            .into_iter()
            .map(|(arch, action)| format!("{arch} {}", words::action(action, arch)))
            .collect();
        if !elsewhere.is_empty() {
            row(&mut text, "also", &elsewhere.join(", "));
        }
        text
    }

    /// Every answer that a call can get, first those that are asked first.
    fn of_answers(&self, answers: &Answers<'_>) -> String {
        let arch = self.call.arch;
        let conditional = answers.rules.iter().map(|rule| {
            let condition = comparisons(arch, self.call.syscall(), &rule.comparisons);
            let place = self.place_of(rule.id);
            (rule.action, format!("where {condition}  ({place})"))
        });
        let otherwise = Decision {
            action: answers.otherwise,
            rule: answers.last.map(|rule| rule.id),
        };
        let otherwise = (
            answers.otherwise,
            format!("otherwise: {}", self.because(otherwise)),
        );
        let rows: Vec<(String, String)> = conditional
            .chain([otherwise])
            .map(|(action, condition)| (words::action(action, arch), condition))
            .collect();
        let width = rows
            .iter()
            .map(|(action, _)| action.len())
            .max()
            .unwrap_or(0);
        let mut text = format!(
            "{}  ({arch}; {})\n\n",
            self.open_call(),
            circumstances(self.reading)
        );
        for (action, condition) in rows {
            let _ = writeln!(text, "  {action:width$}  {condition}");
        }
        text
    }

    /// The call with the names of its parameters.
    fn open_call(&self) -> String {
        match self.call.syscall() {
            Some(call) => {
                let params = call.params_on(self.call.arch).unwrap_or_default();
                let names: Vec<&str> = params.iter().map(|param| param.name).collect();
                format!("{call}({})", names.join(", "))
            }
            None => self.call.nr.to_string(),
        }
    }

    pub(super) fn because(&self, decision: Decision) -> String {
        let policy = &self.reading.resolved.policy;
        let place = self.reading.located(decision, self.call.arch);
        match decision.rule {
            Some(rule) => match self.reading.resolved.origin(rule).how {
                How::Said => format!("this rule says so  ({place})"),
                How::Multiplexed => {
                    format!("a rule for a call that it multiplexes says so  ({place})")
                }
                How::Ceiling => format!(
                    "the engine answers ENOSYS above the newest call that the profile names  ({place})"
                ),
            },
            None if policy.section(self.call.arch).is_none() => {
                format!("the profile does not name {}  ({place})", self.call.arch)
            }
            None => format!("no rule matches, and this is the default  ({place})"),
        }
    }

    pub(super) fn bystander(&self, bystander: &Bystander) -> String {
        let place = self.source.located(bystander.name.start);
        let call = self.call.syscall();
        let reason = match bystander.reason {
            Reason::NeedsCapability(Some(cap)) => format!("needs {cap}"),
            Reason::NeedsCapability(None) => "needs a capability that does not exist".to_owned(),
            Reason::ExcludesCapability(cap) => format!("is not there with {cap}"),
            Reason::OtherArch => "is for machines of another arch".to_owned(),
            Reason::NeedsKernel(release) => format!("needs Linux {release}"),
            Reason::ExcludesKernel(release) => format!("is for kernels before {release}"),
            Reason::Fails(test) => format!(
                "does not match: asks for {}",
                comparison(self.call.arch, call, test)
            ),
            Reason::Later => "matches, and a stricter one goes first".to_owned(),
            Reason::Dropped => "is not used by this engine".to_owned(),
        };
        format!("{place} {reason}")
    }

    fn outcome(&self, answer: &Result<Action, Refusal>) -> String {
        match answer {
            Ok(action) => words::action(*action, self.call.arch),
            Err(refusal) => format!("refused: {refusal}"),
        }
    }

    /// What the call gets on the other arches that the profile names and that have it.
    fn elsewhere(&self, question: &Question) -> Vec<(Arch, Action)> {
        let policy = &self.reading.resolved.policy;
        let others = policy.sections().iter().map(|section| section.arch);
        others
            .filter(|&arch| arch != self.call.arch)
            .filter_map(|arch| {
                let args = question.arguments(arch).ok()?;
                let call = Call {
                    arch,
                    nr: question.number(arch)?,
                    args: args.map(Option::unwrap_or_default),
                };
                Some((arch, policy.decide(&call.data()).action))
            })
            .collect()
    }

    fn place_of(&self, rule: RuleId) -> String {
        self.source
            .located(self.reading.resolved.origin(rule).name.start)
    }
}

/// Whether the call is made, in a word; the colour says no more than the word.
pub(super) fn painted(action: Action) -> String {
    let (word, color) = match action {
        Action::Allow | Action::Log => ("ALLOW", AnsiColor::Green),
        Action::Notify | Action::Trace(_) => ("ASK", AnsiColor::Yellow),
        Action::KillProcess | Action::KillThread | Action::Trap(_) | Action::Errno(_) => {
            ("DENY", AnsiColor::Red)
        }
    };
    let style = color.on_default().bold();
    format!("{style}{word}{style:#}")
}

/// Changes one after the other, those of engines that answer alike together.
fn alike(changes: &[Change]) -> impl Iterator<Item = &[Change]> {
    let is_engine = |change: &Change| matches!(change.circumstance, Circumstance::Engine(_));
    changes
        .chunk_by(move |one, next| is_engine(one) && is_engine(next) && one.answer == next.answer)
}

/// Several engines by their names, which stand for the newest of each.
fn read_by(changes: &[Change]) -> String {
    let names = changes
        .iter()
        .filter_map(|change| match change.circumstance {
            Circumstance::Engine(engine) => Some(engine.name()),
            _ => None,
        });
    format!("read by {}", names.collect::<Vec<_>>().join(", "))
}

pub(super) fn circumstance(circumstance: Circumstance) -> String {
    match circumstance {
        Circumstance::With(cap) => format!("with {cap}"),
        Circumstance::Without(cap) => format!("without {cap}"),
        Circumstance::Kernel(release) => format!("on Linux {release}"),
        Circumstance::Engine(engine) => format!("read by {engine}"),
    }
}

pub(super) fn row(text: &mut String, name: &str, words: &str) {
    let _ = writeln!(text, "  {name:<8} {words}");
}
