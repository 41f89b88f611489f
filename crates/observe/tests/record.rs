//! Recording on the real kernel: every thread, every child, every ABI.
//!
//! Apart from the recorder's own file because these tests need programs, some of them written here byte by byte.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output};
use std::sync::{Mutex, PoisonError};
use std::thread;

use callgate_load::{Ending, Launch, LaunchError};
use callgate_observe::{Extent, RecordError, Recording, record};
use callgate_syscalls::{Arch, X32_BIT};

/// Held by whoever writes a program or starts one: a file that is open for writing can't be executed.
static PROGRAMS: Mutex<()> = Mutex::new(());

fn recorded(launch: &Launch) -> Recording {
    let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    record(launch).expect("tracing one's own child is permitted")
}

fn shell(script: &str) -> Launch {
    Launch::new("/bin/sh", ["-c", script].map(OsString::from))
}

fn names(recording: &Recording) -> BTreeSet<&'static str> {
    let names = recording.named();
    names.keys().map(|syscall| syscall.name()).collect()
}

fn count(recording: &Recording, name: &str) -> u64 {
    let named = recording.named();
    let found = named.iter().find(|(syscall, _)| syscall.name() == name);
    found.map_or(0, |(_, &count)| count)
}

#[test]
fn a_recording_begins_with_execve_and_ends_with_the_exit() {
    let recording = recorded(&Launch::new("/bin/true", []));
    assert_eq!(recording.ending, Ending::Exited(0));
    assert_eq!(recording.extent, Extent::Whole);
    assert_eq!(count(&recording, "execve"), 1);
    assert_eq!(count(&recording, "exit_group"), 1);
    // What the child does before that, prctl for one, is not the command's.
    assert_eq!(count(&recording, "prctl"), 0);
    assert_eq!(recording.unfollowed, 0);
    assert_eq!(recording.unnamed(), []);
    assert_eq!(
        recording.arches(),
        [Arch::of_this_build().expect("a table")]
    );
}

#[test]
fn endings_are_those_of_the_command() {
    let recording = recorded(&shell("exit 42"));
    assert_eq!(recording.ending, Ending::Exited(42));
    for (script, ending) in [
        ("kill -KILL $$", Ending::Signalled(9)),
        ("kill -SEGV $$", Ending::Signalled(11)),
        (
            "trap 'exit 3' USR1; kill -USR1 $$; exit 4",
            Ending::Exited(3),
        ),
        // A stop of the process, undone by a child, changes nothing. The child repeats itself: what it sends before the
        // stop undoes nothing.
        (
            "(while sleep 0.05; do kill -CONT $$; done) & kill -STOP $$; kill -KILL $!; wait; exit 5",
            Ending::Exited(5),
        ),
    ] {
        let recording = recorded(&shell(script));
        assert_eq!(recording.ending, ending, "{script}");
        assert!(names(&recording).contains("kill"), "{script}");
    }
}

#[test]
fn what_does_not_run_is_no_recording() {
    for (path, status) in [("/nowhere/at/all", 127), ("/etc/passwd", 126)] {
        let launch = Launch::new(path, []);
        let error = record(&launch).expect_err("not a program");
        assert!(
            matches!(&error, RecordError::Launch(LaunchError::Execute { .. })),
            "{error}"
        );
        let RecordError::Launch(error) = error else {
            unreachable!()
        };
        assert_eq!(error.status(), status);
    }
}

#[test]
fn children_are_followed_through_fork_vfork_and_exec() {
    let mut command = shell("ls / | cat >/dev/null; (mkdir -p /); sh -c 'exec uname' >/dev/null");
    // So that the shell tries no other directory.
    command.environment = vec![("PATH".into(), "/bin".into())];
    let recording = recorded(&command);
    assert_eq!(recording.ending, Ending::Exited(0));
    let names = names(&recording);
    for name in ["getdents64", "mkdir", "uname", "wait4", "pipe2"] {
        assert!(names.contains(name), "{name} of {names:?}");
    }
    let programs: BTreeSet<_> = recording
        .programs
        .iter()
        .filter_map(|program| program.file_name()?.to_str())
        .collect();
    for name in ["ls", "cat", "mkdir", "uname"] {
        assert!(programs.contains(name), "{name} of {programs:?}");
    }
    assert_eq!(count(&recording, "execve"), 6);
}

#[test]
fn a_process_that_outlives_the_command_is_recorded() {
    // The child waits for the end of its parent, then makes a call that nobody else makes.
    let script = "(while kill -0 $$ 2>/dev/null; do :; done; exec sync) & exit 6";
    let recording = recorded(&shell(script));
    assert_eq!(recording.ending, Ending::Exited(6));
    assert_eq!(recording.extent, Extent::Whole);
    assert!(names(&recording).contains("sync"));
}

#[test]
fn a_signal_ends_the_recording_of_what_is_left_behind() {
    // In a process of its own, to which what is left behind sends the signal.
    let output = {
        let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
        helped("record-until-interrupted")
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}

fn record_until_interrupted() {
    let script = "(while kill -0 $$ 2>/dev/null; do :; done; kill -INT $PPID; \
                   while kill -0 $PPID; do :; done) >/dev/null 2>&1 & exit 6";
    let recording = recorded(&shell(script));
    assert_eq!(recording.ending, Ending::Exited(6));
    assert_eq!(recording.extent, Extent::UntilInterrupted);
}

#[test]
fn signals_reach_the_command() {
    let output = {
        let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
        helped("record-and-forward")
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}

fn record_and_forward() {
    for signal in ["INT", "TERM", "HUP"] {
        // The command sends the signal to its parent, which would end by it, and gets it back.
        let script = format!("trap 'exit 7' {signal}; kill -{signal} $PPID; while :; do :; done");
        let recording = recorded(&shell(&script));
        assert_eq!(recording.ending, Ending::Exited(7), "{signal}");
        assert_eq!(recording.extent, Extent::Whole);
    }
}

/// This test's own binary, told to do one thing, and run to its end.
fn helped(task: &str) -> Output {
    Command::new(env::current_exe().expect("a path"))
        .args(["--exact", "helper", "--nocapture"])
        .env(TASK, task)
        .output()
        .expect("it runs")
}

/// This test's own binary, told to do one thing.
fn ourselves(task: &str) -> Launch {
    let mut launch = Launch::new(
        env::current_exe().expect("a path"),
        ["--exact", "helper", "--nocapture"].map(OsString::from),
    );
    launch.environment.push((TASK.into(), task.into()));
    launch
}

const TASK: &str = "CALLGATE_OBSERVE_TEST";

/// Not a test of its own: what [`ourselves`] runs.
#[test]
fn helper() {
    match env::var(TASK).as_deref() {
        Ok("threads") => {
            let threads: Vec<_> = (0..8)
                .map(|_| thread::spawn(|| (0..100).for_each(|_| _ = rustix::process::getpgrp())))
                .collect();
            for thread in threads {
                thread.join().expect("no panic");
            }
        }
        Ok("exec-from-a-thread") => {
            let execute = || {
                use std::os::unix::process::CommandExt;
                panic!("{}", Command::new("/bin/uname").arg("-s").exec())
            };
            thread::spawn(execute)
                .join()
                .expect("it does not come back");
        }
        Ok("spawn") => {
            // std uses posix_spawn, hence vfork or clone3.
            assert!(
                Command::new("/bin/true")
                    .status()
                    .expect("it runs")
                    .success()
            );
        }
        Ok("exit-while-threads-wait") => {
            for _ in 0..4 {
                thread::spawn(|| {
                    loop {
                        thread::park();
                    }
                });
            }
            process::exit(7);
        }
        Ok("record-and-forward") => record_and_forward(),
        Ok("record-until-interrupted") => record_until_interrupted(),
        Ok("abort") => process::abort(),
        Ok(task) => panic!("unknown task {task}"),
        Err(_) => {}
    }
}

#[test]
fn threads_are_followed() {
    let recording = recorded(&ourselves("threads"));
    assert_eq!(recording.ending, Ending::Exited(0));
    assert_eq!(
        count(&recording, "getpgrp") + count(&recording, "getpgid"),
        800
    );
}

#[test]
fn a_thread_other_than_the_first_may_execute() {
    let recording = recorded(&ourselves("exec-from-a-thread"));
    assert_eq!(recording.ending, Ending::Exited(0));
    assert!(names(&recording).contains("uname"));
    assert!(
        recording
            .programs
            .iter()
            .any(|program| program.ends_with("uname"))
    );
}

#[test]
fn other_ways_to_start_and_to_end() {
    let recording = recorded(&ourselves("spawn"));
    assert_eq!(recording.ending, Ending::Exited(0));
    assert_eq!(count(&recording, "execve"), 2);
    let recording = recorded(&ourselves("exit-while-threads-wait"));
    assert_eq!(recording.ending, Ending::Exited(7));
    let recording = recorded(&ourselves("abort"));
    assert_eq!(recording.ending, Ending::Signalled(6));
}

/// A static x86-64 program of this code.
fn program(name: &str, code: &[u8]) -> PathBuf {
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let size = 120 + code.len() as u64;
    let base = 0x40_0000_u64;
    let mut put = |value: u64, len: usize| bytes.extend(&value.to_le_bytes()[..len]);
    // The header: executable, x86-64, version, entry, table of segments, no sections, one segment.
    for (value, len) in [
        (2, 2),
        (62, 2),
        (1, 4),
        (base + 120, 8),
        (64, 8),
        (0, 8),
        (0, 4),
    ] {
        put(value, len);
    }
    for value in [64, 56, 1, 0, 0, 0] {
        put(value, 2);
    }
    // The segment: the whole file, readable and executable.
    for (value, len) in [
        (1, 4),
        (5, 4),
        (0, 8),
        (base, 8),
        (base, 8),
        (size, 8),
        (size, 8),
        (0x1000, 8),
    ] {
        put(value, len);
    }
    bytes.extend(code);
    let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(process::id().to_string());
    fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join(name);
    fs::write(&path, bytes).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("ours");
    path
}

/// `mov edi, 9; mov eax, 60 (exit); syscall`
const EXIT_9: &[u8] = &[0xbf, 9, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];

fn run_code(name: &str, code: &[u8]) -> Recording {
    let path = program(name, &[code, EXIT_9].concat());
    let recording = recorded(&Launch::new(path, []));
    assert_eq!(recording.ending, Ending::Exited(9), "{name}");
    recording
}

fn calls(recording: &Recording) -> Vec<String> {
    recording.calls.keys().map(ToString::to_string).collect()
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_are_told_apart_by_their_abi() {
    // `mov eax, 20; int 0x80`: getpid of i386, which is the number of x86-64's writev.
    let recording = run_code("int80", &[0xb8, 20, 0, 0, 0, 0xcd, 0x80]);
    assert_eq!(
        calls(&recording),
        ["x86 getpid", "x86_64 execve", "x86_64 exit"]
    );
    assert_eq!(recording.arches(), [Arch::X86_64, Arch::X86]);
    // `mov eax, 0x40000027; syscall`: getpid of x32, which the kernel may not have; that it was tried counts.
    let number = (X32_BIT | 39).to_le_bytes();
    let code = [&[0xb8], &number[..], &[0x0f, 0x05]].concat();
    let recording = run_code("x32", &code);
    assert_eq!(
        calls(&recording),
        ["x86_64 execve", "x86_64 exit", "x32 getpid"]
    );
    // `mov eax, 9999; syscall`: no such call, and yet one.
    let recording = run_code("unknown", &[0xb8, 0x0f, 0x27, 0, 0, 0x0f, 0x05]);
    assert_eq!(
        calls(&recording),
        ["x86_64 execve", "x86_64 exit", "x86_64 9999"]
    );
    assert_eq!(recording.unnamed().len(), 1);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_child_that_can_not_be_followed_is_counted() {
    // `mov edi, CLONE_UNTRACED | SIGCHLD; xor esi, esi; mov eax, 56 (clone); syscall`, and both exit.
    let code = [
        0xbf, 17, 0, 0x80, 0, 0x31, 0xf6, 0xb8, 56, 0, 0, 0, 0x0f, 0x05,
    ];
    let recording = run_code("untraced", &code);
    assert_eq!(recording.unfollowed, 1);
    assert_eq!(count(&recording, "exit"), 1);
}
