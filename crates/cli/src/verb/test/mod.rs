//! `callgate test`: what profiles are expected to do, written beside them, and whether they do.
//!
//! Apart from `check`, which knows what is wrong with any profile: here its owner says what is right for this one.

mod bounded;
mod calls;
mod commands;
mod file;
mod report;

use std::path::{Path, PathBuf};

use callgate_syscalls::{Arch, Syscall};
use clap::{Args, ValueEnum};

use self::file::{Calls, TestFile};
use crate::failure::{Ended, Failure, Status};
use crate::input::InputOptions;
use crate::output;
use crate::question::Subject;
use crate::reading::TargetOptions;
use crate::words;

/// Hold profiles against the expectations that are written beside them
///
/// A test is a TOML file that names a profile, who reads it (`targets`), and on which arches (`archs`).
/// Each `[[expect]]` is a call, a @group or what a runtime needs to start (@runtime/runc, the newest that was measured, or
/// @runtime/runc@1.1.5), and the verdict that is expected: allow, deny, kill, an action's name or an errno's.
/// What a call leaves open (`*`, or not written) is any value: the proof is by decision diagrams.
/// Each `[[run]]` is a command that runs under `callgate run` with the profile, or with `{seccomp}` among its words by itself,
/// as Docker does with --security-opt, and the status and words that are expected of it within a minute, or as many `seconds`.
/// Where the profile has a base (`x-extends`), `{seccomp}` stands for both as one profile.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 all passed; 1 something failed; 2 a test or profile that can't be read; 3 nothing failed, and something can't run here.

A test, no-chmod.test.toml:
  profile = \"no-chmod.json\"
  targets = [\"docker@28\", \"containerd\"]
  archs   = [\"x86_64\", \"aarch64\"]

  [[expect]]
  call = \"fchmod(*, *)\"      # or \"unshare(CLONE_NEWUSER)\", \"@mount\", \"@runtime/runc\"
  verdict = \"EPERM\"

  [[run]]
  cmd = [\"chmod\", \"777\", \"/\"]
  exit = 1
  stderr = \"Operation not permitted\""
)]
pub(crate) struct Test {
    /// Tests [default: every *.test.toml in this folder and below]
    files: Vec<PathBuf>,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    target: TargetOptions,
}

/// The calls that a test speaks of; what its commands make is not known.
pub(crate) fn spoken_of(path: &Path, options: InputOptions) -> Result<Vec<Syscall>, Failure> {
    let test = TestFile::read(path, options)?;
    let calls = test
        .expectations
        .iter()
        .flat_map(|expected| match &expected.calls {
            Calls::One(question) => named_by(question.subject),
            Calls::Names(names) => names
                .iter()
                .filter_map(|name| Syscall::by_name(name))
                .collect(),
        });
    Ok(calls.collect())
}

/// A number is that of a call on each arch.
fn named_by(subject: Subject) -> Vec<Syscall> {
    match subject {
        Subject::Named(call) => vec![call],
        Subject::Numbered(nr) => {
            let arches = Arch::ALL.iter();
            arches
                .filter_map(|&arch| Syscall::by_number(arch, nr))
                .collect()
        }
    }
}

/// How to print it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// A JSON document
    Json,
    /// JUnit's XML, which most build servers show
    Junit,
}

/// A test file that was run.
struct Tested {
    name: String,
    cases: Vec<Case>,
}

/// One expectation, or one command.
struct Case {
    /// Where it stands in the file, from 1.
    line: usize,
    title: String,
    outcome: Outcome,
}

/// What came of it.
enum Outcome {
    Passed,
    Failed(Vec<Wrong>),
    /// It can't run here, for this reason: it is never counted as passed.
    LeftOut(String),
}

/// What was not as expected.
struct Wrong {
    /// Who reads the profile, and on which arch.
    reader: String,
    /// In words: what was seen, and for which call.
    seen: String,
    /// Where the profile says so.
    place: Option<String>,
}

/// Runs the tests.
pub(crate) fn run(arguments: &Test, options: InputOptions) -> Ended {
    let files = match &arguments.files[..] {
        [] => below(Path::new("."))?,
        files => files.to_vec(),
    };
    if files.is_empty() {
        return Err(Failure::input("there is no *.test.toml here or below")
            .help("`callgate test --help` shows one"));
    }
    let mut tested = Vec::new();
    for path in files {
        let test = TestFile::read(&path, options)?;
        let mut cases = calls::run(&test, &arguments.target, options)?;
        cases.extend(commands::run(&test, &arguments.target, options)?);
        cases.sort_by_key(|case| case.line);
        tested.push(Tested {
            name: test.name,
            cases,
        });
    }
    match arguments.format {
        Format::Human => output::answer(&report::human(&tested))?,
        Format::Json => report::json(&tested)?,
        Format::Junit => output::answer(&report::junit(&tested))?,
    }
    let any = |wanted: fn(&Outcome) -> bool| {
        let mut cases = tested.iter().flat_map(|tested| &tested.cases);
        cases.any(|case| wanted(&case.outcome))
    };
    if any(|outcome| matches!(outcome, Outcome::Failed(_))) {
        return Ok(Status::No);
    }
    match any(|outcome| matches!(outcome, Outcome::LeftOut(_))) {
        true => Ok(Status::NotPossible),
        false => Ok(Status::Yes),
    }
}

/// Every test in a folder and below it, sorted; hidden folders and links are left alone.
fn below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(format_args!(
            "{}: {}",
            folder.display(),
            words::system_error(&error)
        ))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match folder == Path::new(".") {
            true => PathBuf::from(&name),
            false => entry.path(),
        };
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            found.extend(below(&path)?);
        } else if kind.is_file() && name.ends_with(".test.toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
