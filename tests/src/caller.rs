//! A program that makes the calls that it is told, and says what each returned and whether its registers are what they were.
//!
//! Apart from the hostile one, which only counts; what a tracer or a trap's handler does shows in registers.

#[allow(unsafe_code)]
mod sys;

use std::env;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use callgate_actions::{CustomAction, Registry, TrapReply, Trapped, handle_traps};
use callgate_compile::{Options, compile};
use callgate_load::{Flags, NoNewPrivileges, load};
use callgate_syscalls::{Arch, Syscall};

use crate::supervisor::asking_by;

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Came {
    /// What it returned, an errno negated.
    pub value: i64,
    /// Whether the registers of its arguments hold them still.
    pub keeps_registers: bool,
}

/// Returned a value, and changed nothing else.
#[must_use]
pub const fn came(value: i64) -> Came {
    Came {
        value,
        keeps_registers: true,
    }
}

/// What the program wrote to its file, a line a call.
///
/// # Panics
/// If there is no such file, or it holds something else.
#[must_use]
pub fn written(file: &Path) -> Vec<Came> {
    let text = fs::read_to_string(file).expect("the program ended well");
    let came = |line: &str| {
        let (value, registers) = line.split_once(' ').expect("two words");
        Came {
            value: value.parse().expect("a value"),
            keeps_registers: registers == "kept",
        }
    };
    text.lines().map(came).collect()
}

/// `call FILE CALL…`, `trapped FILE CALL…` under a filter of its own that traps getppid and getsid, or `outlive FILE CALL…` in a
/// child once this process has ended. A call is `ARCH:NAME:ARG`, of the arches `x86_64` and `x86`; the other arguments are 2 to 6.
pub fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["call", file, ref calls @ ..] => call(file, calls),
        ["trapped", file, ref calls @ ..] => {
            trap();
            call(file, calls)
        }
        ["outlive", ref more @ ..] => outlived(more),
        ["outliving", file, ref calls @ ..] => {
            let end = io::stdin().read_to_end(&mut Vec::new());
            end.and_then(|_| call(file, calls))
        }
        _ => Err(io::Error::other("what to do, a file and calls are missing")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callgate-caller: {error}");
            ExitCode::FAILURE
        }
    }
}

fn call(file: &str, calls: &[&str]) -> io::Result<()> {
    let mut text = String::new();
    for call in calls {
        let mut parts = call.split(':');
        let mut part = || parts.next().expect("an arch, a call and an argument");
        let arch = part().parse::<Arch>().expect("an arch");
        let syscall = Syscall::by_name(part()).expect("a call");
        let nr = syscall.number(arch).expect("the arch has it");
        let args = [part().parse().expect("a number"), 2, 3, 4, 5, 6];
        let (value, after) = sys::make(arch, nr, &args);
        let registers = if after == args { "kept" } else { "changed" };
        text += &format!("{value} {registers}\n");
    }
    fs::write(file, text)
}

/// Starts a child that sees this process's end by that of its standard input.
fn outlived(more: &[&str]) -> io::Result<()> {
    let mut child = Command::new(env::current_exe()?);
    let child = child.arg("outliving").args(more).stdin(Stdio::piped());
    let started = child.spawn()?;
    // Its input ends when this process does.
    std::mem::forget(started);
    Ok(())
}

/// Answers what the filter traps that is loaded here: getppid by what the handler says, getsid by nobody.
fn trap() {
    let (_, resolved) = asking_by("SCMP_ACT_TRAP", r#""getppid""#, r#""plugin": "none""#);
    let mut registry = Registry::new();
    let action: CustomAction = sys::trap("x-it", on_trap);
    registry.register(action).expect("a new name");
    handle_traps(&resolved, &registry).expect("x86-64");
    let again = handle_traps(&resolved, &registry).expect_err("once is all");
    assert_eq!(again.raw_os_error(), Some(libc::EALREADY));
    let program = compile(&resolved.policy, &Options::default()).expect("it compiles");
    let token = NoNewPrivileges::set().expect("prctl(2) is there");
    let status = load(&program, Flags::NONE, &token).expect("a checked program");
    assert!(status.lacking.is_empty(), "{status:?}");
}

/// Says what it was asked: an errno of 0 or of its own, or two of the arguments.
fn on_trap(trapped: &Trapped) -> TrapReply {
    match trapped.data.args[0] {
        0 => TrapReply::Errno(0),
        13 => TrapReply::Errno(13),
        first => TrapReply::Value(1000 * first as i64 + trapped.data.args[5] as i64),
    }
}
