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

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

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
    let mut command = with_callgate("bash");
    command
        .args(["-euo", "pipefail", "-c", line])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command.envs(variables.iter().copied());
    command.output().expect("bash").status.code()
}

/// A command with callgate on its path.
fn with_callgate(name: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_callgate"))
        .parent()
        .expect("a folder");
    let before = env::var_os("PATH").unwrap_or_default();
    let folders = [binary.to_owned()]
        .into_iter()
        .chain(env::split_paths(&before));
    let mut command = Command::new(name);
    command.env("PATH", env::join_paths(folders).expect("a path"));
    command
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
fn pre_commit_runs_the_hooks() {
    const TEST: &str = "hooks::pre_commit_runs_the_hooks";
    let version = Command::new("pre-commit").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return left_out::left_out(TEST, "pre-commit is not installed");
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pre-commit");
    // What an earlier run left behind is no repository of this one.
    let _ = fs::remove_dir_all(&folder);
    let (hooks, user) = (folder.join("hooks"), folder.join("user"));
    let put = |path: PathBuf, text: &str| fs::write(path, text).expect("written");
    for repository in [&hooks, &user] {
        fs::create_dir_all(repository).expect("a folder");
        git(repository, &["init", "--quiet"]);
    }
    let ours = Path::new(ROOT).join(".pre-commit-hooks.yaml");
    fs::copy(ours, hooks.join(".pre-commit-hooks.yaml")).expect("copied");
    git(&hooks, &["add", "."]);
    git(&hooks, &["commit", "--quiet", "--message", "hooks"]);
    let revision = git(&hooks, &["rev-parse", "HEAD"]);
    let config = format!(
        "repos:\n- repo: {}\n  rev: {}\n  hooks:\n  - id: callgate-check\n  - id: callgate-test\n",
        hooks.display(),
        revision.trim()
    );
    put(user.join(".pre-commit-config.yaml"), &config);
    put(
        user.join("seccomp.json"),
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["chroot"], "action": "SCMP_ACT_ERRNO" } ] }"#,
    );
    put(
        user.join("seccomp.test.toml"),
        "profile = \"seccomp.json\"\narchs = [\"x86_64\"]\n\n[[expect]]\ncall = \"chroot(*)\"\nverdict = \"EPERM\"\n",
    );
    let run = || {
        git(&user, &["add", "."]);
        let mut command = with_callgate("timeout");
        command
            .args(["--kill-after=5", "120", "pre-commit", "run", "--all-files"])
            .current_dir(&user)
            .env("PRE_COMMIT_HOME", folder.join("home"));
        let output = alone(&mut command).output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    let (status, text) = run();
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(text.matches("Passed").count(), 2, "{text}");
    put(
        user.join("seccomp.json"),
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["chrooot"], "action": "SCMP_ACT_ERRNO" } ] }"#,
    );
    let (status, text) = run();
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("CG110"), "{text}");
    assert_eq!(text.matches("Failed").count(), 2, "{text}");
}

/// What git says in a folder, where it knows nobody's settings.
fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args([
        "-c",
        "user.name=callgate",
        "-c",
        "user.email=callgate@localhost",
    ]);
    command.args(words).current_dir(folder);
    let output = alone(&mut command).output().expect("git");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// A command for which there is no repository around, and no settings of git.
fn alone(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
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
