//! What strace really writes becomes a profile under which the same command runs.
//!
//! Apart from the sessions, because strace has to run first.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

fn callgate(words: &[&str]) -> Output {
    Command::new(CALLGATE)
        .args(words)
        .output()
        .expect("it starts")
}

#[test]
fn a_command_runs_under_what_strace_saw_of_it() {
    let name = "imports::a_command_runs_under_what_strace_saw_of_it";
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("imports");
    fs::create_dir_all(&folder).expect("a folder");
    let [log, table, profile] = ["log", "table", "profile.json"].map(|name| folder.join(name));
    let [log, table, profile] = [&log, &table, &profile].map(|path| path.to_str().expect("a path"));
    let command = ["sh", "-c", "cat /dev/null; echo so"];
    for (options, written) in [(["-f", "-o"], log), (["-fc", "-o"], table)] {
        let traced = Command::new("strace")
            .args(options)
            .arg(written)
            .args(command)
            .output();
        match traced {
            Err(_) => return left_out::left_out(name, "strace is not installed"),
            Ok(output) if !output.status.success() => {
                return left_out::left_out(name, "strace may not trace");
            }
            Ok(_) => {}
        }
        let output = callgate(&["import", "strace", written, "-o", profile]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        // A line that is not read is told of, and strace writes none such here.
        assert!(!said.contains("left out"), "{said}");
        let output = callgate(&[&["run", "-p", profile, "--"], &command[..]].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.stdout, b"so\n");
        let output = callgate(&["run", "-p", profile, "--", "chmod", "700", log]);
        assert_ne!(
            output.status.code(),
            Some(0),
            "what was not seen is refused"
        );
    }
}
