//! Traps answered in the process that makes the calls, on the real kernel.
//!
//! Apart from the answers of other processes: here nobody else is there.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use callgate_tests::caller::{came, written};

const CALLER: &str = env!("CARGO_BIN_EXE_callgate-caller");

#[test]
fn a_handler_answers_in_the_thread_that_calls() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trapped");
    let calls = [
        "x86_64:getppid:1",
        "x86:getppid:1",
        "x86_64:getppid:0",
        "x86_64:getppid:13",
        "x86:getppid:13",
        "x86_64:getpgid:2147483632",
    ];
    let mut caller = Command::new(CALLER);
    let ended = caller.arg("trapped").arg(&file).args(calls).status();
    assert!(ended.expect("it starts").success());
    let expected = [1006, 1006, -1, -13, -13, -i64::from(libc::ESRCH)];
    assert_eq!(written(&file), expected.map(came));
}

#[test]
fn a_trap_that_no_handler_is_for_ends_the_process() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unhandled");
    let _absent = fs::remove_file(&file);
    let mut caller = Command::new(CALLER);
    let ended = caller.arg("trapped").arg(&file).arg("x86_64:getsid:0");
    let ended = ended.status().expect("it starts");
    assert_eq!(ended.signal(), Some(libc::SIGSYS), "{ended}");
    assert!(!file.exists());
}
