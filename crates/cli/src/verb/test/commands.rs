//! The commands of a test, run for real: under `callgate run`, or by whoever takes `{seccomp}`.
//!
//! Apart from the calls, which need no kernel.

use std::env;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{self, Path};
use std::process::{self, Command, Output};

use rustix::fs::{MemfdFlags, memfd_create};

use super::bounded;
use super::file::{self, TestFile};
use super::{Case, Outcome, Wrong};
use crate::failure::{Failure, Status};
use crate::flattened::flattened;
use crate::input::{Document, InputOptions};
use crate::reading::{Reading, TargetOptions};
use crate::words;

/// What stands for the option that names the profile.
const PLACE: &str = "{seccomp}";

pub(super) fn run(
    test: &TestFile,
    target: &TargetOptions,
    options: InputOptions,
) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for command in &test.commands {
        let title = command.words.join(" ");
        let by_itself = command.words.iter().any(|word| word.contains(PLACE));
        let outcome = match by_itself {
            true => {
                let given = Given::of(test, target, options)?;
                let words = command
                    .words
                    .iter()
                    .map(|word| word.replace(PLACE, &given.option));
                let words: Vec<String> = words.collect();
                let mut process = Command::new(&words[0]);
                process.args(&words[1..]);
                outcome(process, &words[0], &words[0], command)
            }
            false => under_run(test, command)?,
        };
        cases.push(Case {
            line: command.line,
            title,
            outcome,
        });
    }
    Ok(cases)
}

/// The option by which Docker and Podman take a profile.
struct Given {
    option: String,
    /// What is there only as long as this is, where a profile and its bases are one text.
    _whole: Option<File>,
}

impl Given {
    fn of(test: &TestFile, options: &TargetOptions, input: InputOptions) -> Result<Self, Failure> {
        if !Path::new(&test.profile).exists() {
            return Err(Failure::input(format_args!(
                "{}: {PLACE} stands for the file of a profile, and `{}` is none",
                test.name, test.profile
            )));
        }
        let document = Document::read(&test.profile, input)?;
        if document.bases.is_empty() {
            let unreadable = |error| unreadable(&test.profile, &error);
            let file = path::absolute(&test.profile).map_err(unreadable)?;
            return Ok(Self {
                option: option(&file.display()),
                _whole: None,
            });
        }
        let target = options.read_by(test.engines.first().copied()).target()?;
        let text = flattened(&Reading::of(document, input, target)?)?;
        let unwritten = |error| unreadable("a file in memory", &error);
        let file = memfd_create("profile", MemfdFlags::CLOEXEC)
            .map_err(|error| unwritten(error.into()))?;
        let mut file = File::from(file);
        file.write_all(text.as_bytes()).map_err(unwritten)?;
        let name = format!("/proc/{}/fd/{}", process::id(), file.as_raw_fd());
        Ok(Self {
            option: option(&name),
            _whole: Some(file),
        })
    }
}

fn option(file: &dyn Display) -> String {
    format!("--security-opt=seccomp={file}")
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::input(format_args!("{name}: {}", words::system_error(error)))
}

/// The command under `callgate run`, for each target.
fn under_run(test: &TestFile, command: &file::Command) -> Result<Outcome, Failure> {
    let ours = env::current_exe().map_err(|error| {
        Failure::new(
            Status::NotPossible,
            format_args!("callgate: {}", words::system_error(&error)),
        )
    })?;
    let mut wrong = Vec::new();
    for engine in &test.engines {
        let mut process = Command::new(&ours);
        process.args([
            "run",
            "--target",
            &engine.to_string(),
            "--profile",
            &test.profile,
            "--",
        ]);
        process.args(&command.words);
        match outcome(
            process,
            &format!("callgate run for {engine}"),
            "callgate",
            command,
        ) {
            Outcome::Failed(more) => wrong.extend(more),
            Outcome::Passed => {}
            left_out @ Outcome::LeftOut(_) => return Ok(left_out),
        }
    }
    Ok(match wrong.is_empty() {
        true => Outcome::Passed,
        false => Outcome::Failed(wrong),
    })
}

fn outcome(process: Command, reader: &str, program: &str, expected: &file::Command) -> Outcome {
    let output = match bounded::output(process, expected.limit) {
        Ok(Some(output)) => output,
        Ok(None) => {
            return Outcome::Failed(vec![Wrong {
                reader: reader.to_owned(),
                seen: format!("no end within {} s", expected.limit.as_secs()),
                place: None,
            }]);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Outcome::LeftOut(format!("{program} is not installed"));
        }
        Err(error) => {
            return Outcome::LeftOut(format!("{program}: {}", words::system_error(&error)));
        }
    };
    let mut seen = Vec::new();
    let status = status(&output);
    if status != i32::from(expected.exit) {
        seen.push(format!(
            "exit status {status}, and {} is expected",
            expected.exit
        ));
    }
    for (name, expected, bytes) in [
        ("standard output", &expected.stdout, &output.stdout),
        ("standard error", &expected.stderr, &output.stderr),
    ] {
        let text = String::from_utf8_lossy(bytes);
        if let Some(expected) = expected
            .as_ref()
            .filter(|expected| !text.contains(*expected))
        {
            seen.push(format!("{name} without `{expected}`"));
        }
    }
    if seen.is_empty() {
        return Outcome::Passed;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if let Some(last) = said.lines().last() {
        seen.push(format!(
            "standard error ends with `{}`",
            words::harmless(last)
        ));
    }
    Outcome::Failed(vec![Wrong {
        reader: reader.to_owned(),
        seen: seen.join("; "),
        place: None,
    }])
}

/// As a shell has it: 128 and the number of the signal that ended the command.
fn status(output: &Output) -> i32 {
    let signal = output.status.signal().map(|signal| 128 + signal);
    output.status.code().or(signal).unwrap_or_default()
}
