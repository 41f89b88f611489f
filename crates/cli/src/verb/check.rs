//! `callgate check`: everything that is wrong with some profiles, at once and with its place.
//!
//! Apart from the other readers of profiles: here the problems are the answer, so they go to standard output.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use callgate_analyze::{Context, Standard};
use callgate_engines::Target;
use callgate_profile::{Problem, Severity, builtin};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::failure::{Ended, Failure, Status};
use crate::input::{self, Document, InputOptions};
use crate::reading::{self, Examined, TargetOptions};
use crate::render::{self, ProblemAnswer, Source};
use crate::{output, words};

/// Check profiles: every problem at once, with its place
///
/// Reads each profile as the target would, or as each of several, and says what is wrong and what is odd.
/// Of a folder, every *.json file that has a "defaultAction" is taken, and those in its folders.
/// Exit status 1: there are errors; 2: a file could not be read.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate check .
  callgate check --target docker@28 --target podman seccomp.json
  callgate check --format jsonl profiles/ | jq -r .code | sort | uniq -c")]
pub(crate) struct Check {
    /// Profiles or folders of them, or `-`
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// How to print the problems; jsonl is an object a problem
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ListFormat,
    #[command(flatten)]
    target: TargetOptions,
}

/// How to print a list of problems: in rustc's look, as a JSON document with its "schema", or an object a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Human,
    Json,
    Jsonl,
}

/// Checks them all.
pub(crate) fn run(arguments: &Check, options: InputOptions) -> Ended {
    let targets = arguments.target.targets()?;
    let standards: Vec<Standard> = targets
        .iter()
        .map(|target| Standard::new(target.clone(), Context::default()))
        .collect();
    let mut checked = Vec::new();
    let mut unreadable = Vec::new();
    for path in &arguments.paths {
        if builtin::by_name(path).is_some() {
            unreadable.push(Failure::input(format_args!(
                "{path} is built in, and check is for files that one can mend; `callgate explain {path}` says what it means"
            )));
            continue;
        }
        if input::names_a_program(path) && !Path::new(path).is_dir() {
            unreadable.push(input::no_profile(path, "checked"));
            continue;
        }
        let files = match profiles_of(path, options) {
            Ok(files) => files,
            Err((folder, error)) => {
                let words = words::system_error(&error);
                let folder = folder.display();
                unreadable.push(Failure::input(format_args!("{folder}: {words}")));
                continue;
            }
        };
        if files.is_empty() {
            unreadable.push(Failure::input(format_args!(
                "{path}: no *.json file here has a \"defaultAction\""
            )));
        }
        for file in files {
            match Document::read(&file, options) {
                Ok(document) => checked.push(Checked::of(document, options, &standards)),
                Err(failure) => unreadable.push(failure),
            }
        }
    }
    let sources: Vec<Source<'_>> = checked
        .iter()
        .map(|checked| Source::of(&checked.document))
        .collect();
    match arguments.format {
        ListFormat::Human => output::answer(&page(&checked, &sources, &targets))?,
        ListFormat::Json => output::document(&Answer::of(&checked, &sources, &targets))?,
        ListFormat::Jsonl => output::answer(&lines(&checked, &sources))?,
    }
    for failure in &unreadable {
        failure.tell();
    }
    if !unreadable.is_empty() {
        return Err(Failure::told(Status::Meaningless));
    }
    if checked
        .iter()
        .any(|checked| checked.count(Severity::Error) > 0)
    {
        return Ok(Status::No);
    }
    Ok(Status::Yes)
}

/// A profile and its problems.
struct Checked {
    document: Document,
    problems: Vec<Problem>,
}

impl Checked {
    fn of(document: Document, options: InputOptions, standards: &[Standard]) -> Self {
        let found = standards.iter().map(|standard| {
            let problems = problems_for(&document, options, standard);
            (&standard.target, problems)
        });
        let problems = joined(found.collect());
        Self { document, problems }
    }

    fn count(&self, severity: Severity) -> usize {
        self.problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    }
}

fn problems_for(document: &Document, options: InputOptions, standard: &Standard) -> Vec<Problem> {
    let Examined { meaning, problems } = reading::examine(document, options, &standard.target);
    match meaning {
        Some((profile, resolved)) => {
            let found = standard.lint(&profile, &resolved);
            reading::by_place(problems, found)
        }
        None => problems,
    }
}

/// The problems for all targets by place, each once; one that not all have says whose it is.
fn joined(found: Vec<(&Target, Vec<Problem>)>) -> Vec<Problem> {
    let count = found.len();
    let mut all: Vec<(Problem, Vec<&Target>)> = Vec::new();
    let mut places: HashMap<(&'static str, usize, usize, String), usize> = HashMap::new();
    for (target, problems) in found {
        for problem in problems {
            let span = problem.span;
            let key = (problem.code, span.start, span.end, problem.message.clone());
            let place = *places.entry(key).or_insert_with(|| {
                all.push((problem, Vec::new()));
                all.len() - 1
            });
            if all[place].1.last() != Some(&target) {
                all[place].1.push(target);
            }
        }
    }
    all.sort_by_key(|(problem, _)| problem.span.start);
    let told = all.into_iter().map(|(problem, targets)| {
        if targets.len() == count {
            return problem;
        }
        let names: Vec<String> = targets.iter().map(|target| target.to_string()).collect();
        problem.note(format!("for {}", names.join(", ")))
    });
    told.collect()
}

/// The targets in one word each.
fn names(targets: &[Target]) -> String {
    let names: Vec<String> = targets.iter().map(Target::to_string).collect();
    names.join(", ")
}

/// The files that an argument stands for: itself, or the profiles of a folder; an error names the folder in the way.
fn profiles_of(path: &str, options: InputOptions) -> Result<Vec<String>, (PathBuf, io::Error)> {
    if !Path::new(path).is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(path)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| (folder, error))? {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let found = entry.path();
            if is_folder && !is_hidden {
                folders.push(found);
            } else if !is_folder
                && found.extension().is_some_and(|end| end == "json")
                && may_be_profile(&found, options)
            {
                files.push(found.display().to_string());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file looks like a profile, as far as documents are read; one that can't be read may be one, and whoever reads it says why not.
fn may_be_profile(path: &Path, options: InputOptions) -> bool {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return false;
    }
    let key = b"\"defaultAction\"";
    let mut text = Vec::new();
    match File::open(path).and_then(|file| file.take(options.max_size.0).read_to_end(&mut text)) {
        Ok(_) => text.windows(key.len()).any(|part| part == key),
        Err(_) => true,
    }
}

fn page(checked: &[Checked], sources: &[Source<'_>], targets: &[Target]) -> String {
    let (names, native) = (names(targets), targets[0].native);
    let mut text = String::new();
    for (checked, source) in checked.iter().zip(sources) {
        text.push_str(&render::problems(source, &checked.problems));
    }
    for checked in checked {
        let severities = checked.problems.iter().map(|problem| problem.severity);
        let summary = words::problem_counts(severities).unwrap_or("clean".to_owned());
        let name = &checked.document.name;
        let _ = writeln!(text, "{name}: {summary}  ({names} on {native})");
    }
    text
}

fn lines(checked: &[Checked], sources: &[Source<'_>]) -> String {
    let mut text = String::new();
    for (checked, source) in checked.iter().zip(sources) {
        for problem in &checked.problems {
            text.push_str(&output::json_line(&ProblemAnswer::of(source, problem)));
        }
    }
    text
}

/// The JSON document.
#[derive(Serialize)]
struct Answer<'c> {
    schema: &'static str,
    target: String,
    native: &'static str,
    files: Vec<FileAnswer<'c>>,
}

/// What the JSON document says of a file.
#[derive(Serialize)]
struct FileAnswer<'c> {
    file: &'c str,
    errors: usize,
    warnings: usize,
    remarks: usize,
    problems: Vec<ProblemAnswer<'c>>,
}

impl<'c> Answer<'c> {
    fn of(checked: &'c [Checked], sources: &'c [Source<'c>], targets: &[Target]) -> Self {
        let files = checked
            .iter()
            .zip(sources)
            .map(|(checked, source)| FileAnswer {
                file: source.name(),
                errors: checked.count(Severity::Error),
                warnings: checked.count(Severity::Warning),
                remarks: checked.count(Severity::Info),
                problems: checked
                    .problems
                    .iter()
                    .map(|problem| ProblemAnswer::of(source, problem))
                    .collect(),
            });
        Self {
            schema: "callgate/check/v1",
            target: names(targets),
            native: targets[0].native.name(),
            files: files.collect(),
        }
    }
}
