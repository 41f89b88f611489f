//! A supervisor that dies at a step of its serving, or lives and counts its descriptors.
//!
//! Apart from the tests that serve in their own process, which must not die, and where other tests have descriptors open.

use std::fs;
use std::hint;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use callgate_actions::{
    Call, CustomAction, Listener, OnExec, Registry, Reply, TraceReply, Tracer, serve,
};
use callgate_compile::{Options, compile};
use callgate_engines::{Resolved, Target};
use callgate_load::{Child, Flags, Launch, Layer};
use callgate_profile::Profile;

/// A profile that asks a listener about some calls, and what it means.
///
/// # Panics
/// As [`asking_by`].
#[must_use]
pub fn asking(calls: &str, action: &str) -> (Profile, Resolved) {
    asking_by("SCMP_ACT_NOTIFY", calls, action)
}

/// A profile that asks by an answer of the kernel's, and what it means.
///
/// # Panics
/// If `calls` and `action`, which are parts of JSON, make no profile.
#[must_use]
pub fn asking_by(answer: &str, calls: &str, action: &str) -> (Profile, Resolved) {
    let text = format!(
        r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
          "x-actions": {{ "x-it": {{ "answer": "{answer}", {action} }}, "x-two": {{ "answer": "{answer}" }} }},
          "syscalls": [ {{ "names": [{calls}], "action": "x-it" }}, {{ "names": ["getsid"], "action": "x-two" }} ] }}"#
    );
    meaning(&text)
}

/// A profile, and what it means on this machine.
///
/// # Panics
/// If `text` is no profile, or means nothing.
#[must_use]
pub fn meaning(text: &str) -> (Profile, Resolved) {
    let profile = callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
    let profile = profile.profile.expect("a profile");
    let target = Target {
        native: callgate_syscalls::Arch::of_this_build().expect("an arch"),
        ..Target::default()
    };
    let resolved = callgate_engines::read(&profile, &target).expect("it means something");
    (profile, resolved)
}

/// A program under a profile that asks.
///
/// # Panics
/// If there is no such child, or it gets no listener.
#[must_use]
pub fn start(program: &str, resolved: &Resolved, words: &[&str]) -> (Child, OwnedFd) {
    let filter = compile(&resolved.policy, &Options::default()).expect("it compiles");
    let launch = Launch::new(program, words.iter().map(Into::into));
    let layer = Layer {
        program: &filter,
        flags: Flags::NEW_LISTENER | Flags::WAIT_KILLABLE_RECV,
    };
    let held = launch.hold(&[layer]).expect("a child");
    held.release_listening().expect("a listener")
}

/// Where a supervisor dies, in the third call that it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Nowhere.
    Never,
    /// It has received the call.
    Received,
    /// It has read the caller's memory.
    Read,
    /// It has taken a descriptor of the caller's.
    Taken,
    /// It has its reply.
    Replying,
    /// While it gives the caller a descriptor, or a little before or after: so many turns of a thread after it has its reply.
    Injecting(u64),
}

impl Step {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "never" => Self::Never,
            "received" => Self::Received,
            "read" => Self::Read,
            "taken" => Self::Taken,
            "replying" => Self::Replying,
            turns => Self::Injecting(turns.parse().ok()?),
        })
    }
}

/// `STEP PROGRAM WORD…`: serves the program, and dies at the step; else it prints how many descriptors it has more than before.
/// With `tracing` for a step it answers as a tracer, and dies as it is asked.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [step, program, ref words @ ..] = words[..] else {
        eprintln!("callgate-supervisor takes a step, a program and its words");
        return ExitCode::from(2);
    };
    if step == "tracing" {
        die_tracing(program, words);
    }
    let Some(step) = Step::parse(step) else {
        eprintln!("callgate-supervisor knows no step {step}");
        return ExitCode::from(2);
    };
    let (_, resolved) = asking(r#""getppid""#, r#""plugin": "none""#);
    let asked = AtomicU64::new(0);
    let handler = move |call: &Call<'_>| {
        let is_third = asked.fetch_add(1, Ordering::Relaxed) == 2;
        handle(call, if is_third { step } else { Step::Never }, step)
    };
    let mut registry = Registry::new();
    registry
        .register(CustomAction::notify("x-it", handler))
        .expect("a new name");
    let before = descriptors();
    let (child, listener) = start(program, &resolved, words);
    let listener = Listener::new(listener).expect("a listener");
    serve(&listener, &resolved, &registry).expect("notifications");
    drop(listener);
    child.wait().expect("it ran");
    println!("{}", descriptors() - before);
    ExitCode::SUCCESS
}

/// Traces a program, and dies when its third call is to be answered.
fn die_tracing(program: &str, words: &[&str]) -> ! {
    let (_, resolved) = asking_by("SCMP_ACT_TRACE", r#""getppid""#, r#""plugin": "none""#);
    let asked = AtomicU64::new(0);
    let handler = move |_: &Call<'_>| match asked.fetch_add(1, Ordering::Relaxed) {
        2 => process::abort(),
        _ => Ok(TraceReply::Value(7)),
    };
    let mut registry = Registry::new();
    registry
        .register(CustomAction::trace("x-it", handler))
        .expect("a new name");
    let filter = compile(&resolved.policy, &Options::default()).expect("it compiles");
    let launch = Launch::new(program, words.iter().map(Into::into));
    let layer = Layer {
        program: &filter,
        flags: Flags::NONE,
    };
    let held = launch.hold(&[layer]).expect("a child");
    let tracer = Tracer::seize(held.id()).expect("a child may be traced");
    let _child = held.release().expect("it waits");
    let answered = thread::scope(|scope| tracer.answer(scope, &resolved, &registry));
    panic!("the third call never came: {answered:?}")
}

fn handle(call: &Call<'_>, dies: Step, step: Step) -> io::Result<Reply> {
    let at = |here: Step| {
        if dies == here {
            process::abort();
        }
    };
    at(Step::Received);
    if step == Step::Read {
        // What a register points at is nothing that can be read, but it was tried.
        let _nothing = call.memory(0x1000, 8);
    }
    at(Step::Read);
    drop(call.descriptor(1)?);
    at(Step::Taken);
    let reply = match step {
        Step::Injecting(_) => Reply::Descriptor {
            descriptor: fs::File::open("/dev/null")?.into(),
            on_exec: OnExec::Close,
        },
        _ => Reply::Value(7),
    };
    at(Step::Replying);
    if let Step::Injecting(turns) = dies {
        thread::spawn(move || {
            (0..turns).for_each(|_| hint::spin_loop());
            process::abort()
        });
    }
    Ok(reply)
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("it is there").count()
}
