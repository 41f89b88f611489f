//! A process that reads one document with little memory, and reports what it took.
//!
//! Apart from the tests because a limit of memory, and a crash, must be its own.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use callgate_compile::compile;
use callgate_engines::{Engine, Target};
use callgate_profile::{Parsed, Severity, parse};
use serde::{Deserialize, Serialize};

use crate::sys;

/// The memory that it may map, in bytes.
pub const MEMORY: u64 = 500 << 20;

/// What became of a document, and what that took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The instructions of its program, or the first error.
    pub outcome: Result<usize, String>,
    /// The processor time.
    pub time: Duration,
    /// The most memory that was in use, in bytes.
    pub peak: u64,
}

/// Reads a document in a process of its own.
///
/// # Panics
/// The process does not come to its end: it crashed, or had not enough memory.
#[must_use]
pub fn report(reader: &Path, target: &str, document: &[u8]) -> Report {
    let mut process = Command::new(reader)
        .arg(target)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", reader.display()));
    let mut stdin = process.stdin.take().expect("piped");
    stdin.write_all(document).expect("it reads");
    drop(stdin);
    let output = process.wait_with_output().expect("a child");
    assert!(
        output.status.success(),
        "reading ended with {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).expect("a report")
}

/// The process: a document on standard input, a report on standard output.
///
/// # Panics
/// Its own input or output fails.
pub fn main() {
    sys::forbid_cores().expect("a limit may be lowered");
    sys::limit_memory(MEMORY).expect("a limit may be lowered");
    let target = std::env::args().nth(1).expect("a target");
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text).expect("a document");
    let outcome = outcome(&text, &target.parse().expect("a known target"));
    let (time, peak) = (sys::processor_time(), peak());
    let report = serde_json::to_vec(&Report {
        outcome,
        time,
        peak,
    })
    .expect("plain data");
    io::stdout().write_all(&report).expect("somebody reads");
}

/// The most memory that was in use since this program began; what getrusage(2) says includes the parent's.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("proc is mounted");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("it is there since 2.6");
    let kilobytes: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number");
    kilobytes * 1024
}

/// As the command reads: an error keeps callgate from taking a document, other engines are modelled.
fn outcome(text: &[u8], target: &Target) -> Result<usize, String> {
    let Parsed { profile, problems } = parse(text, &callgate_profile::Options::default());
    let error = problems
        .into_iter()
        .find(|problem| problem.severity == Severity::Error)
        .map(|error| error.message);
    let profile = match (profile, error) {
        (Some(profile), error) if error.is_none() || target.engine != Engine::Callgate => profile,
        (_, error) => {
            return Err(error.unwrap_or_else(|| "there is no profile, and no reason".into()));
        }
    };
    let resolved =
        callgate_engines::read(&profile, target).map_err(|refusal| refusal.to_string())?;
    let program = compile(&resolved.policy, &callgate_compile::Options::default());
    program
        .map(|program| program.len())
        .map_err(|error| error.to_string())
}
