//! Every lint on the example of its page: found in the one text, not found in the other, and mended where it says so.
//!
//! Apart from the lints' own tests, which ask for more than a page shows: here none can be without.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use callgate_analyze::{Example, LINTS, Lint};
use callgate_profile::builtin::DOCKER_DEFAULT;
use serde_json::Value;

#[test]
fn every_lint_finds_its_example_and_mends_what_it_says() {
    for lint in LINTS {
        let Some(example) = lint.example else {
            continue;
        };
        let wrong = Asked::about(lint, example, "wrong", example.wrong);
        assert_ne!(wrong.findings(&[]), 0, "{} is not found", lint.id);
        let right = Asked::about(lint, example, "right", example.right);
        assert_eq!(right.findings(&[]), 0, "{} is found", lint.id);
        wrong.findings(&["--fix", "--write"]);
        let becomes = fs::read_to_string(&wrong.path).expect("the file");
        let expected = match example.is_mended {
            true => example.right,
            false => example.wrong,
        };
        assert_eq!(becomes, expected, "{}", lint.id);
    }
}

#[test]
fn what_has_no_example_is_too_long_for_one() {
    let without = LINTS.iter().filter(|lint| lint.example.is_none());
    let mut left: Vec<&str> = without.map(|lint| lint.id).collect();
    for (id, target, wrong, right) in [
        // libseccomp tests one value after the other; callgate takes neighbours together.
        (
            "CG801",
            "--target docker",
            refused_values(4_200, |place| place),
            refused_values(4_000, |place| place),
        ),
        (
            "CG801",
            "--target callgate",
            refused_values(4_200, |place| place * place),
            refused_values(4_200, |place| place),
        ),
        (
            "CG805",
            "--target docker",
            older_default(),
            DOCKER_DEFAULT.to_owned(),
        ),
    ] {
        let lint = callgate_analyze::lint_by_id(id).expect("a lint");
        let example = Example {
            file: "seccomp.json",
            options: target,
            wrong: "",
            right: "",
            is_mended: false,
        };
        let wrong = Asked::about(lint, example, "wrong", &wrong);
        assert_ne!(wrong.findings(&[]), 0, "{id} is not found");
        let right = Asked::about(lint, example, "right", &right);
        assert_eq!(right.findings(&[]), 0, "{id} is found");
        left.retain(|left| *left != id);
    }
    assert!(left.is_empty(), "{left:?}");
}

/// A profile that refuses as many values of an argument, a rule each, of its place.
fn refused_values(count: u64, value: fn(u64) -> u64) -> String {
    let rule = |value: u64| {
        format!(
            r#"{{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "args": [ {{ "index": 0, "value": {value}, "op": "SCMP_CMP_EQ" }} ] }}"#
        )
    };
    let rules: Vec<String> = (1..=count).map(|place| rule(value(place))).collect();
    let rules = rules.join(", ");
    format!(r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {rules} ] }}"#)
}

/// Docker's default without calls that came later.
fn older_default() -> String {
    let later = [
        "close_range",
        "epoll_pwait2",
        "faccessat2",
        "fchmodat2",
        "futex_waitv",
        "landlock_add_rule",
        "membarrier",
        "memfd_secret",
        "mlock2",
        "openat2",
        "pidfd_getfd",
        "pidfd_open",
        "rseq",
        "statx",
    ];
    later.iter().fold(DOCKER_DEFAULT.to_owned(), |text, name| {
        text.replace(&format!("\"{name}\""), "\"getpid\"")
    })
}

/// A text in a file, and how `check` is asked about it.
struct Asked {
    id: &'static str,
    options: &'static str,
    path: PathBuf,
}

impl Asked {
    fn about(lint: &Lint, example: Example, name: &str, text: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("lint-examples")
            .join(lint.id)
            .join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(example.file);
        fs::write(&path, text).expect("written");
        Self {
            id: lint.id,
            options: example.options,
            path,
        }
    }

    /// How often the lint finds something.
    fn findings(&self, more: &[&str]) -> usize {
        let native = match self.options.contains("--native") {
            true => &[][..],
            false => &["--native", "x86_64"],
        };
        let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
            .args(["check", "--format", "jsonl", "--select", self.id])
            .args(native)
            .args(self.options.split_whitespace())
            .args(more)
            .arg(&self.path)
            .output()
            .expect("callgate runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}: {said}",
            self.id
        );
        let text = String::from_utf8(output.stdout).expect("text");
        let findings = text.lines().filter(|line| line.starts_with('{'));
        let of_lint = findings.inspect(|line| {
            let found: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(found["code"], self.id);
        });
        of_lint.count()
    }
}
