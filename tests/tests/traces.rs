//! Calls that a filter shows to a tracer, answered on the real kernel.
//!
//! Apart from a listener's notifications, since a tracer is in the way of everything that a process does.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use callgate_actions::{
    Call, CustomAction, Instead, Race, Registry, TraceHandler, TraceReply, Tracer,
};
use callgate_compile::{Options, compile};
use callgate_engines::Resolved;
use callgate_load::{Ending, Flags, Launch, Layer};
use callgate_policy::Arg;
use callgate_syscalls::Syscall;
use callgate_tests::caller::{Came, came, written};
use callgate_tests::hostile::Tries;
use callgate_tests::supervisor::{asking_by, meaning};

const CALLER: &str = env!("CARGO_BIN_EXE_callgate-caller");
const HOSTILE: &str = env!("CARGO_BIN_EXE_callgate-hostile");
const SUPERVISOR: &str = env!("CARGO_BIN_EXE_callgate-supervisor");

/// No wait is longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("traces");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    let _absent = fs::remove_file(&file);
    file
}

fn asking() -> Resolved {
    asking_by("SCMP_ACT_TRACE", r#""getppid""#, r#""plugin": "none""#).1
}

fn registry(it: impl TraceHandler + 'static, two: impl TraceHandler + 'static) -> Registry {
    let mut registry = Registry::new();
    for action in [
        CustomAction::trace("x-it", it),
        CustomAction::trace("x-two", two),
    ] {
        registry.register(action).expect("a new name");
    }
    registry
}

fn goes_on(_: &Call<'_>) -> io::Result<TraceReply> {
    Ok(TraceReply::Continue(Race::NothingDecided))
}

fn fails(_: &Call<'_>) -> io::Result<TraceReply> {
    Err(io::Error::other("a handler of a test fails"))
}

/// Starts a program under the filter, answers until it has ended, does what is to be done by then, and says how it ended.
fn traced_and(
    resolved: &Resolved,
    registry: &Registry,
    program: &str,
    words: &[&str],
    left: impl FnOnce() + Send,
) -> Ending {
    let filter = compile(&resolved.policy, &Options::default()).expect("it compiles");
    let layer = Layer {
        program: &filter,
        flags: Flags::NONE,
    };
    let launch = Launch::new(program, words.iter().map(Into::into));
    let held = launch.hold(&[layer]).expect("a child");
    let tracer = Tracer::seize(held.id()).expect("a child may be traced");
    let child = held.release().expect("it waits");
    thread::scope(|scope| {
        let answered = tracer.answer(scope, resolved, registry);
        left();
        answered.expect("events");
    });
    child.wait().expect("it ran")
}

fn traced(resolved: &Resolved, registry: &Registry, program: &str, words: &[&str]) -> Ending {
    traced_and(resolved, registry, program, words, || {})
}

/// What the calls came to.
fn called(name: &str, registry: &Registry, calls: &[&str]) -> Vec<Came> {
    let file = file(name);
    let path = file.display().to_string();
    let words = [&["call", &path], calls].concat();
    let ending = traced(&asking(), registry, CALLER, &words);
    assert_eq!(ending, Ending::Exited(0));
    written(&file)
}

#[test]
fn each_reply_is_what_the_caller_gets() {
    let replies = |call: &Call<'_>| {
        Ok(match call.arg(0) {
            0 => TraceReply::Value(-5),
            1 => TraceReply::Value(1 << 20),
            2 => TraceReply::Errno(13),
            3 => TraceReply::Errno(0),
            4 => TraceReply::Continue(Race::RegistersOnly),
            5 => TraceReply::Otherwise,
            6 => return fails(call),
            _ => panic!("a handler of a test panics"),
        })
    };
    let own = i64::from(std::process::id());
    let expected = [-5, 1 << 20, -13, -1, own, -1, -1, -1].map(came);
    for arch in ["x86_64", "x86"] {
        let calls: Vec<String> = (0..8)
            .map(|first| format!("{arch}:getppid:{first}"))
            .collect();
        let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
        let came = called(arch, &registry(replies, goes_on), &calls);
        assert_eq!(came, expected, "{arch}");
    }
}

#[test]
fn another_call_is_made_and_the_registers_come_back() {
    let instead = |call: &Call<'_>| {
        let none = 0x7fff_fff0;
        let instead = Instead::of(call);
        let group = |instead: Instead| {
            let group = Syscall::by_name("getpgid").expect("a call");
            instead.call(group)
        };
        let instead = match call.arg(0) {
            0 => group(instead),
            1 => group(instead).and_then(|group| group.argument(Arg::A0, none)),
            // Which the filter would show to a tracer, too.
            2 => Syscall::by_name("getsid")
                .map_or(Ok(instead), |session| instead.call(session))
                .and_then(|session| session.argument(Arg::A0, none)),
            _ => instead.argument(Arg::A0, 1 << 40),
        };
        instead.map(TraceReply::Instead).map_err(io::Error::other)
    };
    let registry = registry(instead, fails);
    let none = -i64::from(libc::ESRCH);
    for arch in ["x86_64", "x86"] {
        let calls = [0, 1, 2, 3].map(|first| format!("{arch}:getppid:{first}"));
        let found = called(arch, &registry, &calls.each_ref().map(String::as_str));
        assert!(
            found.iter().all(|came| came.keeps_registers),
            "{arch}: {found:?}"
        );
        let values: Vec<i64> = found.iter().map(|came| came.value).collect();
        assert!(values[0] > 0, "{arch}: {values:?}");
        assert_eq!(values[1..3], [none, none], "{arch}");
        // No register of i386 holds 2^40, so the handler has no answer.
        let last = if arch == "x86" {
            -1
        } else {
            i64::from(std::process::id())
        };
        assert_eq!(values[3], last, "{arch}");
    }
}

#[test]
fn what_the_filter_refuses_no_tracer_brings_about() {
    let (_, resolved) = meaning(
        r#"{ "defaultAction": "SCMP_ACT_ALLOW",
          "x-actions": { "x-it": { "answer": "SCMP_ACT_TRACE", "plugin": "none" } },
          "syscalls": [ { "names": ["getppid"], "action": "x-it" },
            { "names": ["getsid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 70 } ] }"#,
    );
    let refused = Syscall::by_name("getsid").expect("a call");
    let handler = move |call: &Call<'_>| {
        let instead = Instead::of(call).call(refused);
        instead.map(TraceReply::Instead).map_err(io::Error::other)
    };
    let file = file("refused");
    let words = ["call", &file.display().to_string(), "x86_64:getppid:0"];
    let ending = traced(&resolved, &registry(handler, goes_on), CALLER, &words);
    assert_eq!(ending, Ending::Exited(0));
    assert_eq!(written(&file), [came(-70)]);
}

#[test]
fn nobody_asked_is_enosys() {
    let none = -i64::from(libc::ENOSYS);
    let calls = ["x86_64:getppid:0", "x86:getppid:0"];
    assert_eq!(called("nobody", &Registry::new(), &calls), [came(none); 2]);
    let mut notified = Registry::new();
    let handler = |_: &Call<'_>| Ok(callgate_actions::Reply::Value(7));
    let registered = notified.register(CustomAction::notify("x-it", handler));
    registered.expect("a new name");
    assert_eq!(called("notified", &notified, &calls), [came(none); 2]);
}

#[test]
fn a_handler_that_blocks_holds_up_nobody_else() {
    let (sender, receiver) = mpsc::channel();
    let receiver = Mutex::new(receiver);
    let registry = registry(
        move |_: &Call<'_>| {
            let other = receiver.lock().expect("one caller").recv_timeout(PATIENCE);
            other.map_err(io::Error::other)?;
            Ok(TraceReply::Value(7))
        },
        move |_: &Call<'_>| {
            sender.send(()).map_err(io::Error::other)?;
            Ok(TraceReply::Value(8))
        },
    );
    let counts = file("pair");
    let words = ["pair", &counts.display().to_string()];
    let ending = traced(&asking(), &registry, HOSTILE, &words);
    assert_eq!(ending, Ending::Exited(0));
    let tries = Tries::written(&counts);
    assert_eq!((tries.allowed, tries.refused), (2, 0), "{tries:?}");
}

#[test]
fn children_are_asked_for_and_signals_come_through() {
    let [one, two] = ["one", "two"].map(file);
    let ask = |counts: &Path, tries: u32| format!("{HOSTILE} ask {} {tries}", counts.display());
    let script = format!(
        "trap 'exit 9' USR1; {} & {}; wait; kill -USR1 $$; exit 1",
        ask(&one, 1000),
        ask(&two, 1000)
    );
    let registry = registry(|_: &Call<'_>| Ok(TraceReply::Value(7)), goes_on);
    let ending = traced(&asking(), &registry, "/bin/sh", &["-c", &script]);
    assert_eq!(ending, Ending::Exited(9));
    for counts in [one, two] {
        assert_eq!(Tries::written(&counts).allowed, 1000);
    }
}

#[test]
fn a_caller_that_is_killed_leaves_nothing_behind() {
    let handler = |call: &Call<'_>| {
        let killed = Command::new("kill")
            .args(["-KILL", &call.thread().to_string()])
            .status();
        assert!(killed?.success());
        // Until the tracer knows.
        while call.check().is_ok() {
            thread::yield_now();
        }
        Ok(TraceReply::Value(7))
    };
    let counts = file("killed");
    let words = ["ask", &counts.display().to_string(), "1"];
    let ending = traced(&asking(), &registry(handler, goes_on), HOSTILE, &words);
    assert_eq!(ending, Ending::Signalled(9));
    assert!(!counts.exists());
}

#[test]
fn what_outlives_its_command_is_refused() {
    let (ended, has_ended) = mpsc::channel();
    let has_ended = Mutex::new(has_ended);
    let late = move |_: &Call<'_>| {
        let waited = has_ended.lock().expect("one caller").recv_timeout(PATIENCE);
        waited.map_err(io::Error::other)?;
        Ok(TraceReply::Value(7))
    };
    let file = file("outlive");
    let words = ["outlive", &file.display().to_string(), "x86_64:getppid:0"];
    let registry = registry(late, goes_on);
    let ending = traced_and(&asking(), &registry, CALLER, &words, || {
        // Whether it was asked before or after the tracer left.
        let begun = Instant::now();
        while !fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n')) {
            assert!(
                begun.elapsed() < PATIENCE,
                "the child never came to its call"
            );
            thread::sleep(Duration::from_millis(1));
        }
        drop(ended);
    });
    assert_eq!(ending, Ending::Exited(0));
    assert_eq!(written(&file), [came(-i64::from(libc::ENOSYS))]);
}

#[test]
fn a_tracer_that_dies_takes_its_callers_with_it() {
    let counts = file("death");
    let mut supervisor = Command::new(SUPERVISOR);
    let supervisor = supervisor
        .args([
            "tracing",
            HOSTILE,
            "ask",
            &counts.display().to_string(),
            "10",
        ])
        // Which the caller has, too: its end is waited for.
        .output()
        .expect("it starts");
    assert_eq!(
        supervisor.status.signal(),
        Some(libc::SIGABRT),
        "{supervisor:?}"
    );
    assert!(!counts.exists(), "the call was made that nobody answered");
}
