//! Other people's profiles: every finding was read, and stands in `corpus.txt` by target, file, code and line.
//!
//! `SNAPSHOTS=overwrite cargo test -p callgate-cli --test corpus` writes what is found now; read each new line before you keep it.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// Everyone who reads such profiles, and differs from the others in what is found.
const TARGETS: &[&str] = &["callgate", "docker", "podman", "containerd", "crun"];

/// As many places of one code as are listed; more are counted.
const LISTED: usize = 50;

#[test]
fn what_is_found_was_read() {
    let Some(corpus) = corpus() else {
        let test = "callgate-cli::corpus::what_is_found_was_read";
        return left_out::left_out(test, "../shared is not beside the checkout");
    };
    let mut found = String::new();
    for target in TARGETS {
        let _ = writeln!(found, "{target}");
        found.push_str(&list(&corpus, target));
    }
    assert_eq!(
        list(&corpus, "crio"),
        list(&corpus, "podman"),
        "they read alike"
    );
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus.txt");
    if env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(&kept, &found).expect("written");
    }
    let kept = fs::read_to_string(&kept).expect("what was found before");
    for (now, before) in found.lines().zip(kept.lines()) {
        assert_eq!(now, before);
    }
    assert_eq!(found.len(), kept.len());
}

/// What a target's reading finds: a line a file and a code, with the lines of the file.
fn list(corpus: &Path, target: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--native", "x86_64", "--format", "jsonl"])
        .args(["--target", target])
        .arg(corpus)
        .output()
        .expect("callgate runs");
    assert_eq!(output.status.code(), Some(1), "the corpus has errors");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut by_code: BTreeMap<[String; 3], Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let found: Value = serde_json::from_str(line).expect("JSON");
        let word = |key: &str| found[key].as_str().expect("a text").to_owned();
        let file = Path::new(&word("file")).file_name().map(PathBuf::from);
        let file = file.expect("a name").display().to_string();
        let places = by_code.entry([file, word("code"), word("severity")]);
        places.or_default().push(found["line"].to_string());
    }
    assert!(by_code.len() > 20, "{target}: {} kinds", by_code.len());
    let mut list = String::new();
    for ([file, code, severity], places) in by_code {
        let listed = places[..places.len().min(LISTED)].join(" ");
        let more = match places.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(list, "  {file} {code} {severity}: {listed}{more}");
    }
    list
}

/// The folder beside the checkout, or where `CALLGATE_SHARED` says; none where it is not.
fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = env::var_os("CALLGATE_SHARED").map_or(beside, PathBuf::from);
    let corpus = folder.join("corpus");
    corpus.is_dir().then_some(corpus)
}
