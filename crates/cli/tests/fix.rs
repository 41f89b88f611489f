//! `check --fix` on files: what is changed, what is only shown, and that the layout stays.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A rule that refuses, and one that allows, each with a name that is misspelt and one that is there twice.
const DENIES: &str = r#"{
	"defaultAction": "SCMP_ACT_ALLOW",
	"architectures": ["SCMP_ARCH_X86_64"],
	"syscalls": [
		{ "names": ["mkdirr", "chroot",
		            "chroot"], "action": "SCMP_ACT_KILL" },
		{ "names": ["socket"], "action": "SCMP_ACT_ERRNO",
		  "args": [ { "index": 0, "value": 9, "op": "SCMP_CMP_EQ" } ] }
	]
}
"#;
const DENIES_MENDED: &str = r#"{
	"defaultAction": "SCMP_ACT_ALLOW",
	"architectures": ["SCMP_ARCH_X86_64"],
	"syscalls": [
		{ "names": ["chroot", "mkdir"], "action": "SCMP_ACT_KILL_PROCESS" },
		{ "names": ["socket"], "action": "SCMP_ACT_ERRNO",
		  "args": [ { "index": 0, "value": 4294967295, "valueTwo": 9, "op": "SCMP_CMP_MASKED_EQ" } ] }
	]
}
"#;
const ALLOWS: &str = r#"{
	"defaultAction": "SCMP_ACT_ERRNO",
	"syscalls": [ { "names": ["mkdirr", "read", "read"], "action": "SCMP_ACT_ALLOW" } ]
}
"#;

#[test]
fn what_lets_no_more_through_is_changed() {
    let (path, output) = fixed("denies", DENIES, &[]);
    assert_eq!(fs::read_to_string(path).expect("there"), DENIES_MENDED);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("changes made"), "{said}");
}

#[test]
fn what_lets_more_through_is_shown_and_asked_for() {
    let (path, output) = fixed("allows", ALLOWS, &[]);
    let proved = ALLOWS.replace(r#""read", "read""#, r#""read""#);
    assert_eq!(fs::read_to_string(path).expect("there"), proved);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains(r#"+	"syscalls": [ { "names": ["mkdir","#),
        "{shown}"
    );
    let (path, _) = fixed("asked", ALLOWS, &["--write"]);
    let all = proved.replace("mkdirr", "mkdir");
    assert_eq!(fs::read_to_string(path).expect("there"), all);
}

#[test]
fn io_uring_is_refused_where_a_plugin_is_asked() {
    let asks = r#"{
	"defaultAction": "SCMP_ACT_ALLOW",
	"x-actions": { "x-net": { "answer": "SCMP_ACT_NOTIFY", "plugin": "connect" } },
	"syscalls": [
		{ "names": ["connect"], "action": "x-net" }
	]
}
"#;
    let (path, _) = fixed("plugin", asks, &[]);
    let refuses = asks.replace(
        "\"x-net\" }\n",
        "\"x-net\" }, { \"names\": [\"io_uring_setup\"], \"action\": \"SCMP_ACT_ERRNO\" }\n",
    );
    assert_eq!(fs::read_to_string(path).expect("there"), refuses);
}

fn fixed(name: &str, text: &str, more: &[&str]) -> (PathBuf, Output) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fix-{name}.json"));
    fs::write(&path, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--fix", "--native", "x86_64"])
        .args(["--select", "CG110,CG204,CG214,CG606,CG707,CG803"])
        .args(more)
        .arg(&path)
        .output()
        .expect("callgate runs");
    (path, output)
}
