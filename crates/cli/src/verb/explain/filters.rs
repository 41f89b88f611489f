//! What filters say that are no document, or several: programs, processes, containers, and layers above a profile.
//!
//! Apart from a document's explanation, because here no rule has a place: the reason is which filter's answer counts.

use std::fmt::Write;

use callgate_analyze::{Answers, Call, answers, comparisons, rules};
use callgate_bpf::Action;
use callgate_policy::Policy;
use callgate_prove::Budget;
use callgate_syscalls::{Arch, Syscall};
use serde::Serialize;

use super::call::{painted, row};
use super::{ActionAnswer, Explain};
use crate::failure::{Ended, Failure, Status};
use crate::filter::Filter;
use crate::input::{self, InputOptions};
use crate::meaning::Meaning;
use crate::question::Question;
use crate::verb::Format;
use crate::{output, words};

/// Whether something else than one document is asked about.
pub(super) fn are_meant(arguments: &Explain) -> Result<bool, Failure> {
    Ok(input::names_a_program(&arguments.profile)
        || input::names_what_lives(&arguments.profile)?.is_some()
        || !arguments.layer.layers.is_empty())
}

/// Explains them.
pub(super) fn run(
    arguments: &Explain,
    question: Option<&Question>,
    options: InputOptions,
) -> Ended {
    let target = &arguments.target;
    let filter = Filter::read(&arguments.profile, &arguments.layer, options, target)?;
    let diagram = filter.diagram(Budget::default())?;
    let policy = rules::policy(&diagram, MOST_RULES)
        .map_err(|reason| Failure::input(format_args!("{}: {reason}", filter.name)))?;
    let Some(question) = question else {
        let summary = Summary::of(&filter, &policy);
        match arguments.format {
            Format::Human => output::answer(&summary.page(&filter))?,
            Format::Json => output::document(&summary)?,
        }
        return Ok(Status::Yes);
    };
    let arches = target.arches_of_a_program()?;
    let arch = arches
        .into_iter()
        .map(|arch| question.arch(arch))
        .find(|&arch| question.number(arch).is_some())
        .ok_or_else(|| Failure::new(Status::No, "no arch that was asked for has such a call"))?;
    let nr = question.number(arch).expect("the arch has the call");
    let args = question.arguments(arch).map_err(Failure::input)?;
    let call = Call {
        arch,
        nr,
        args: args.map(Option::unwrap_or_default),
    };
    let said = answers(&policy, arch, nr);
    let made = if question.is_open() && said.always().is_none() {
        let listed = Listed::of(&filter, call, &said);
        match arguments.format {
            Format::Human => output::answer(&listed.page(arch))?,
            Format::Json => output::document(&listed)?,
        }
        let all = said.rules.iter().map(|rule| rule.action);
        all.chain([said.otherwise]).all(Action::makes_the_call)
    } else {
        let action = filter.answer(&call.data());
        match arguments.format {
            Format::Human => output::answer(&verdict(&filter, call, action))?,
            Format::Json => output::document(&Verdict::of(&filter, call, action))?,
        }
        action.makes_the_call()
    };
    Ok(match (arguments.exit_code, made) {
        (true, false) => Status::No,
        _ => Status::Yes,
    })
}

/// The most rules that a meaning is listed as.
const MOST_RULES: usize = 1 << 16;

fn verdict(filter: &Filter, call: Call, action: Action) -> String {
    let mut text = format!(
        "{}  {call}  {}\n\n",
        painted(action),
        words::action(action, call.arch)
    );
    row(&mut text, "for", call.arch.name());
    let counting = filter.place(&call.data());
    row(&mut text, "because", &counting);
    if let [_, _, ..] = filter.layers() {
        for layer in filter.layers() {
            let answer = words::action(layer.answer(&call.data()), call.arch);
            row(&mut text, "filter", &format!("{}: {answer}", layer.name));
        }
    }
    text
}

/// The verdict on one call as JSON.
#[derive(Serialize)]
struct Verdict<'f> {
    schema: &'static str,
    arch: &'static str,
    call: String,
    nr: u32,
    args: [u64; 6],
    #[serde(flatten)]
    answer: ActionAnswer,
    filters: Vec<LayerAnswer<'f>>,
}

/// What one filter answers.
#[derive(Serialize)]
struct LayerAnswer<'f> {
    name: &'f str,
    #[serde(flatten)]
    answer: ActionAnswer,
}

impl<'f> Verdict<'f> {
    fn of(filter: &'f Filter, call: Call, action: Action) -> Self {
        let layers = filter.layers().iter();
        Self {
            schema: "callgate/filters-verdict/v1",
            arch: call.arch.name(),
            call: call.to_string(),
            nr: call.nr,
            args: call.args,
            answer: ActionAnswer::of(action),
            filters: layers
                .map(|layer| LayerAnswer {
                    name: &layer.name,
                    answer: ActionAnswer::of(layer.answer(&call.data())),
                })
                .collect(),
        }
    }
}

/// Every answer that a call can get, as JSON.
#[derive(Serialize)]
struct Listed<'f> {
    schema: &'static str,
    filter: &'f str,
    arch: &'static str,
    name: Option<&'static str>,
    nr: u32,
    answers: Vec<Conditional>,
}

#[derive(Serialize)]
struct Conditional {
    condition: Option<String>,
    #[serde(flatten)]
    answer: ActionAnswer,
    #[serde(skip)]
    action: Action,
}

impl<'f> Listed<'f> {
    fn of(filter: &'f Filter, call: Call, said: &Answers<'_>) -> Self {
        let conditional = |condition, action| Conditional {
            condition,
            answer: ActionAnswer::of(action),
            action,
        };
        let rules = said.rules.iter().map(|rule| {
            let condition = comparisons(call.arch, call.syscall(), &rule.comparisons);
            conditional(Some(condition), rule.action)
        });
        Self {
            schema: "callgate/filters-answers/v1",
            filter: &filter.name,
            arch: call.arch.name(),
            name: call.syscall().map(Syscall::name),
            nr: call.nr,
            answers: rules.chain([conditional(None, said.otherwise)]).collect(),
        }
    }

    fn page(&self, arch: Arch) -> String {
        let name = self.name.map_or(self.nr.to_string(), str::to_owned);
        let mut text = format!("{name}  ({arch}; {})\n\n", self.filter);
        let said = |each: &Conditional| words::action(each.action, arch);
        let width = self.answers.iter().map(|each| said(each).len()).max();
        let width = width.unwrap_or(0);
        for each in &self.answers {
            let condition = match &each.condition {
                Some(condition) => format!("where {condition}"),
                None => "otherwise".to_owned(),
            };
            let _ = writeln!(text, "  {:width$}  {condition}", said(each));
        }
        text
    }
}

/// What filters say on the whole.
#[derive(Serialize)]
struct Summary<'f> {
    schema: &'static str,
    filters: Vec<Part<'f>>,
    other_arches: ActionAnswer,
    arches: Vec<ArchSummary>,
}

#[derive(Serialize)]
struct Part<'f> {
    name: &'f str,
    /// None of a profile.
    instructions: Option<usize>,
}

#[derive(Serialize)]
struct ArchSummary {
    arch: &'static str,
    known: usize,
    allowed: usize,
    partly: Vec<&'static str>,
    denied: usize,
}

impl<'f> Summary<'f> {
    fn of(filter: &'f Filter, policy: &Policy) -> Self {
        let layers = filter.layers().iter();
        Self {
            schema: "callgate/filters/v1",
            filters: layers
                .map(|layer| Part {
                    name: &layer.name,
                    instructions: match &layer.meaning {
                        Meaning::Program(program) => Some(program.len()),
                        Meaning::Policy(_) | Meaning::Stack(_) => None,
                    },
                })
                .collect(),
            other_arches: ActionAnswer::of(policy.bad_arch()),
            arches: policy
                .sections()
                .iter()
                .map(|section| ArchSummary::of(policy, section.arch))
                .collect(),
        }
    }

    fn page(&self, filter: &Filter) -> String {
        let mut text = format!("{}\n\n", filter.name);
        for part in &self.filters {
            let size = match part.instructions {
                Some(count) => format!("{}: {count} instructions", part.name),
                None => part.name.to_owned(),
            };
            row(&mut text, "filter", &size);
        }
        for arch in &self.arches {
            let mut said = format!("allows {} of {} calls", arch.allowed, arch.known);
            if !arch.partly.is_empty() {
                let _ = write!(said, ", with some arguments {}", arch.partly.join(" "));
            }
            row(&mut text, arch.arch, &said);
        }
        row(&mut text, "others", self.other_arches.name());
        text
    }
}

impl ArchSummary {
    fn of(policy: &Policy, arch: Arch) -> Self {
        let mut summary = Self {
            arch: arch.name(),
            known: 0,
            allowed: 0,
            partly: Vec::new(),
            denied: 0,
        };
        for (nr, call) in Syscall::numbers(arch) {
            let said = answers(policy, arch, nr);
            let all = said.rules.iter().map(|rule| rule.action);
            let mut all = all.chain([said.otherwise]).map(Action::makes_the_call);
            summary.known += 1;
            match (said.may_make_the_call(), all.all(|made| made)) {
                (_, true) => summary.allowed += 1,
                (true, false) => summary.partly.push(call.name()),
                (false, false) => summary.denied += 1,
            }
        }
        summary
    }
}
