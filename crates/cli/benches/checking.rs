//! How long `callgate check` takes of Docker's default, from its start on, and of a thousand profiles; an error where that is too long.
//!
//! Apart from the benchmarks beside libseccomp, because here the whole command is measured; `cargo xtask bench` runs it.
//! The machine may be busy with other work, so of several runs the quickest counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use callgate_profile::builtin::DOCKER_DEFAULT;

/// Runs of one profile, and the longest that the quickest may take.
const ONE: (usize, Duration) = (21, Duration::from_millis(20));

/// Runs of a thousand profiles, and the longest that the quickest may take.
const THOUSAND: (usize, Duration) = (5, Duration::from_secs(1));

fn main() -> ExitCode {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("checking");
    let many = folder.join("many");
    fs::create_dir_all(&many).expect("a folder");
    let one = folder.join("one.json");
    fs::write(&one, DOCKER_DEFAULT).expect("written");
    for number in 0..1000 {
        // No two are the same text.
        let text = DOCKER_DEFAULT.replacen('{', &format!("{{ \"comment\": \"{number}\","), 1);
        fs::write(many.join(format!("{number}.json")), text).expect("written");
    }
    let kept = [
        is_quick("Docker's default", &one, ONE),
        is_quick("a thousand profiles", &many, THOUSAND),
    ];
    match kept.iter().all(|&kept| kept) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Whether the quickest of some checks is as quick as it has to be.
fn is_quick(what: &str, path: &Path, (runs, most): (usize, Duration)) -> bool {
    let quickest = (0..runs).map(|_| check(path)).min();
    let quickest = quickest.expect("there are runs");
    println!("check of {what}: {quickest:.1?}, at most {most:?}");
    quickest <= most
}

fn check(path: &Path) -> Duration {
    let begin = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--native", "x86_64", "--format", "jsonl"])
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("callgate runs");
    let took = begin.elapsed();
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
    took
}
