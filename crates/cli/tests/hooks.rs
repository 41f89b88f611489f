//! The hook definitions for pre-commit and for GitHub: they are YAML of the right shape, and their command lines do what they say.
//!
//! Apart from the sessions, because others start these commands.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A YAML file as JSON; none where nothing here reads YAML.
fn yaml(file: &str) -> Option<Value> {
    let there = Command::new("python3").args(["-c", "import yaml"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(Path::new(ROOT).join(file))
        .output();
    let output = output.expect("it starts");
    assert!(
        output.status.success(),
        "{file}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// The status of a line of bash with callgate on its path, in the folder of this crate.
fn bash(line: &str, variables: &[(&str, &str)]) -> Option<i32> {
    let binary = Path::new(env!("CARGO_BIN_EXE_callgate"))
        .parent()
        .expect("a folder");
    let before = env::var_os("PATH").unwrap_or_default();
    let folders = [binary.to_owned()]
        .into_iter()
        .chain(env::split_paths(&before));
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", line])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("PATH", env::join_paths(folders).expect("a path"));
    command.envs(variables.iter().copied());
    command.output().expect("bash").status.code()
}

const GOOD: &str = "tests/profiles/expected/no-x25.test.toml";
const WRONG: &str = "tests/profiles/expected/wrong.test.toml";
/// It has errors.
const BROKEN: &str = "tests/profiles/broken.json";
/// It has none.
const WHOLE: &str = "tests/profiles/kill-whoami.json";

#[test]
fn hooks_of_pre_commit() {
    let Some(hooks) = yaml(".pre-commit-hooks.yaml") else {
        return left_out::left_out("hooks::hooks_of_pre_commit", "python3 has no yaml");
    };
    let hooks = hooks.as_array().expect("a list");
    let entry = |id: &str| {
        let hook = hooks.iter().find(|hook| hook["id"] == id).expect(id);
        assert_eq!(hook["language"], "system", "it needs the binary alone");
        assert!(hook["name"].is_string() && hook["files"].is_string());
        hook["entry"].as_str().expect("a command").to_owned()
    };
    let (check, test) = (entry("callgate-check"), entry("callgate-test"));
    assert_eq!(hooks.len(), 2);
    for (line, status) in [
        (format!("{check} {WHOLE}"), 0),
        (format!("{check} {WHOLE} {BROKEN}"), 1),
        (format!("{test} {GOOD}"), 0),
        (format!("{test} {GOOD} {WRONG}"), 1),
    ] {
        assert_eq!(bash(&line, &[]), Some(status), "{line}");
    }
}

#[test]
fn action_of_github() {
    let Some(action) = yaml("action.yml") else {
        return left_out::left_out("hooks::action_of_github", "python3 has no yaml");
    };
    assert_eq!(action["runs"]["using"], "composite");
    let steps = action["runs"]["steps"].as_array().expect("a list");
    let line = |name: &str| {
        let step = steps.iter().find(|step| step["name"] == name).expect(name);
        assert_eq!(step["shell"], "bash");
        let line = step["run"].as_str().expect("a line");
        assert!(
            !line.contains("${{"),
            "an input is never part of the script"
        );
        let inputs = step["env"].as_object().expect("variables");
        let (variable, input) = inputs.iter().next().expect("a variable");
        let input = input.as_str().expect("an expression");
        let input = input
            .trim_start_matches("${{ inputs.")
            .trim_end_matches(" }}");
        assert!(
            action["inputs"][input]["description"].is_string(),
            "{input}"
        );
        (line.to_owned(), variable.clone())
    };
    let (check, paths) = line("check");
    let (test, tests) = line("test");
    assert_eq!(steps.len(), 2);
    for (line, variable, value, status) in [
        (&check, &paths, WHOLE.to_owned(), 0),
        (&check, &paths, format!("{WHOLE} {BROKEN}"), 1),
        (&check, &paths, format!("$(touch x);{BROKEN}"), 2),
        (&test, &tests, GOOD.to_owned(), 0),
        (&test, &tests, format!("{GOOD} {WRONG}"), 1),
    ] {
        assert_eq!(
            bash(line, &[(variable, &value)]),
            Some(status),
            "{line} with {value}"
        );
    }
    assert!(!Path::new(env!("CARGO_MANIFEST_DIR")).join("x").exists());
}
