//! Other people's profiles: every finding was read, and stands in `corpus.txt` by file, target, code and line.
//!
//! `SNAPSHOTS=overwrite cargo test -p callgate-analyze --test corpus` writes what is found now; read each new line before you keep it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use callgate_analyze::{Context, Standard};
use callgate_engines::{Target, read};
use callgate_profile::{Lines, Options, Problem, Severity, parse};

#[test]
fn what_is_found_was_read() {
    let Some(shared) = shared("corpus::what_is_found_was_read") else {
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(shared.join("corpus"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    assert!(files.len() > 10, "{} profiles", files.len());
    let mut found = String::new();
    for target in ["docker", "containerd"] {
        let target: Target = target.parse().expect("a target");
        let standard = Standard::new(target, Context::Container);
        for file in &files {
            let text = fs::read(file).expect("a profile");
            let name = file.file_name().expect("a name").to_string_lossy();
            let _ = writeln!(found, "{name}, {}", standard.target);
            found.push_str(&list(&text, &standard));
        }
    }
    let kept = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus.txt"));
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(&kept, &found).expect("written");
    }
    let kept = fs::read_to_string(&kept).expect("what was found before");
    for (now, before) in found.lines().zip(kept.lines()) {
        assert_eq!(now, before);
    }
    assert_eq!(found.len(), kept.len());
}

/// What is found in a profile: a line a code, with its lines.
fn list(text: &[u8], standard: &Standard) -> String {
    let lines = Lines::of(text);
    let mut by_code: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for problem in problems(text, standard) {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
            Severity::Style => "style",
        };
        let (line, _) = lines.line_column(problem.span.start);
        let places = by_code.entry((problem.code, severity)).or_default();
        places.push(line.to_string());
    }
    let mut list = String::new();
    for ((code, severity), places) in by_code {
        let _ = writeln!(list, "  {code} {severity}: {}", places.join(" "));
    }
    list
}

fn problems(text: &[u8], standard: &Standard) -> Vec<Problem> {
    let parsed = parse(text, &Options::default());
    let mut problems = parsed.problems;
    if let Some(profile) = parsed.profile {
        match read(&profile, &standard.target) {
            Ok(resolved) => {
                problems.extend(standard.lint(&profile, &resolved));
                problems.extend(resolved.problems);
            }
            Err(refusal) => problems.extend(refusal.problems),
        }
    }
    problems.sort_by_key(|problem| problem.span.start);
    problems.dedup();
    problems
}

/// The folder of other people's profiles beside the checkout; if it is not there, `test` is left out.
fn shared(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CALLGATE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    if folder.join("corpus").is_dir() {
        return Some(folder);
    }
    let line =
        format!("left out: callgate-analyze::{test}: ../shared is not beside the checkout\n");
    assert!(
        std::env::var_os("CALLGATE_COMPLETE").is_none_or(|complete| complete != "1"),
        "{line}"
    );
    match std::env::var_os("CALLGATE_LEFT_OUT").filter(|path| !path.is_empty()) {
        Some(path) => OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("CALLGATE_LEFT_OUT names a file that can be written"),
        None => eprint!("{line}"),
    }
    None
}
