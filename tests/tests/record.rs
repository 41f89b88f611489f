//! Recordings: held against strace's, and each made a profile under which its command runs.
//!
//! Here and not beside the recorder, because it takes every crate between a recording and the kernel.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use callgate_compile::Options;
use callgate_engines::{Target, read};
use callgate_load::{Ending, Flags, Launch, LaunchError, Layer};
use callgate_observe::{Recording, record};
use callgate_profile::parse;
use callgate_profile::write::Document;
use callgate_tests::left_out;

#[test]
fn strace_sees_the_same() {
    if Command::new("strace").arg("-V").output().is_err() {
        return left_out("record::strace_sees_the_same", "strace is not installed");
    }
    for (at, command) in commands().into_iter().enumerate() {
        let ours: BTreeSet<_> = recorded(&command)
            .named()
            .keys()
            .map(|syscall| syscall.name().to_owned())
            .collect();
        let theirs = straced(&command, at);
        // Whether one thread waits for another is chance.
        let chance: BTreeSet<_> = ["futex", "restart_syscall"].map(str::to_owned).into();
        let differing: BTreeSet<_> = theirs.symmetric_difference(&ours).cloned().collect();
        assert!(
            differing.is_subset(&chance),
            "{:?}: {differing:?}",
            command.arguments
        );
    }
}

#[test]
fn a_command_runs_under_the_profile_that_was_recorded_of_it() {
    let other_endings = ["(exit 3) || uname; exit 7", "kill -TERM $$"].map(shell);
    for command in commands().into_iter().chain(other_endings) {
        let recording = recorded(&command);
        let ending = under(&recording.profile(), &command);
        assert_eq!(
            ending.expect("it starts"),
            recording.ending,
            "{:?}",
            command.arguments
        );
    }
}

#[test]
fn it_does_not_run_without_one_of_its_calls() {
    let whoami = Launch::new("/usr/bin/whoami", []);
    let recording = recorded(&whoami);
    let without = |name: &str| {
        let mut profile = recording.profile();
        for rule in &mut profile.syscalls {
            rule.names.remove(name);
        }
        under(&profile, &whoami)
    };
    assert_ne!(without("geteuid").expect("it starts"), recording.ending);
    let error = without("execve").expect_err("it does not start");
    assert_eq!(error.status(), 126, "{error}");
}

/// Commands of one process, of several, and of several threads.
fn commands() -> Vec<Launch> {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let mut commands = vec![
        Launch::new("/bin/ls", words(&["-l", "/bin/sh"])),
        Launch::new("/usr/bin/whoami", []),
        shell("echo x | cat; ls / >/dev/null; uname -a"),
    ];
    let python = ["/usr/bin/python3", "/usr/local/bin/python3"];
    let script = "import threading, subprocess; subprocess.run(['true']); \
                  t = threading.Thread(target=print); t.start(); t.join()";
    commands.extend(
        python
            .into_iter()
            .filter(|path| Path::new(path).exists())
            .map(|path| Launch::new(path, words(&["-c", script]))),
    );
    commands
}

fn shell(script: &str) -> Launch {
    Launch::new("/bin/sh", ["-c", script].map(OsString::from))
}

fn recorded(command: &Launch) -> Recording {
    record(command).expect("tracing one's own child is permitted")
}

/// Runs a command under a profile, by its text.
fn under(profile: &Document, command: &Launch) -> Result<Ending, LaunchError> {
    let parsed = parse(
        profile.to_json().as_bytes(),
        &callgate_profile::Options::default(),
    );
    assert_eq!(parsed.problems, []);
    let resolved =
        read(&parsed.profile.expect("a profile"), &Target::default()).expect("a meaning");
    let program =
        callgate_compile::compile(&resolved.policy, &Options::default()).expect("a program");
    command.run(&[Layer {
        program: &program,
        flags: Flags::NONE,
    }])
}

/// The names that strace sees.
fn straced(command: &Launch, at: usize) -> BTreeSet<String> {
    let log =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("strace-{}-{at}", std::process::id()));
    let status = Command::new("strace")
        .args(["-f", "-qqq", "-o"])
        .arg(&log)
        .arg(&command.path)
        .args(&command.arguments[1..])
        .env_clear()
        .envs(command.environment.clone())
        .status()
        .expect("strace is there");
    assert!(status.success(), "{status}");
    let text = fs::read_to_string(&log).expect("a log");
    // A line is `NUMBER name(…`; what was resumed, signals and ends look otherwise.
    text.lines()
        .filter_map(|line| {
            let (_, rest) = line.split_once(char::is_whitespace)?;
            let (name, _) = rest.trim_start().split_once('(')?;
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            name.bytes().all(is_name).then(|| name.to_owned())
        })
        .collect()
}
