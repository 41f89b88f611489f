//! `callgate explain`: what a profile says on the whole, or to one call and why.
//!
//! Apart from `sim`, which says what without why.

mod call;
mod document;
mod filters;
mod summary;
mod targets;

pub(super) use document::ActionAnswer;

use callgate_engines::Engine;
use clap::Args;
use serde::Serialize;

use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::meaning::LayerOptions;
use crate::question::Question;
use crate::reading::{Reading, TargetOptions};
use crate::render::{Place, Source};
use crate::verb::Format;

/// Explain a profile, or what it says to a call and why
///
/// CALL is a name or a number, with arguments or without: socket, 'socket(AF_X25)', clone CLONE_NEWUSER.
/// Without arguments every answer that the call can get is shown with its condition;
/// with arguments, the one answer, the rules that name the call and do not decide, and what would change it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate explain docker:default
  callgate explain docker:default 'unshare(CLONE_NEWUSER)'
  callgate explain --target docker@28 seccomp.json socket AF_X25 --exit-code
  callgate explain seccomp.json 'personality(8)' --all-targets
  callgate explain seccomp.json 'personality(8)' --path")]
pub(crate) struct Explain {
    /// A profile: a path, `-`, docker:default, pid:N, container:NAME or FILE.bpf
    profile: String,
    /// The call
    call: Option<String>,
    /// Its arguments: numbers, or names of constants with | between; those left out, and *, count as zero
    #[arg(allow_negative_numbers = true)]
    arguments: Vec<String>,
    /// Show what the call gets from every target, the newest of each engine and runtime; --target repeated: from these
    #[arg(long, requires = "call", conflicts_with = "target")]
    all_targets: bool,
    /// Show the instructions that callgate's program takes on the call
    #[arg(long, requires = "call", conflicts_with = "all_targets")]
    path: bool,
    /// End with status 1 unless the call is made (whatever its arguments, where none are given) on the native arch,
    /// or on the first that --arch names
    #[arg(long, requires = "call")]
    exit_code: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    layer: LayerOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// Explains it.
pub(crate) fn run(arguments: &Explain, options: InputOptions) -> Ended {
    let question = arguments
        .call
        .as_deref()
        .map(|call| Question::parse(call, &arguments.arguments).map_err(Failure::input))
        .transpose()?;
    if filters::are_meant(arguments)? {
        if arguments.path {
            return Err(Failure::input(
                "--path is of a document; `callgate dis` shows what a filter in force or in a file does",
            ));
        }
        return filters::run(arguments, question.as_ref(), options);
    }
    let document = Document::read(&arguments.profile, options)?;
    let targets = match arguments.all_targets {
        true => arguments.target.targets_of(&Engine::ALL)?,
        false => arguments.target.targets()?,
    };
    if let (Some(question), [_, _, ..]) = (&question, &targets[..]) {
        if arguments.path {
            return Err(Failure::input("--path is of one target"));
        }
        let made = targets::print(&document, options, &targets, question, arguments.format)?;
        return Ok(arguments.status(made));
    }
    let readings = targets
        .into_iter()
        .map(|target| Reading::of(document.clone(), options, target))
        .collect::<Result<Vec<_>, Failure>>()?;
    let Some(question) = question else {
        summary::print(&readings, arguments.format)?;
        return Ok(Status::Yes);
    };
    let shown = match arguments.path {
        true => call::Shown::Path,
        false => call::Shown::Verdict,
    };
    let made = call::print(&readings[0], &question, shown, arguments.format)?;
    Ok(arguments.status(made))
}

impl Explain {
    fn status(&self, made: Made) -> Status {
        match (self.exit_code, made) {
            (true, Made::Not) => Status::No,
            _ => Status::Yes,
        }
    }
}

/// Whether a call is made, under all circumstances that were asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Always,
    Not,
}

impl Made {
    const fn of(made: bool) -> Self {
        if made { Self::Always } else { Self::Not }
    }
}

/// Who reads, in one line.
fn circumstances(reading: &Reading) -> String {
    let target = &reading.target;
    format!(
        "{target} on {}, caps {}, Linux {}",
        target.native, target.caps, target.kernel
    )
}

/// A rule's place as JSON.
#[derive(Serialize)]
struct RuleAnswer {
    pointer: String,
    file: String,
    #[serde(flatten)]
    place: Place,
}

impl RuleAnswer {
    fn of(reading: &Reading, source: &Source<'_>, rule: callgate_policy::RuleId) -> Self {
        let origin = reading.resolved.origin(rule);
        Self {
            pointer: origin.pointer(),
            file: source.file(origin.name.start).to_owned(),
            place: source.place(origin.name.start),
        }
    }
}
