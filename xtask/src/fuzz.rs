//! `cargo xtask fuzz`: policies that coverage leads to, and then the programs of the kept ones in the running kernel.
//! Apart from the targets, which know nothing of how a compiler is told to count coverage.
//!
//! The flags are of those of `cargo fuzz run --sanitizer none`, which are stable: neither nightly nor that command is needed.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::command::{Fallible, capture, succeed};

/// How long it goes on.
#[derive(Args)]
pub(crate) struct Extent {
    /// How many policies are tried
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) cases: u64,
}

/// Counts coverage of each edge where libFuzzer looks for it; comparisons are left out, for drawn values take few and half of the time.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Ccodegen-units=1 -Cdebug-assertions --cfg fuzzing";

/// The bytes of a policy with a dozen rules or so: longer ones take their time and lead nowhere new.
const LONGEST: &str = "-max_len=192";

/// Tries that many policies; an error at the first that is answered wrong, whose bytes then lie among the regressions.
pub(crate) fn run(extent: &Extent) -> Fallible {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let corpus = root.join("target/fuzz/corpus");
    fs::create_dir_all(&corpus)?;
    let target = |name: &str, flags: &str| {
        let mut command = Command::new(env!("CARGO"));
        // With a target named, build scripts and macros are compiled without the flags.
        command
            .args(["run", "--quiet", "--release", "--locked"])
            .args(["--target", "x86_64-unknown-linux-gnu"])
            .args(["--manifest-path", "fuzz/Cargo.toml", "--bin", name])
            .arg("--target-dir")
            .arg(format!("target/fuzz/{name}"))
            .arg("--")
            .env("RUSTFLAGS", flags)
            .current_dir(root);
        command
    };
    find_planted(target("planted", COVERAGE).arg(LONGEST))?;
    let mut policies = target("policies", COVERAGE);
    policies
        .arg(&corpus)
        .args([LONGEST, "-artifact_prefix=fuzz/regressions/"])
        .arg("-print_final_stats=1")
        .arg(format!("-runs={}", extent.cases));
    succeed(&mut policies)?;
    succeed(target("kernel", "").arg(&corpus))
}

/// So many policies must suffice to find the planted fault.
const UNTIL_FOUND: u64 = 200_000;

/// What the target says when an answer is wrong.
const FOUND: &str = "SUMMARY: libFuzzer: deadly signal";

/// An error where the planted fault is not found: then that nothing else is found says nothing.
fn find_planted(planted: &mut Command) -> Fallible {
    let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz/found-");
    planted.arg(format!("-artifact_prefix={}", artifacts.display()));
    let finished = capture(planted.arg(format!("-runs={UNTIL_FOUND}")))?;
    if finished.status == 0 || !finished.stderr.contains(FOUND) {
        return Err(format!("the planted fault was not found: {}", finished.stderr).into());
    }
    println!("fuzz: the planted fault is found");
    Ok(())
}
