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
/// Two profiles in YAML, with comments, lists in lines and lists between brackets.
const IN_YAML: &str = r#"# For the web.
apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: web   # its name
spec:
  defaultAction: SCMP_ACT_ALLOW
  syscalls:
  # nobody makes directories
  - action: "SCMP_ACT_KILL"   # at once
    names:
    - mkdirr   # a typo
    - chroot
    - chroot   # again
  - {action: SCMP_ACT_ERRNO, names: ['ptrase', reboot, reboot]}
  - action: SCMP_ACT_ERRNO
    names: [socket]
    args:
    - index: 0
      value: 9
      op: SCMP_CMP_EQ
---
apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: threads
spec:
  defaultAction: SCMP_ACT_ERRNO
  syscalls:
  # threads
  - action: SCMP_ACT_ALLOW
    names:
    - clone
    - mkdirr
"#;
const IN_YAML_MENDED: &str = r#"# For the web.
apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: web   # its name
spec:
  defaultAction: SCMP_ACT_ALLOW
  syscalls:
  # nobody makes directories
  - action: "SCMP_ACT_KILL_PROCESS"   # at once
    names:
    - mkdir   # a typo
    - chroot
  - {action: SCMP_ACT_ERRNO, names: ['ptrace', reboot]}
  - action: SCMP_ACT_ERRNO
    names: [socket]
    args:
    - index: 0
      value: 4294967295
      valueTwo: 9
      op: SCMP_CMP_MASKED_EQ
---
apiVersion: security-profiles-operator.x-k8s.io/v1beta1
kind: SeccompProfile
metadata:
  name: threads
spec:
  defaultAction: SCMP_ACT_ERRNO
  syscalls:
  - action: SCMP_ACT_ERRNO
    errnoRet: 38
    names: [clone3]
  # threads
  - action: SCMP_ACT_ALLOW
    names:
    - clone
    - mkdirr
"#;

#[test]
fn profiles_in_yaml_are_mended_and_keep_their_layout() {
    let path = fix_yaml("two", IN_YAML, &[]);
    assert_eq!(fs::read_to_string(&path).expect("there"), IN_YAML_MENDED);
    let path = fix_yaml("asked", IN_YAML, &["--write"]);
    let all = IN_YAML_MENDED.replace("    - mkdirr\n", "    - mkdir\n");
    assert_eq!(fs::read_to_string(path).expect("there"), all);
}

#[test]
fn what_adds_to_a_profile_that_is_not_here_is_only_shown() {
    let based = IN_YAML.replace("spec:\n", "spec:\n  baseProfileName: base\n");
    let path = fix_yaml("based", &based, &[]);
    assert_eq!(fs::read_to_string(path).expect("there"), based);
}

fn fix_yaml(name: &str, text: &str, more: &[&str]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fix-{name}.yaml"));
    fs::write(&path, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--fix", "--native", "x86_64", "--target", "crio"])
        .args(["--select", "CG110,CG204,CG214,CG301,CG606"])
        .args(more)
        .arg(&path)
        .output()
        .expect("callgate runs");
    assert!(matches!(output.status.code(), Some(0 | 1)));
    path
}

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

fn fixed(name: &str, text: &str, more: &[&str]) -> (PathBuf, Output) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fix-{name}.json"));
    fs::write(&path, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--fix", "--native", "x86_64"])
        .args(["--select", "CG110,CG204,CG214,CG606,CG803"])
        .args(more)
        .arg(&path)
        .output()
        .expect("callgate runs");
    (path, output)
}
