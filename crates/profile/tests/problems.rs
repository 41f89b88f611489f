//! Every problem that a document can have: documents with the problems drawn under their places.
//!
//! The cases are in `tests/cases`, several documents a file, each after a line `=== what it shows`.
//! A line of carets is not part of the document: it is what is wrong with the line above it.
//! `SNAPSHOTS=overwrite cargo test` draws them anew; read the difference.

use callgate_profile::{Options, Problem, Severity, codes, line_column, parse};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[test]
fn problems_are_where_the_cases_draw_them() {
    let mut wrong = Vec::new();
    for path in case_files() {
        let expected = read(&path);
        let drawn = draw_file(&expected);
        if drawn == expected {
            continue;
        }
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            std::fs::write(&path, drawn).expect("a case file can be written");
            continue;
        }
        let line = expected
            .lines()
            .zip(drawn.lines())
            .position(|(expected, drawn)| expected != drawn)
            .unwrap_or_else(|| expected.lines().count().min(drawn.lines().count()));
        wrong.push(format!(
            "{}:{}\n  expected {}\n  drawn    {}",
            path.display(),
            line + 1,
            expected.lines().nth(line).unwrap_or("the end"),
            drawn.lines().nth(line).unwrap_or("the end"),
        ));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_case() {
    let cases: String = case_files().iter().map(|path| read(path)).collect();
    let words: BTreeSet<&str> = cases.split([' ', ':']).collect();
    let all = [
        codes::SYNTAX,
        codes::DUPLICATE_KEY,
        codes::UNKNOWN_KEY,
        codes::KEY_CASE,
        codes::NO_PROFILE,
        codes::ACTION,
        codes::EXCLUSIVE_KEYS,
        codes::COMPARISON,
        codes::NO_NAMES,
        codes::UNKNOWN_SYSCALL,
        codes::CAPABILITY,
        codes::CONDITION_ARCH,
        codes::MIN_KERNEL,
        codes::ARCH_OR_FLAG,
        codes::ERRNO_RANGE,
        codes::WRONG_TYPE,
        codes::NULL_ELEMENT,
        codes::CUSTOM_ACTION,
        codes::LISTENER,
        codes::ERRNO_NAME,
    ];
    // CG100 is in limits.rs: its documents are too large, too deep or no text. CG122 is in extends.rs: it is about other texts.
    for code in all {
        assert!(words.contains(code), "no case shows {code}");
    }
}

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the cases are part of the crate")
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a case file is text")
}

/// The file with the carets drawn as the problems are found.
fn draw_file(file: &str) -> String {
    let mut drawn = String::new();
    let mut document = String::new();
    for line in file.lines() {
        if line.starts_with("=== ") {
            drawn += &draw(&std::mem::take(&mut document));
            drawn += line;
            drawn.push('\n');
        } else if !line.trim_start().starts_with('^') {
            document += line;
            document.push('\n');
        }
    }
    drawn + &draw(&document)
}

fn draw(document: &str) -> String {
    if document.is_empty() {
        return String::new();
    }
    let parsed = parse(document.as_bytes(), &Options::default());
    let mut drawn = String::new();
    for (index, line) in document.lines().enumerate() {
        drawn += line;
        drawn.push('\n');
        for problem in &parsed.problems {
            let (problem_line, column) = line_column(document.as_bytes(), problem.span.start);
            let last = document.lines().count();
            if problem_line.min(last) == index + 1 {
                let column = if problem_line > last { 1 } else { column };
                draw_problem(&mut drawn, document, column, problem);
            }
        }
    }
    drawn
}

fn draw_problem(drawn: &mut String, document: &str, column: usize, problem: &Problem) {
    let marked = document[problem.span.range()].lines().next().unwrap_or("");
    let carets = "^".repeat(marked.chars().count().max(1));
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
        Severity::Style => "style",
    };
    let indent = " ".repeat(column - 1);
    write!(
        drawn,
        "{indent}{carets} {severity} {}: {}",
        problem.code, problem.message
    )
    .unwrap();
    if !problem.label.is_empty() {
        write!(drawn, " ({})", problem.label).unwrap();
    }
    for (span, words) in &problem.related {
        let (line, column) = line_column(document.as_bytes(), span.start);
        write!(drawn, "; {line}:{column} {words}").unwrap();
    }
    if let Some(help) = &problem.help {
        write!(drawn, "; help: {help}").unwrap();
    }
    drawn.push('\n');
}
