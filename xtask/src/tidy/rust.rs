//! The rules for Rust files: what opens them, how long they are, what stands in them, and what a crate's root forbids.
//! Apart from the reading of the tree, so that each rule is tested on a text.

use super::code::{code_of, has_word};
use super::{Fault, SourceFile};

const LINES: usize = 500;

/// Crates whose answers depend on nothing but their arguments.
const PURE: [&str; 8] = [
    "syscalls", "bpf", "policy", "prove", "profile", "engines", "compile", "analyze",
];

/// What a pure crate does not name.
const IMPURE: [&str; 6] = [
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
];

/// What nobody writes, and why.
const BANNED: [(&str, &str); 5] = [
    ("todo!", "unfinished code is not committed"),
    ("unimplemented!", "unfinished code is not committed"),
    ("dbg!", "a trace of debugging"),
    (
        "#[ignore",
        "a test that can't run says so by the left-out convention",
    ),
    ("fn get_", "a name says what it gives: no get_"),
];

const PRINTING: [&str; 4] = ["print!", "println!", "eprint!", "eprintln!"];

/// The breaches of one file.
pub(super) fn faults(file: &SourceFile) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !file.text.starts_with("//! ") {
        faults.push(file.fault("the first line has to begin with `//! ` and say what the file is"));
    }
    let lines = file.text.lines().count();
    if lines > LINES && !is_generated(&file.path) {
        faults.push(file.fault(format!(
            "{lines} lines, {LINES} at most: what are its two halves called?"
        )));
    }
    let code = code_of(&file.text);
    let library = library_part(&code);
    for (index, line) in code.lines().enumerate() {
        let mut add = |message: String| faults.push(file.fault_at(index + 1, message));
        if has_word(line, "unsafe") && !file.path.ends_with("/sys.rs") {
            add("unsafe stands only in a file named sys.rs".to_owned());
        }
        for (banned, reason) in BANNED {
            if line.contains(banned) {
                add(format!("{banned}: {reason}"));
            }
        }
        if index >= library {
            continue;
        }
        if is_quiet(&file.path) && PRINTING.iter().any(|&macro_| has_word(line, macro_)) {
            add("only the command prints".to_owned());
        }
        for impure in IMPURE {
            if is_pure(&file.path) && line.contains(impure) {
                add(format!(
                    "{impure} in a crate that is a function of its arguments"
                ));
            }
        }
    }
    faults
}

/// The breaches of crates: each without a `sys.rs` forbids unsafe code.
pub(super) fn crate_faults(files: &[SourceFile]) -> Vec<Fault> {
    let is_root = |path: &str| path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs");
    let mut faults = Vec::new();
    for root in files.iter().filter(|file| is_root(&file.path)) {
        let folder = root
            .path
            .trim_end_matches("lib.rs")
            .trim_end_matches("main.rs");
        let has_sys = files
            .iter()
            .any(|file| file.path.starts_with(folder) && file.path.ends_with("/sys.rs"));
        let forbids = code_of(&root.text).contains("#![forbid(unsafe_code)]");
        if !has_sys && !forbids {
            faults.push(
                root.fault("no sys.rs in this crate, so that it says #![forbid(unsafe_code)]"),
            );
        }
    }
    faults
}

/// How many lines come before the tests, which are last.
fn library_part(code: &str) -> usize {
    code.lines()
        .position(|line| line.starts_with("#[cfg(test)]"))
        .unwrap_or(usize::MAX)
}

fn is_generated(path: &str) -> bool {
    path.contains("/generated/") || path.ends_with("/generated.rs")
}

fn is_quiet(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/") && !path.starts_with("crates/cli/")
}

fn is_pure(path: &str) -> bool {
    PURE.iter().any(|name| {
        path.strip_prefix("crates/")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with("/src/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile {
            path: path.into(),
            text: text.into(),
        };
        faults(&file)
            .into_iter()
            .map(|fault| fault.message)
            .collect()
    }

    #[test]
    fn each_rule_finds_its_breach_and_nothing_else() {
        let long = format!("//! A.\n{}", "\n".repeat(500));
        let cases = [
            ("crates/bpf/src/a.rs", "//! A.\n", 0),
            ("crates/bpf/src/a.rs", "// A.\n", 1),
            ("crates/bpf/src/a.rs", long.as_str(), 1),
            ("crates/bpf/src/generated/a.rs", long.as_str(), 0),
            ("crates/load/src/a.rs", "//! A.\nunsafe {}\n", 1),
            ("crates/load/src/sys.rs", "//! A.\nunsafe {}\n", 0),
            ("crates/load/src/a.rs", "//! A.\n// unsafe\n", 0),
            ("crates/load/src/a.rs", "//! A.\ntodo!()\n", 1),
            ("crates/load/src/a.rs", "//! A.\n#[ignore]\n", 1),
            ("crates/load/src/a.rs", "//! A.\nfn get_it() {}\n", 1),
            ("crates/load/src/a.rs", "//! A.\nprintln!()\n", 1),
            (
                "crates/load/src/a.rs",
                "//! A.\n#[cfg(test)]\nprintln!()\n",
                0,
            ),
            ("crates/cli/src/a.rs", "//! A.\nprintln!()\n", 0),
            ("crates/bpf/src/a.rs", "//! A.\nuse std::fs;\n", 1),
            ("crates/load/src/a.rs", "//! A.\nuse std::fs;\n", 0),
        ];
        for (path, text, count) in cases {
            let found = messages(path, text);
            assert_eq!(found.len(), count, "{path} {text:?}: {found:?}");
        }
    }

    #[test]
    fn a_crate_forbids_unsafe_or_has_a_sys() {
        let file = |path: &str, text: &str| SourceFile {
            path: path.into(),
            text: text.into(),
        };
        let forbidding = [file("crates/a/src/lib.rs", "#![forbid(unsafe_code)]")];
        let with_sys = [
            file("crates/a/src/lib.rs", ""),
            file("crates/a/src/sys.rs", ""),
        ];
        let neither = [file("crates/a/src/lib.rs", "// #![forbid(unsafe_code)]")];
        assert_eq!(crate_faults(&forbidding).len(), 0);
        assert_eq!(crate_faults(&with_sys).len(), 0);
        assert_eq!(crate_faults(&neither).len(), 1);
    }
}
