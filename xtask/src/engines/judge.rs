//! Whether what an engine did with a profile is what the model says: by proof where there is a filter, by the reasons where there is none.
//! Apart from the engines, because it asks callgate alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::engine::{Caps, Engine, Start};
use super::site::Site;
use crate::command::{Fallible, Finished, capture, read};

/// callgate, and the program that reads filters back.
pub(super) struct Judge {
    callgate: PathBuf,
    filter: PathBuf,
    /// Where a filter is written to.
    program: PathBuf,
    kernel: String,
}

/// What callgate knows of an engine.
pub(super) enum Model {
    /// It reads as this target does.
    Known { target: String, libseccomp: String },
    /// Nothing, in callgate's words.
    Unknown(String),
}

/// What came of one profile with one set of capabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// The filter is the model's, and known by its profile in a list of processes.
    Equal,
    /// Neither the engine nor the model takes the profile; the engine's words.
    Refused(String),
    /// The engine can't start anything under the profile, and callgate says beforehand why; the engine's words.
    BelowFloor(String),
    /// There is no model to compare with; whether the engine started.
    Unknown(Option<String>),
    /// A fault of the model or of this machine.
    Fault(String),
}

impl Judge {
    /// With this callgate, and its neighbour.
    pub(super) fn new(callgate: &Path, site: &Site) -> Fallible<Judge> {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
        Ok(Judge {
            callgate: callgate.to_owned(),
            filter: callgate.with_file_name("callgate-filter"),
            program: site.folder().join("filter.bpf"),
            kernel: kernel.trim().to_owned(),
        })
    }

    /// The model of an engine, if callgate has one of just this version.
    pub(super) fn model(&self, engine: &dyn Engine) -> Fallible<Model> {
        let asked = self.callgate(&["explain", "docker:default", "--target", engine.target()])?;
        Ok(match asked.status {
            0 => Model::Known {
                target: engine.target().to_owned(),
                libseccomp: engine.libseccomp().to_owned(),
            },
            _ => Model::Unknown(first_reason(&asked.stderr)),
        })
    }

    /// Judges a start, while the container is there.
    pub(super) fn cell(
        &self,
        model: &Model,
        profile: &Path,
        caps: Caps,
        start: Fallible<Start>,
    ) -> Cell {
        let judged = match (start, model) {
            (Err(error), _) => Err(error),
            (Ok(start), Model::Unknown(_)) => Ok(Cell::Unknown(match start {
                Start::Alive(_) => None,
                Start::Not(said) => Some(said),
            })),
            (Ok(Start::Alive(process)), Model::Known { target, libseccomp }) => {
                self.proved(process, &self.reading(profile, caps, target, libseccomp))
            }
            (Ok(Start::Not(said)), Model::Known { target, libseccomp }) => {
                self.explained(said, &self.reading(profile, caps, target, libseccomp))
            }
        };
        judged.unwrap_or_else(|error| Cell::Fault(error.to_string()))
    }

    /// The words that tell callgate what to read, and for whom.
    fn reading(&self, profile: &Path, caps: Caps, target: &str, libseccomp: &str) -> Vec<String> {
        let mut words = vec![profile.display().to_string()];
        let options = [
            ("--target", target),
            ("--libseccomp", libseccomp),
            ("--kernel", &self.kernel),
            ("--caps", &caps.option()),
        ];
        for (option, value) in options {
            words.extend([option.to_owned(), value.to_owned()]);
        }
        words
    }

    fn proved(&self, process: u32, reading: &[String]) -> Fallible<Cell> {
        read(
            Command::new(&self.filter)
                .arg(process.to_string())
                .arg(&self.program),
        )?;
        let program = self.program.display().to_string();
        let mut words = vec!["prove", &program];
        words.extend(reading.iter().map(String::as_str));
        let proof = self.callgate(&words)?;
        Ok(match proof.status {
            0 => self.listed(process, &reading[0])?,
            1 => Cell::Fault(format!(
                "the filter differs from the model: {}",
                proof.stdout.trim()
            )),
            _ => Cell::Fault(format!(
                "it started, and callgate: {}",
                first_reason(&proof.stderr)
            )),
        })
    }

    /// Whether `callgate ps` knows the process by its profile, which may be built in, too.
    fn listed(&self, process: u32, profile: &str) -> Fallible<Cell> {
        let process = process.to_string();
        let listed = self.callgate(&["ps", &process, "--known", profile])?;
        let names = ["instructions, docker:default", profile];
        Ok(
            match names.iter().any(|name| listed.stdout.contains(name)) {
                true => Cell::Equal,
                false => Cell::Fault(format!(
                    "the filter is the model's, and callgate ps does not know it: {}{}",
                    listed.stdout.trim(),
                    listed.stderr.trim()
                )),
            },
        )
    }

    fn explained(&self, said: String, reading: &[String]) -> Fallible<Cell> {
        let mut words = vec!["check", "--format=jsonl"];
        words.extend(reading.iter().map(String::as_str));
        let checked = self.callgate(&words)?;
        if checked.stdout.contains("\"code\":\"CG601\"") {
            return Ok(Cell::BelowFloor(said));
        }
        let mut words = vec!["explain"];
        words.extend(reading.iter().map(String::as_str));
        let explained = self.callgate(&words)?;
        Ok(match explained.status {
            2 => Cell::Refused(said),
            _ => Cell::Fault(format!(
                "it did not start, and callgate sees no reason: {said}"
            )),
        })
    }

    fn callgate(&self, words: &[&str]) -> Fallible<Finished> {
        capture(Command::new(&self.callgate).args(words))
    }
}

/// The first line that callgate says, without its name.
fn first_reason(stderr: &str) -> String {
    let line = stderr.lines().next().unwrap_or_default();
    line.trim_start_matches("callgate: ").to_owned()
}
