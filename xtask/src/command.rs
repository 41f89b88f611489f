//! Starts other programs and says how they ended.
//! Apart, because every task does it, and one place decides what a failure looks like.

use std::error::Error;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

/// What a task gives: nothing to say, or why it did not come to its end.
pub(crate) type Fallible<T = ()> = Result<T, Box<dyn Error>>;

/// How a program ended, with all that it printed.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit status as a shell gives it: 128 and the signal's number for a signal.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program to its end without input and keeps what it prints.
pub(crate) fn capture(command: &mut Command) -> Fallible<Finished> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", shown(command)))?;
    Ok(Finished {
        status: status_number(output.status),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a program that has to succeed, and gives what it printed on stdout.
pub(crate) fn read(command: &mut Command) -> Fallible<String> {
    let finished = capture(command)?;
    if finished.status == 0 {
        return Ok(finished.stdout);
    }
    Err(format!(
        "{} ended with {}: {}",
        shown(command),
        finished.status,
        finished.stderr.trim()
    )
    .into())
}

/// Runs a program that has to succeed; what it prints goes where ours goes.
pub(crate) fn succeed(command: &mut Command) -> Fallible {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", shown(command)))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{} ended with {}", shown(command), status_number(status)).into())
}

/// Whether a program of this name is on PATH.
pub(crate) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

fn status_number(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_what_a_shell_gives() {
        for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -SYS $$", 159)] {
            let finished = capture(Command::new("sh").args(["-c", script])).expect("sh starts");
            assert_eq!(finished.status, status, "{script}");
        }
    }

    #[test]
    fn a_failure_names_the_command_and_its_words() {
        let error = read(Command::new("sh").args(["-c", "echo why >&2; exit 3"]))
            .expect_err("it ends with 3");
        assert_eq!(
            error.to_string(),
            "sh -c echo why >&2; exit 3 ended with 3: why"
        );
    }

    #[test]
    fn programs_are_looked_for_on_path() {
        assert!(on_path("sh"));
        assert!(!on_path("no-such-program-here"));
    }
}
