//! `export spo` and `spo-v1beta1` held against what an API server takes, by a validator and a YAML reader of other people's,
//! and what they read proved to be the profile.
//!
//! Apart from the golden texts, which say what callgate writes: here somebody else says what a SeccompProfile is.

#[path = "../../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which two functions are used"
)]
mod left_out;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const SCHEMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/operator/seccompprofile.schema.json"
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
fn lacking() -> Option<&'static str> {
    let asked = Command::new("python3")
        .args(["-c", "import jsonschema, yaml"])
        .output();
    let there = asked.is_ok_and(|output| output.status.success());
    (!there).then_some("python3 with jsonschema and yaml is not installed")
}

/// What of a text does not fit the schema, and its spec.
fn read(text: &[u8]) -> (Vec<String>, Value) {
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

fn callgate(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(words)
        .output()
        .expect("it starts")
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

#[test]
fn an_api_server_takes_every_resource() {
    let name = "operator::an_api_server_takes_every_resource";
    if let Some(reason) = lacking() {
        return left_out::left_out(name, reason);
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("operator");
    fs::create_dir_all(&folder).expect("a folder");
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
        return left_out::left_out("operator::the_schema_sees_what_is_wrong", reason);
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
