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

/// What is mended in YAML.
const FIXED: [&str; 2] = ["--select", "CG110,CG204,CG214,CG301,CG606"];

#[test]
fn profiles_in_yaml_are_mended_and_keep_their_layout() {
    let path = fix_yaml("two", IN_YAML, &FIXED);
    assert_eq!(fs::read_to_string(&path).expect("there"), IN_YAML_MENDED);
    let path = fix_yaml("asked", IN_YAML, &[&FIXED[..], &["--write"]].concat());
    let all = IN_YAML_MENDED.replace("    - mkdirr\n", "    - mkdir\n");
    assert_eq!(fs::read_to_string(path).expect("there"), all);
}

#[test]
fn what_adds_to_a_profile_that_is_not_here_is_only_shown() {
    let based = IN_YAML.replace("spec:\n", "spec:\n  baseProfileName: base\n");
    let path = fix_yaml("based", &based, &FIXED);
    assert_eq!(fs::read_to_string(path).expect("there"), based);
}

/// Rules for calls of which one has no effect under Docker, and what they become.
const IDLE: &[(&str, &str, &str)] = &[
    (
        "the wide rule is for other calls, too",
        r#"{ "names": ["kill", "tkill"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }"#,
        r#"{ "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_NE" }] },
    { "names": ["tkill"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }"#,
    ),
    (
        "two comparisons, of which one may fail",
        r#"{ "names": ["kill"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["kill"], "action": "SCMP_ACT_TRAP", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_LE" }, { "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }"#,
        r#"{ "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_NE" }] },
    { "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_GT" }] },
    { "names": ["kill"], "action": "SCMP_ACT_TRAP", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_LE" }, { "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }"#,
    ),
    (
        "one bit, and conditions that ask for nothing",
        r#"{ "names": ["unshare"], "action": "SCMP_ACT_ALLOW", "includes": {} },
    { "names": ["unshare"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ" }] }"#,
        r#"{ "names": ["unshare"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 268435456, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }], "includes": {} },
    { "names": ["unshare"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ" }] }"#,
    ),
    (
        "a narrow rule that is no stricter goes",
        r#"{ "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" },
    { "names": ["ptrace", "read"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 0, "op": "SCMP_CMP_EQ" }] }"#,
        r#"{ "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" },
    { "names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 0, "op": "SCMP_CMP_EQ" }] }"#,
    ),
];

/// Rules that meet, and stay as they are: what was meant is not sure, or there are no comparisons for it.
const LEFT: &[(&str, &str)] = &[
    (
        "under some conditions only",
        r#"{ "names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "excludes": { "caps": ["CAP_SYS_PTRACE"] } },
    { "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" }"#,
    ),
    (
        "some bits of many",
        r#"{ "names": ["unshare"], "action": "SCMP_ACT_ALLOW" },
    { "names": ["unshare"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 0, "value": 402653184, "valueTwo": 402653184, "op": "SCMP_CMP_MASKED_EQ" }] }"#,
    ),
];

#[test]
fn of_two_rules_the_stricter_has_an_effect_afterwards() {
    let left = LEFT.iter().map(|&(what, rules)| (what, rules, rules));
    for (at, (what, rules, expected)) in IDLE.iter().copied().chain(left).enumerate() {
        let text = |rules: &str| {
            format!(
                "{{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"syscalls\": [\n    {rules}\n  ]\n}}\n"
            )
        };
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fix-idle-{at}.json"));
        fs::write(&path, text(rules)).expect("written");
        let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
            .args(["check", "--fix", "--native", "x86_64"])
            .args(["--target", "callgate", "--target", "docker"])
            .args(["--select", "CG210,CG211,CG212"])
            .arg(&path)
            .output()
            .expect("callgate runs");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_left = rules == expected;
        assert_eq!(
            output.status.code(),
            Some(is_left.into()),
            "{what}: {shown}"
        );
        let becomes = fs::read_to_string(&path).expect("there");
        assert_eq!(becomes, text(expected), "{what}: {shown}");
    }
}

#[test]
fn a_key_in_yaml_is_mended_at_its_place() {
    let misspelt = IN_YAML.replace("    args:\n", "    argz:   # which\n");
    let path = fix_yaml("key", &misspelt, &["--select", "CG103", "--write"]);
    let mended = misspelt.replace("argz", "args");
    assert_eq!(fs::read_to_string(path).expect("there"), mended);
}

fn fix_yaml(name: &str, text: &str, more: &[&str]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fix-{name}.yaml"));
    fs::write(&path, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--fix", "--native", "x86_64", "--target", "crio"])
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

/// Texts that are nearly JSON, and JSON; with the ends of lines as they are.
const NEARLY: &[(&str, &str, &str)] = &[
    (
        "comments",
        "// What\r\n// it is\r\n{\r\n  \"defaultAction\": \"SCMP_ACT_ALLOW\", // by default\r\n  // none, yet\r\n  \"syscalls\": [ /* nothing */ ]\r\n}\r\n",
        "\r\n{\r\n  \"defaultAction\": \"SCMP_ACT_ALLOW\",\r\n  \"syscalls\": [  ]\r\n}\r\n",
    ),
    (
        "a mark, a comma and numbers",
        "\u{feff}{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [ { \"names\": [\"prctl\", ], \"action\": \"SCMP_ACT_ERRNO\", \"comment\": \"é 0x1\",\n \"args\": [ { \"index\": 0x0, \"value\": 0xffffffffffffffff, \"op\": \"SCMP_CMP_EQ\" } ] } ] }\n",
        "{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [ { \"names\": [\"prctl\" ], \"action\": \"SCMP_ACT_ERRNO\", \"comment\": \"é 0x1\",\n \"args\": [ { \"index\": 0, \"value\": 18446744073709551615, \"op\": \"SCMP_CMP_EQ\" } ] } ] }\n",
    ),
    (
        "a key for a list, twice, which nobody can mend",
        "{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"syscalls\": [], }\n",
        "{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"syscalls\": [] }\n",
    ),
    (
        "a key for a word, thrice, and a null, which changes nothing for Go",
        "{ \"defaultAction\": \"SCMP_ACT_LOG\", \"defaultAction\": \"SCMP_ACT_ALLOW\",\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"defaultErrnoRet\": 1, \"defaultErrnoRet\": null, \"syscalls\": [] }\n",
        "{ \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"defaultErrnoRet\": 1, \"defaultErrnoRet\": null, \"syscalls\": [] }\n",
    ),
];

#[test]
fn nearly_json_becomes_json_when_asked() {
    let select = ["--select", "CG101,CG102"];
    for (what, text, expected) in NEARLY {
        let asked = [&select[..], &["--target", "callgate"]].concat();
        let (path, output) = fixed_with("nearly", text, &asked);
        assert_eq!(&fs::read_to_string(&path).expect("there"), text, "{what}");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains("--fix --write makes it"), "{what}: {shown}");
        let (path, _) = fixed_with("nearly", text, &[&asked[..], &["--write"]].concat());
        assert_eq!(
            &fs::read_to_string(path).expect("there"),
            expected,
            "{what}"
        );
    }
}

fn fixed(name: &str, text: &str, more: &[&str]) -> (PathBuf, Output) {
    let select = ["--select", "CG110,CG204,CG214,CG606,CG803"];
    fixed_with(name, text, &[&select[..], more].concat())
}

fn fixed_with(name: &str, text: &str, more: &[&str]) -> (PathBuf, Output) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fix-{name}.json"));
    fs::write(&path, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--fix", "--native", "x86_64"])
        .args(more)
        .arg(&path)
        .output()
        .expect("callgate runs");
    (path, output)
}
