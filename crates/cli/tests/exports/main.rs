//! Exports under the tools that they are for: bubblewrap, systemd, runc and crun load them, and what the kernel then has is read
//! back; compilers and other people's readers take the rest.
//!
//! Apart from the sessions, because here others take what was written.

mod bubblewrap;
mod kubernetes;
mod manager;
mod operator;
mod programs;
mod runtimes;
mod systemd;

#[path = "../../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which two functions are used"
)]
mod left_out;

#[path = "../support/sleeper.rs"]
mod sleeper;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use callgate_load::{Mode, Privileged, ProcessState};
use serde_json::{Value, json};

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

/// A profile that container runtimes start under: everything but a few calls, one of them for some arguments alone.
const PROFILE: &str = r#"{
    "defaultAction": "SCMP_ACT_ALLOW",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [
        {"names": ["acct", "swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
        {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
         "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_EQ"}]}
    ]
}"#;

/// Why a tool's filter can't be read here; none where it can.
fn lacking(tool: &str) -> Option<String> {
    let version = Command::new(tool).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Some(format!("{tool} is not installed"));
    }
    lacking_rights()
}

/// Why no filter can be read here; none where one can.
fn lacking_rights() -> Option<String> {
    if cfg!(not(target_arch = "x86_64")) {
        return Some("the profile is for x86_64".to_owned());
    }
    let free = ProcessState::of(std::process::id()).is_ok_and(|state| state.mode == Mode::Disabled);
    match (Privileged::assert(), free) {
        (Err(_), _) => Some("reading filters needs CAP_SYS_ADMIN".to_owned()),
        (Ok(_), false) => Some("reading filters needs a reader without a filter".to_owned()),
        (Ok(_), true) => None,
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("exports")
        .join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn callgate(words: &[&str]) -> Output {
    Command::new(CALLGATE)
        .args(words)
        .output()
        .expect("it starts")
}

/// The profile of most tests, as a file.
fn profile_in(folder: &Path) -> String {
    let profile = folder.join("profile.json");
    fs::write(&profile, PROFILE).expect("written");
    profile.to_str().expect("a path").to_owned()
}

/// An export, which has to be exact.
fn export(kind: &str, profile: &str, folder: &Path, more: &[&str]) -> PathBuf {
    let file = folder.join(kind);
    let to = file.to_str().expect("a path");
    let output = callgate(&[&["export", kind, profile, "-o", to], more].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    file
}

/// Holds what a process has against a profile, as a target reads it.
fn verify(profile: &str, reader: &[&str], pid: &str) {
    let output = callgate(&[&["verify", profile, "--pid", pid, "--target"], reader].concat());
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

/// Ours, the built-in one, and other people's where they are beside the checkout.
fn profiles(test: &str) -> Vec<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/profiles")];
    match left_out::shared() {
        Some(folder) => folders.push(folder.join("corpus")),
        None => left_out::left_out(test, "../shared is not beside the checkout"),
    }
    let paths = folders.iter().flat_map(|folder| {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path())
    });
    let is_json = |path: &PathBuf| path.extension().is_some_and(|end| end == "json");
    let names = paths
        .filter(is_json)
        .map(|path| path.to_str().expect("a path").to_owned());
    names.chain(["docker:default".to_owned()]).collect()
}

/// What a script reads: the text, and every call that it changes.
#[test]
fn json_carries_every_loss() {
    let filter = "tests/profiles/no-prctl.bpf";
    let more = ["--native", "x86_64", "--lossy", "--format", "json"];
    let output = callgate(&[&["export", "docker", filter], &more[..]].concat());
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["schema"], "callgate/export/v1");
    assert_eq!(answer["exact"], false);
    let profile: Value =
        serde_json::from_str(answer["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(profile["syscalls"][0]["names"], json!(["prctl"]));
    let differences = answer["differences"].as_array().expect("a list");
    let subjects: Vec<_> = differences
        .iter()
        .map(|each| (&each["arch"], &each["name"]))
        .collect();
    assert_eq!(
        subjects,
        [
            (&json!("x32"), &json!("prctl")),
            (&Value::Null, &Value::Null)
        ]
    );
}
