//! `check --format sarif` held against the schema of SARIF 2.1.0, which the crate serde-sarif brings, by a validator of other people's.
//!
//! Apart from the golden texts, which say what callgate writes: here somebody else says what SARIF is.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use serde_sarif::sarif::Sarif;

/// Reads one document, and says why it does not fit the schema.
const VALIDATE: &str = "
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.validators.validator_for(schema)(schema)
print(json.dumps([error.message[:200] for error in validator.iter_errors(json.load(sys.stdin))]))
";

/// Everything that a list can have: places, related places, fixes, manifests, files without problems, and one that can't be read.
const CHECKS: [&[&str]; 4] = [
    &["tests/profiles/odd.json", "tests/profiles/conditions.json"],
    &["tests/profiles/broken.json"],
    &["tests/profiles/yaml"],
    &["tests/profiles", "--ignore", "CG"],
];

#[test]
fn what_is_written_is_sarif() {
    let name = "sarif::what_is_written_is_sarif";
    let there = Command::new("python3")
        .args(["-c", "import jsonschema"])
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        return left_out::left_out(name, "python3 with jsonschema is not installed");
    }
    let schema = schema();
    let mut results = 0;
    for check in CHECKS {
        let mut written = written(check);
        assert_eq!(validated(&schema, &written), [""; 0], "{check:?}");
        let read: Sarif = serde_json::from_value(written.clone()).expect("it fits the types");
        results += read
            .runs
            .iter()
            .flat_map(|run| &run.results)
            .flatten()
            .count();
        // The validator would see it.
        written["runs"][0]["results"] = Value::from(1);
        assert_ne!(validated(&schema, &written), [""; 0], "{check:?}");
    }
    assert!(results > 20, "{results}");
}

fn written(check: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .args(["check", "--format", "sarif", "--native", "x86_64"])
        .args(check)
        .output()
        .expect("callgate runs");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn validated(schema: &Path, document: &Value) -> Vec<String> {
    let mut validator = Command::new("python3")
        .args(["-c", VALIDATE])
        .arg(schema)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut input = validator.stdin.take().expect("a pipe");
    input
        .write_all(document.to_string().as_bytes())
        .expect("it reads");
    drop(input);
    let output = validator.wait_with_output().expect("it ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("a list")
}

/// Where the crate keeps the schema.
fn schema() -> PathBuf {
    // Of other platforms' packages nothing is there.
    let platform = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let output = Command::new(env::var_os("CARGO").expect("cargo runs the tests"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", &platform])
        .output()
        .expect("cargo runs");
    let all: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = all["packages"].as_array().expect("a list");
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif");
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    Path::new(manifest.expect("a dependency"))
        .with_file_name("src")
        .join("schema.json")
}
