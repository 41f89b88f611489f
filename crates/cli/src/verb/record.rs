//! `callgate record`: which calls a command makes, and a profile that permits them.
//!
//! Apart from `run`: nothing is filtered here.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use callgate_observe::{Extent, RecordError, Recording};
use callgate_syscalls::Arch;
use clap::Args;

use crate::command::Prepared;
use crate::failure::{Ended, Failure, Status};
use crate::{command, output};

/// Run a command, say which calls it makes, and write a profile that permits them
///
/// Every thread and child is followed, whatever its arch; no root is needed.
/// The calls go to standard error, since standard output is the command's.
/// A recording shows what this run did: another may take another way.
/// The exit status is the command's; 125 ours, 126 and 127 it can't start, 128+n signal n.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate record -- whoami
  callgate record -o whoami.json -- whoami && callgate run -p whoami.json -- whoami")]
pub(crate) struct Record {
    /// Where to write the profile; it is there whole or not at all
    #[arg(short, long, value_name = "PROFILE")]
    output: Option<PathBuf>,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

/// Records, writes, and ends with the command's status.
pub(crate) fn run(arguments: &Record) -> Ended {
    if arguments.output.as_deref() == Some(Path::new("-")) {
        return Err(Failure::input(
            "the profile can't go to standard output, which is the command's",
        ));
    }
    if let Some(path) = &arguments.output {
        output::expect_writable(path)?;
    }
    let Prepared { launch, .. } = command::prepare(&arguments.command)?;
    let recording = callgate_observe::record(&launch).map_err(|error| not_recorded(&error))?;
    output::tell(&calls(&recording));
    if recording.unfollowed > 0 {
        crate::say!(
            "{} children were not followed, since their parent asked for that (CLONE_UNTRACED)",
            recording.unfollowed
        );
    }
    if recording.extent == Extent::UntilInterrupted {
        crate::say!("interrupted: a process that the command left behind goes on, unrecorded");
    }
    if let Some(path) = &arguments.output {
        output::to_file_or_stdout(path, recording.profile().to_json().as_bytes())?;
        crate::say!("{} is written", path.display());
    }
    Ok(Status::OfCommand(recording.ending.status()))
}

/// The calls, by name, with how often each was made; with the arch where there are several.
fn calls(recording: &Recording) -> String {
    let mut rows: Vec<(String, u64)> = match recording.arches()[..] {
        [_] => recording
            .named()
            .into_iter()
            .map(|(call, count)| (call.to_string(), count))
            .chain(
                recording
                    .unnamed()
                    .into_iter()
                    .map(|(call, count)| (call.to_string(), count)),
            )
            .collect(),
        _ => recording
            .calls
            .iter()
            .map(|(call, &count)| (call.to_string(), count))
            .collect(),
    };
    rows.sort();
    let width = rows
        .iter()
        .map(|(_, count)| count.to_string().len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (call, count) in &rows {
        let _ = writeln!(text, "  {count:>width$}  {call}");
    }
    let arches: Vec<&str> = recording.arches().into_iter().map(Arch::name).collect();
    let total: u64 = rows.iter().map(|(_, count)| count).sum();
    let _ = writeln!(
        text,
        "callgate: {} different calls, {total} in all ({})",
        rows.len(),
        arches.join(", ")
    );
    text
}

fn not_recorded(error: &RecordError) -> Failure {
    match error {
        RecordError::Launch(error) => command::not_started(error),
        _ => Failure::new(Status::NotPossible, error),
    }
}
