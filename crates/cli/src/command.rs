//! A command that a user names: where it is, and why it did not start.
//!
//! Apart from `run` and `record`, because both start one, with Docker's exit statuses.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use callgate_load::elf::{self, Executable, InspectError, Problem};
use callgate_load::{Launch, LaunchError};

use crate::failure::{Failure, OURS, Status};

/// A command that could start, as far as its files tell.
pub(crate) struct Prepared {
    /// How to start it.
    pub(crate) launch: Launch,
    /// What its file is; an error where only the kernel knows.
    pub(crate) executable: Result<Executable, InspectError>,
}

/// Prepares a command: its first word is looked up as a shell does.
pub(crate) fn prepare(command: &[OsString]) -> Result<Prepared, Failure> {
    let (name, arguments) = command
        .split_first()
        .expect("the command line asks for at least a name");
    let path =
        elf::find(name, env::var_os("PATH").as_deref()).map_err(|error| cannot_start(&error))?;
    let executable = elf::inspect(&path);
    match &executable {
        Err(error) if matches!(error.problem, Problem::NotFound | Problem::NotExecutable) => {
            if error.path == path {
                return Err(cannot_start(error));
            }
            return Err(without(&path, "interpreter", error));
        }
        // The kernel knows more kinds of program than callgate does, and has the last word.
        Err(_) => {}
        Ok(found) => {
            if let Some(Err(error)) = &found.loader {
                return Err(without(&path, "loader", error));
            }
        }
    }
    let mut launch = Launch::new(path, arguments.iter().cloned());
    launch.arguments[0].clone_from(name);
    Ok(Prepared { launch, executable })
}

fn cannot_start(error: &InspectError) -> Failure {
    Failure::new(Status::OfCommand(error.status()), error)
}

/// A file that names another to start it by, which can't.
fn without(path: &Path, what: &str, error: &InspectError) -> Failure {
    Failure::new(
        Status::OfCommand(error.status()),
        format_args!("{} can't start without its {what}: {error}", path.display()),
    )
}

/// Why it did not start.
pub(crate) fn not_started(error: &LaunchError) -> Failure {
    match error {
        LaunchError::Load { .. } | LaunchError::Privileges(_) => {
            Failure::new(Status::OfCommand(OURS), error)
                .help("`callgate doctor` says what this machine has")
        }
        _ => Failure::new(Status::OfCommand(error.status()), error),
    }
}
