//! What a check costs, in instructions: of one profile by a process that has just begun, and of each further one.
//!
//! Apart from the benchmarks, because this fails where a check has become slow. Seconds depend on the machine and on who else is on
//! it; valgrind counts the instructions of one thread, which come to the same on every run but for a thousandth.
//! A processor of today does five thousand million of them in a second and more. So the first bound is 12 of the 20 milliseconds that
//! a check of Docker's default may take, and a thousand profiles are under a second on two processors in a release, which does with
//! two thirds of what is counted here.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use callgate_profile::builtin;

/// Half as much again as was measured: 39 million for the first, 16 for each further one.
const MOST_FOR_THE_FIRST: u64 = 60_000_000;
const MOST_FOR_EACH_FURTHER: u64 = 24_000_000;

const FURTHER: u64 = 10;

#[test]
fn a_check_is_cheap() {
    let version = Command::new("valgrind").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return left_out::left_out("effort::a_check_is_cheap", "valgrind is not installed");
    }
    let first = instructions(&folder(1));
    let all = instructions(&folder(1 + FURTHER));
    let each = (all - first) / FURTHER;
    assert!(
        first <= MOST_FOR_THE_FIRST && each <= MOST_FOR_EACH_FURTHER,
        "{first} instructions for the first profile, {each} for each further one"
    );
    // What did nothing would be cheap, too.
    assert!(first > each && each > 1_000_000, "{first}, {each}");
}

/// A folder with Docker's default so many times.
fn folder(count: u64) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("effort-{count}"));
    fs::create_dir_all(&folder).expect("a folder");
    for at in 0..count {
        let file = folder.join(format!("{at}.json"));
        fs::write(file, builtin::DOCKER_DEFAULT).expect("a file");
    }
    folder
}

/// How many instructions a check takes.
fn instructions(folder: &Path) -> u64 {
    let output = Command::new("timeout")
        .args(["--kill-after=5", "120", "valgrind", "--tool=callgrind"])
        .args([
            "--callgrind-out-file=/dev/null",
            env!("CARGO_BIN_EXE_callgate"),
        ])
        .args(["check", "--native", "x86_64", "--exit-zero"])
        .arg(folder)
        // Threads that wait for one another turn in circles, and that is counted.
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .expect("timeout is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let counted = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let counted = counted.unwrap_or_else(|| panic!("no count: {said}"));
    counted.1.trim().parse().expect("a number")
}
