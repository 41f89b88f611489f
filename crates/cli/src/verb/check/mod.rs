//! `callgate check`: everything that is wrong with some profiles, at once and with its place.
//!
//! Apart from the other readers of profiles: here the problems are the answer, so they go to standard output.

mod find;
mod found;
mod github;
mod human;
mod json;
mod junit;
mod known;
mod readers;
mod sarif;
mod selection;

use std::path::PathBuf;

use callgate_analyze::Context;
use clap::{Args, ValueEnum};

use self::found::Checked;
use self::known::Known;
use self::readers::Readers;
use self::selection::Selection;
use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::output;
use crate::reading::TargetOptions;
use crate::render::Source;

/// Check profiles: every problem at once, with its place
///
/// Reads each profile as the target would, or as each of several, and says what is wrong and what is odd.
/// Where no target is named, a profile is read as Docker and containerd do, an OCI config.json as runc and crun do, and a
/// profile with actions of its own as callgate does.
/// Of a folder, every *.json file that has a "defaultAction" is taken, and those in its folders.
/// `callgate rule CODE` is the page about a problem.
/// Exit status 1: there are errors (see --fail-on); 2: a file could not be read.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate check .
  callgate check --target docker@28 --target podman seccomp.json
  callgate check --context sandbox --fail-on warning seccomp.json
  callgate check --write-baseline known.json . && callgate check --baseline known.json .
  callgate check --format jsonl profiles/ | jq -r .code | sort | uniq -c")]
pub(crate) struct Check {
    /// Profiles or folders of them, or `-`
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// How to print the problems; jsonl is an object a problem
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ListFormat,
    /// Where the profiles are used, which decides what is out of the ordinary: container, host, service or sandbox
    #[arg(long, value_name = "CONTEXT", default_value = "container")]
    context: Context,
    /// Tell only what is not in this file of known problems
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write a file of the problems that are there now, for --baseline, and tell none
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    target: TargetOptions,
}

/// How to print a list of problems: in rustc's look, as a JSON document with its "schema", an object a line, or as other tools read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Human,
    Json,
    Jsonl,
    Sarif,
    Github,
    Junit,
}

/// Checks them all.
pub(crate) fn run(arguments: &Check, options: InputOptions) -> Ended {
    let known = arguments.baseline.as_deref().map(Known::read).transpose()?;
    let (files, mut unreadable) = find::files(&arguments.paths, options);
    let mut documents = Vec::new();
    for file in files {
        match Document::read(&file, options) {
            Ok(document) => documents.push(document),
            Err(failure) => unreadable.push(failure),
        }
    }
    let readers = Readers::of(&arguments.target, arguments.context, &documents)?;
    let mut checked = readers.check(documents, options, &arguments.selection);
    if let Some(path) = &arguments.write_baseline {
        let documents: Vec<Document> = checked.iter().map(|each| each.document.clone()).collect();
        let sources: Vec<Source<'_>> = documents.iter().map(Source::of).collect();
        Known::of(&checked, &sources).write(path)?;
        return ended(unreadable, Status::Yes);
    }
    if let Some(known) = &known {
        checked.iter_mut().for_each(|each| leave_out(each, known));
    }
    let sources: Vec<Source<'_>> = checked
        .iter()
        .map(|checked| Source::of(&checked.document))
        .collect();
    let (checked, sources) = (&checked[..], &sources[..]);
    match arguments.format {
        ListFormat::Human => output::answer(&human::page(checked, sources))?,
        ListFormat::Json => output::document(&json::Answer::of(checked, sources))?,
        ListFormat::Jsonl => output::answer(&json::lines(checked, sources))?,
        ListFormat::Sarif => output::document(&sarif::document(checked, sources))?,
        ListFormat::Github => output::answer(&github::commands(checked, sources))?,
        ListFormat::Junit => {
            output::answer(&junit::document(checked, sources, &arguments.selection))?;
        }
    }
    let mut problems = checked.iter().flat_map(|checked| &checked.problems);
    let fails = problems.any(|problem| arguments.selection.fails(problem.severity));
    ended(unreadable, if fails { Status::No } else { Status::Yes })
}

/// Takes the known problems out.
fn leave_out(checked: &mut Checked, known: &Known) {
    let source = Source::of(&checked.document);
    let mut new = known.are_new(&source, &checked.problems).into_iter();
    let before = checked.problems.len();
    checked.problems.retain(|_| new.next().unwrap_or(true));
    checked.known = before - checked.problems.len();
}

/// The status, unless something could not be read.
fn ended(unreadable: Vec<Failure>, status: Status) -> Ended {
    for failure in &unreadable {
        failure.tell();
    }
    match unreadable.is_empty() {
        true => Ok(status),
        false => Err(Failure::told(Status::Meaningless)),
    }
}
