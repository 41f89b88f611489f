//! Profiles with a base as files: who writes one, and what of the files an edit touches.
//!
//! Apart from the golden texts, because here files are written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BASE: &str = r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["acct", "swapon", "swapon"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#;

/// A folder with a base.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("extends-{name}"));
    // What an earlier run left behind is no answer.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("apps")).expect("a folder");
    fs::write(folder.join("base.json"), BASE).expect("a file");
    folder
}

fn callgate(folder: &Path, words: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(words)
        .current_dir(folder)
        .output();
    output.expect("callgate runs")
}

/// What it says where it has to say yes.
fn said(folder: &Path, words: &[&str]) -> String {
    let output = callgate(folder, words);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_base_is_named_from_where_the_profile_is_written() {
    let folder = folder("new");
    let new = [
        "new",
        "--from",
        "base.json",
        "--extends",
        "--deny",
        "reboot",
        "-o",
        "apps/mine.json",
        "--native",
        "x86_64",
    ];
    said(&folder, &new);
    let mine = fs::read_to_string(folder.join("apps/mine.json")).expect("it is written");
    assert!(mine.contains(r#""x-extends": "../base.json""#), "{mine}");
    let explain = ["explain", "apps/mine.json", "acct", "--native", "x86_64"];
    assert!(said(&folder, &explain).contains("(base.json:5:17)"));
    let summary = [
        "explain",
        "apps/mine.json",
        "--native",
        "x86_64",
        "--format",
        "json",
    ];
    let summary: serde_json::Value = serde_json::from_str(&said(&folder, &summary)).expect("JSON");
    assert_eq!(summary["extends"], serde_json::json!(["base.json"]));
    // A copy elsewhere has the same base.
    said(
        &folder,
        &[
            "new",
            "--from",
            "apps/mine.json",
            "-o",
            "copy.json",
            "--native",
            "x86_64",
        ],
    );
    let copy = fs::read_to_string(folder.join("copy.json")).expect("it is written");
    assert_eq!(copy, mine.replace("../base.json", "base.json"));
    said(
        &folder,
        &[
            "diff",
            "--assert-equal",
            "apps/mine.json",
            "copy.json",
            "--native",
            "x86_64",
        ],
    );
}

#[test]
fn an_edit_leaves_the_base_alone() {
    let folder = folder("edits");
    let mine = r#"{
  "x-extends": "../base.json",
  "syscalls": [
    { "names": ["reboot", "reboot"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#;
    let path = folder.join("apps/mine.json");
    fs::write(&path, mine).expect("a file");
    said(
        &folder,
        &[
            "allow",
            "apps/mine.json",
            "acct",
            "--write",
            "--native",
            "x86_64",
        ],
    );
    let allowed = fs::read_to_string(&path).expect("there");
    let rule = r#",
    { "names": ["acct"], "action": "SCMP_ACT_ALLOW" }
  ]"#;
    assert_eq!(allowed, mine.replace("\n  ]", rule));
    // Both texts name a call twice, and only one of them was named.
    let fix = [
        "check",
        "apps/mine.json",
        "--fix",
        "--exit-zero",
        "--native",
        "x86_64",
        "--target",
        "docker@28",
    ];
    let left = said(&folder, &fix);
    let mended = fs::read_to_string(&path).expect("there");
    assert_eq!(
        mended,
        allowed.replace(r#"["reboot", "reboot"]"#, r#"["reboot"]"#)
    );
    assert!(left.contains("base.json"), "{left}");
    said(
        &folder,
        &["fmt", "apps/mine.json", "--write", "--native", "x86_64"],
    );
    let laid_out = fs::read_to_string(&path).expect("there");
    assert!(
        laid_out.starts_with("{\n\t\"x-extends\": \"../base.json\",\n"),
        "{laid_out}"
    );
    let expected = ["allow", "errno EPERM"];
    for (call, answer) in ["acct", "reboot"].iter().zip(expected) {
        let words = said(
            &folder,
            &["explain", "apps/mine.json", call, "--native", "x86_64"],
        );
        assert!(
            words.lines().next().expect("a line").ends_with(answer),
            "{words}"
        );
    }
}

#[test]
fn one_text_answers_as_both() {
    let folder = folder("export");
    let mine = r#"{ "x-extends": "docker:default", "syscalls": [
        { "names": ["ptrace", "clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 } ] }"#;
    fs::write(folder.join("mine.json"), mine).expect("a file");
    said(
        &folder,
        &["export", "docker", "mine.json", "-o", "whole.json"],
    );
    let whole = fs::read_to_string(folder.join("whole.json")).expect("it is written");
    assert!(
        !whole.contains("x-extends") && whole.contains("CAP_SYS_ADMIN"),
        "{whole}"
    );
    for target in ["callgate", "docker@20.10", "docker@28", "podman", "crio"] {
        for caps in ["docker", "none", "all"] {
            for native in ["x86_64", "aarch64", "s390x"] {
                let equal = [
                    "diff",
                    "--assert-equal",
                    "mine.json",
                    "whole.json",
                    "--target",
                    target,
                    "--caps",
                    caps,
                    "--native",
                    native,
                ];
                said(&folder, &equal);
            }
        }
    }
}
