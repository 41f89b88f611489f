//! `export spo` and `spo-v1beta1` held against what an API server takes, by a validator and a YAML reader of other people's,
//! and what they read proved to be the profile.
//!
//! Apart from the golden texts, which say what callgate writes: here somebody else says what a SeccompProfile is.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{callgate, folder, left_out, profiles};

const SCHEMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/exports/seccompprofile.schema.json"
);

/// Reads YAML; says what of it does not fit the schema, and what its spec is.
const READ: &str = "
import json, sys, jsonschema, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
resource = yaml.safe_load(sys.stdin)
errors = [error.message[:200] for error in validator.iter_errors(resource)]
print(json.dumps([errors, resource.get('spec')]))
";

/// Why nothing can be read here; none where it can.
pub(super) fn lacking() -> Option<&'static str> {
    let asked = Command::new("python3")
        .args(["-c", "import jsonschema, yaml"])
        .output();
    let there = asked.is_ok_and(|output| output.status.success());
    (!there).then_some("python3 with jsonschema and yaml is not installed")
}

/// What of a text does not fit the schema, and its spec.
pub(super) fn read(text: &[u8]) -> (Vec<String>, Value) {
    let mut child = Command::new("python3")
        .args(["-c", READ, SCHEMA])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(text).expect("written");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("two answers")
}

#[test]
fn an_api_server_takes_every_resource() {
    let name = "exports::operator::an_api_server_takes_every_resource";
    if let Some(reason) = lacking() {
        return left_out::left_out(name, reason);
    }
    let folder = folder("operator");
    let [program, spec] = ["program.bpf", "spec.json"].map(|name| folder.join(name));
    let [program, spec] = [&program, &spec].map(|path| path.to_str().expect("a path"));
    let (mut taken, mut proved) = (0, 0);
    for profile in profiles(name) {
        let reader = ["--native", "x86_64", "--from", "docker@28"];
        for kind in ["spo", "spo-v1beta1"] {
            let exported =
                callgate(&[&["export", kind, &profile, "--lossy"], &reader[..]].concat());
            if !exported.status.success() {
                // There are no words for it, or whoever is to read it refuses it.
                continue;
            }
            let text = exported.stdout;
            let (errors, read) = read(&text);
            assert_eq!(errors, [""; 0], "{profile} as {kind}");
            taken += 1;
            let said = String::from_utf8(exported.stderr).expect("text");
            if said.contains(" differ:") {
                continue;
            }
            fs::write(spec, read.to_string()).expect("written");
            let given = ["compile", &profile, "--target", "docker@28", "-o", program];
            assert!(callgate(&[&given, &reader[..2]].concat()).status.success());
            let asked = ["prove", program, spec, "--target", "containerd"];
            let answer = callgate(&[&asked, &reader[..2]].concat());
            let words = String::from_utf8_lossy(&answer.stdout).into_owned();
            assert_eq!(answer.status.code(), Some(0), "{profile}: {words}");
            proved += 1;
        }
    }
    assert!(taken > 10 && proved > 5, "{taken} taken, {proved} proved");
}

/// The schema refuses what an API server refuses, or drops without a word.
#[test]
fn the_schema_sees_what_is_wrong() {
    if let Some(reason) = lacking() {
        return left_out::left_out("exports::operator::the_schema_sees_what_is_wrong", reason);
    }
    let words = ["export", "spo", "tests/profiles/no-x25.json"];
    let arch = ["--native", "x86_64", "--arch", "x86_64"];
    let text = callgate(&[&words[..], &arch].concat()).stdout;
    let text = String::from_utf8(text).expect("text");
    assert_eq!(read(text.as_bytes()).0, [""; 0]);
    for (right, wrong) in [
        ("x-k8s.io/v1\n", "x-k8s.io/v1alpha1\n"),
        ("name: no-x25", "name: No_X25"),
        ("SCMP_ACT_TRAP", "SCMP_ACT_STOP"),
        ("SCMP_ARCH_X86_64", "SCMP_ARCH_LOONGARCH64"),
        ("errnoRet: 97", "errnoRet: EAFNOSUPPORT"),
        ("value: 9\n", "value: 9223372036854775808\n"),
        ("index: 0", "index: -1"),
        ("spec:\n", "spec:\n  defaultErrnoRet: 38\n"),
        ("names:\n    - bpf\n    - userfaultfd\n", "names: []\n"),
    ] {
        let text = text.replacen(right, wrong, 1);
        assert!(text.contains(wrong), "{wrong}");
        assert_ne!(read(text.as_bytes()).0, [""; 0], "{wrong}");
    }
}
