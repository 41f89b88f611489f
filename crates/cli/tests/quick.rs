//! No answer takes long: Docker's default under every target, on all arches that one filter can have, by every verb that asks;
//! `bench` measures, with the compilers of others.
//!
//! Apart from what a check costs in instructions, because a person waits for the whole command, of which the best of a few runs
//! counts: a machine has other work, too.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use callgate_profile::builtin;

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

/// As long as a person does not wait.
const LIMIT: Duration = Duration::from_millis(100);

/// Of so many runs, the best counts; one that is under the limit is enough.
const RUNS: usize = 10;

/// The arches of little-endian machines that every runtime has a name for.
const ARCHES: &str = "x86_64,x86,x32,aarch64,arm,mipsel,mipsel64,mipsel64n32,ppc64le";

const TARGETS: [&str; 11] = [
    "callgate",
    "docker@20.10",
    "docker@23",
    "docker@28",
    "podman",
    "crio",
    "containerd",
    "runc@1.1.5",
    "runc",
    "crun",
    "youki",
];

/// What is asked of a profile, without who reads it; `PROGRAM` is a program of it, `DOCUMENT` a file that it stands in.
const QUESTIONS: [&[&str]; 10] = [
    &["check", "DOCUMENT", "--exit-zero"],
    &["explain", "docker:default"],
    &["explain", "docker:default", "clone"],
    &["explain", "docker:default", "clone(CLONE_NEWUSER)"],
    &[
        "explain",
        "docker:default",
        "clone(CLONE_NEWUSER)",
        "--path",
    ],
    &["sim", "docker:default", "--all-calls"],
    &["prove", "docker:default", "docker:default"],
    &["diff", "docker:default", "--against", "podman"],
    &["verify", "docker:default", "--bpf", "PROGRAM"],
    &["export", "docker", "PROGRAM", "--lossy"],
];

#[test]
fn no_answer_takes_long() {
    let [program, document] = ["quick.bpf", "quick.json"].map(|name| {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        file.to_str().expect("a path").to_owned()
    });
    fs::write(&document, builtin::DOCKER_DEFAULT).expect("a file");
    let of_all_targets = ["explain", "docker:default", "clone", "--all-targets"];
    asked(&of_all_targets);
    for target in TARGETS {
        let reader = ["--target", target, "--native", "x86_64", "--arch", ARCHES];
        let compile = ["compile", "docker:default", "--output", &program];
        asked(&[&compile, &reader[..]].concat());
        for question in QUESTIONS {
            let words = question.iter().map(|&word| match word {
                "PROGRAM" => &program,
                "DOCUMENT" => &document,
                word => word,
            });
            asked(&words.chain(reader).collect::<Vec<_>>());
        }
    }
}

/// Asks until an answer came in time.
fn asked(words: &[&str]) {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        let output = Command::new(CALLGATE)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        best = best.min(start.elapsed());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{words:?}: {said}"
        );
        if best < LIMIT {
            return;
        }
    }
    panic!("{words:?}: {best:?}");
}
