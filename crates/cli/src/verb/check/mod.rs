//! `callgate check`: everything that is wrong with some profiles, at once and with its place.
//!
//! Apart from the other readers of profiles: here the problems are the answer, so they go to standard output.

mod config;
mod extending;
mod find;
mod fix;
mod found;
mod github;
mod human;
mod json;
mod junit;
mod known;
mod length;
mod look;
mod manifest;
mod readers;
mod sarif;
mod selection;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use callgate_analyze::Context;
use clap::{Args, ValueEnum};

use self::fix::Make;
use self::found::Checked;
use self::known::Known;
pub(crate) use self::look::{Inner, Look, Looks};
use self::readers::Readers;
use self::selection::Selection;
use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::output;
use crate::reading::TargetOptions;
use crate::render::Source;
use crate::words;

/// Check profiles: every problem at once, with its place
///
/// Reads each profile as the target would, or as each of several, and says what is wrong and what is odd.
/// Where no target is named, a profile is read as Docker and containerd do, an OCI config.json as runc and crun do, and a
/// profile with actions of its own as callgate does.
/// Of a folder, every *.json file that has a "defaultAction" is taken, every YAML file that has a SeccompProfile or names a
/// profile (compose files, pods), with the profiles that it names, and those in its folders.
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
    /// Where the profiles are used, which decides what is out of the ordinary: container, artifact, host, service or sandbox
    #[arg(long, value_name = "CONTEXT", default_value = "container")]
    context: Context,
    /// Tell only what is not in this file of known problems
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write a file of the problems that are there now, for --baseline, and tell none
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Make the changes that mend problems where they are proved to let no more calls through, and show the others
    #[arg(long)]
    fix: bool,
    /// With --fix, make also the changes that let more calls through
    #[arg(long, requires = "fix")]
    write: bool,
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
    for file in find::named(&documents) {
        match Document::read(&file, options) {
            Ok(document) => documents.push(document),
            Err(failure) => unreadable.push(failure),
        }
    }
    let readers = Readers::of(&arguments.target, arguments.context, &documents)?;
    let mut checked = readers.check(documents, options, &arguments.selection);
    let mut open = String::new();
    if arguments.fix {
        let make = match arguments.write {
            true => Make::All,
            false => Make::Proved,
        };
        let mut made = vec![0; checked.len()];
        // A change may make way for another one.
        for _ in 0..ROUNDS {
            let (documents, now) = mend(&checked, &readers, options, make, &mut open)?;
            checked = readers.check(documents, options, &arguments.selection);
            let more = now.iter().sum::<usize>() > 0;
            made.iter_mut().zip(now).for_each(|(all, now)| *all += now);
            if !more {
                break;
            }
        }
        write(&checked, &made)?;
    }
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
        ListFormat::Human => output::answer(&(human::page(checked, sources) + &open))?,
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

/// As many times as changes are looked for, because one may make way for another.
const ROUNDS: usize = 16;

/// Makes changes: the documents as they are then, how many were made in each, and those that were not.
fn mend(
    checked: &[Checked],
    readers: &Readers,
    options: InputOptions,
    make: Make,
    open: &mut String,
) -> Result<(Vec<Document>, Vec<usize>), Failure> {
    open.clear();
    let mut documents = Vec::new();
    let mut made = Vec::new();
    for (at, checked) in checked.iter().enumerate() {
        let name = &checked.document.name;
        let mended = fix::mend(checked, options, &readers.standards_of(at), make);
        for difference in &mended.open {
            let _ = write!(open, "\n{difference}");
        }
        if mended.made > 0 && !Path::new(name).is_file() {
            return Err(Failure::input(format_args!(
                "{name}: only a file can be mended"
            )));
        }
        made.push(mended.made);
        documents.push(mended.document);
    }
    Ok((documents, made))
}

/// Writes the documents in which changes were made, and says so.
fn write(checked: &[Checked], made: &[usize]) -> Result<(), Failure> {
    for (checked, &made) in checked.iter().zip(made) {
        let name = &checked.document.name;
        if made == 0 {
            continue;
        }
        let changes = words::counted(made, "change");
        output::to_file_or_stdout(Path::new(name), &checked.document.text)?;
        crate::say!("{name}: {changes} made");
    }
    Ok(())
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
