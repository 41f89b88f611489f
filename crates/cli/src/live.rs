//! Filters in force: `pid:N` and `container:NAME`, read back from the kernel.
//!
//! Apart from `input`, which reads what somebody wrote: this needs privileges, and engines to ask.

use std::process::{Command, Output};

use callgate_bpf::Program;
use callgate_load::filters::{self, ReadError};
use callgate_load::{Mode, ProcessState};

use crate::failure::{Failure, Status};
use crate::words;

/// A reference to filters in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Live {
    /// `pid:N`: those of a process, or of a thread.
    Process(u32),
    /// `container:NAME`: those of the first process of a container.
    Container(String),
}

impl Live {
    /// What a PROFILE argument refers to; none where it is something else.
    pub(crate) fn parse(reference: &str) -> Result<Option<Self>, Failure> {
        if let Some(name) = reference.strip_prefix("container:") {
            return Self::container(name).map(Some);
        }
        let Some(number) = reference.strip_prefix("pid:") else {
            return Ok(None);
        };
        match number.parse() {
            Ok(pid @ 1..=0x7fff_ffff) => Ok(Some(Self::Process(pid))),
            _ => Err(Failure::input(format_args!(
                "{reference}: a process has a number from 1 to 2147483647"
            ))),
        }
    }

    /// The container of a name.
    pub(crate) fn container(name: &str) -> Result<Self, Failure> {
        // An engine would take it for an option.
        if name.is_empty() || name.starts_with('-') {
            return Err(Failure::input(format_args!(
                "container:{name}: a container has a name or an id, and none begins with `-`"
            )));
        }
        Ok(Self::Container(name.to_owned()))
    }

    /// Its filters, the oldest first; there is at least one.
    pub(crate) fn filters(&self) -> Result<Vec<Program>, Failure> {
        let pid = match self {
            Self::Process(pid) => *pid,
            Self::Container(name) => process_of(name)?,
        };
        let programs = filters::of_process(pid).map_err(|error| self.unread(pid, &error))?;
        if programs.is_empty() {
            return Err(self.without_filter(pid));
        }
        Ok(programs)
    }

    /// What to call one of its filters, counted from zero.
    pub(crate) fn name_of_filter(&self, at: usize) -> String {
        format!("{self}, filter {}", at + 1)
    }

    fn unread(&self, pid: u32, error: &ReadError) -> Failure {
        if matches!(error, ReadError::NotFiltered) {
            return self.without_filter(pid);
        }
        let failure = Failure::new(Status::NotPossible, format_args!("{self}: {error}"));
        match error {
            ReadError::NoProcess => failure,
            _ => failure.help("`callgate doctor` says what this machine has and lacks"),
        }
    }

    fn without_filter(&self, pid: u32) -> Failure {
        let mode = match ProcessState::of(pid).map(|state| state.mode) {
            Ok(Mode::Strict) => "its seccomp mode is strict: read, write, exit and sigreturn alone",
            _ => "its seccomp mode is disabled",
        };
        Failure::new(
            Status::NotPossible,
            format_args!("{self}: the process has no filter, {mode}"),
        )
    }
}

impl std::fmt::Display for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "pid:{pid}"),
            Self::Container(name) => write!(f, "container:{}", words::harmless(name)),
        }
    }
}

/// The commands that know containers, in the order in which they are asked, and how their answer holds the process.
const KNOWING: [(&[&str], Says); 4] = [
    (
        &[
            "docker",
            "inspect",
            "--type=container",
            "--format={{.State.Pid}}",
        ],
        Says::Number,
    ),
    (
        &[
            "podman",
            "inspect",
            "--type=container",
            "--format={{.State.Pid}}",
        ],
        Says::Number,
    ),
    (&["runc", "state"], Says::State),
    (&["crun", "state"], Says::State),
];

/// How an answer holds the number of the first process.
#[derive(Clone, Copy)]
enum Says {
    /// It is the number.
    Number,
    /// It is the state of the OCI runtime specification, with a `pid`.
    State,
}

/// The first process of a container, by asking who may know it.
pub(crate) fn process_of(name: &str) -> Result<u32, Failure> {
    let mut refusals = Vec::new();
    for (words, says) in KNOWING {
        let asked = words.join(" ");
        let answer = Command::new(words[0]).args(&words[1..]).arg(name).output();
        match answer.map(|output| said(&output, says)) {
            Ok(Ok(0)) => {
                return Err(Failure::new(
                    Status::NotPossible,
                    format_args!("container:{name}: it is not running, as `{asked}` says"),
                ));
            }
            Ok(Ok(pid)) => return Ok(pid),
            Ok(Err(reason)) => refusals.push(format!("`{asked} {name}`: {reason}")),
            Err(error) => refusals.push(format!(
                "`{}`: {}",
                words[0],
                crate::words::system_error(&error)
            )),
        }
    }
    let failure = Failure::new(
        Status::NotPossible,
        format_args!("container:{name}: nobody who was asked knows a container of this name"),
    );
    Err(refusals.into_iter().fold(failure, Failure::help))
}

fn said(output: &Output, says: Says) -> Result<u32, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        let line = error.lines().rfind(|line| !line.trim().is_empty());
        return Err(match line {
            Some(line) => line.trim().to_owned(),
            None => output.status.to_string(),
        });
    }
    let pid = match says {
        Says::Number => text.trim().parse().ok(),
        Says::State => serde_json::from_str::<State>(&text)
            .ok()
            .map(|state| state.pid),
    };
    pid.ok_or_else(|| format!("no process in its answer {:?}", text.trim()))
}

/// What a runtime says of a container.
#[derive(serde::Deserialize)]
struct State {
    /// None once it has stopped.
    #[serde(default)]
    pid: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_what_lives() {
        let parse = |text| Live::parse(text).map_err(|failure| failure.status);
        assert_eq!(parse("pid:12"), Ok(Some(Live::Process(12))));
        assert_eq!(
            parse("container:web"),
            Ok(Some(Live::Container("web".to_owned())))
        );
        assert_eq!(parse("web.json"), Ok(None));
        for wrong in [
            "pid:",
            "pid:0",
            "pid:-1",
            "pid:x",
            "pid:2147483648",
            "container:",
            "container:--help",
        ] {
            assert_eq!(parse(wrong), Err(Status::Meaningless), "{wrong}");
        }
    }
}
