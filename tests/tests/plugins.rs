//! The supervisor against a program that means ill by it, and what it does when handlers fail: on the real kernel.
//!
//! Apart from the command's own tests, because here handlers are values, and the tries are counted.

use std::fs;
use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use callgate_actions::plugins::{self, Surroundings};
use callgate_actions::{Call, CustomAction, Listener, Race, Registry, Reply, guard, serve};
use callgate_compile::{Options, compile};
use callgate_engines::Resolved;
use callgate_load::{Child, Ending, Flags, Launch, Layer};
use callgate_tests::hostile::Tries;
use callgate_tests::left_out;
use callgate_tests::supervisor::{self, asking};

const HOSTILE: &str = env!("CARGO_BIN_EXE_callgate-hostile");

const SUPERVISOR: &str = env!("CARGO_BIN_EXE_callgate-supervisor");

/// So many calls, of each of which a descriptor is taken.
const CALLS: u64 = 1_000_000;

/// So many tries of each kind to deceive the supervisor.
const TRIES: u64 = 100_000;

fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("hostile")
        .join(name);
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The hostile program under a profile that asks.
fn start(resolved: &Resolved, words: &[&str]) -> (Child, OwnedFd) {
    supervisor::start(HOSTILE, resolved, words)
}

/// The same, guarded as the command guards itself.
fn start_guarded(resolved: &Resolved, words: &[&str]) -> (Child, OwnedFd) {
    let sections = resolved.policy.sections();
    let arches: Vec<_> = sections.iter().map(|section| section.arch).collect();
    let limits = guard::policy(&arches).expect("each arch once");
    let [limits, program] = [&limits, &resolved.policy]
        .map(|policy| compile(policy, &Options::default()).expect("it compiles"));
    let layers = [
        Layer {
            program: &limits,
            flags: Flags::NONE,
        },
        Layer {
            program: &program,
            flags: Flags::NEW_LISTENER | Flags::WAIT_KILLABLE_RECV,
        },
    ];
    let launch = Launch::new(HOSTILE, words.iter().map(Into::into));
    let held = guard::start_apart(|| launch.hold(&layers)).expect("Landlock of Linux 6.12");
    let held = held.expect("a child");
    held.release_listening().expect("a listener")
}

/// Serves the program to its end, and gives what it counted.
fn served(resolved: &Resolved, registry: &Registry, words: &[&str]) -> Tries {
    served_to_its_end(start(resolved, words), resolved, registry);
    Tries::written(Path::new(words[1]))
}

fn served_to_its_end(
    (child, listener): (Child, OwnedFd),
    resolved: &Resolved,
    registry: &Registry,
) {
    let listener = Listener::new(listener).expect("a listener");
    serve(&listener, resolved, registry).expect("notifications");
    assert_eq!(child.wait().expect("it ran"), Ending::Exited(0));
}

fn surroundings() -> Surroundings {
    Surroundings {
        say: Arc::new(|_| {}),
        explain: Arc::new(|call| call.name()),
        external: Default::default(),
    }
}

/// A registry in which `x-it` is this handler, and `x-two` another.
fn registry(
    handler: impl Fn(&Call<'_>) -> io::Result<Reply> + Send + Sync + 'static,
    two: impl Fn(&Call<'_>) -> io::Result<Reply> + Send + Sync + 'static,
) -> Registry {
    let mut registry = Registry::new();
    for action in [
        CustomAction::notify("x-it", handler),
        CustomAction::notify("x-two", two),
    ] {
        registry.register(action).expect("a new name");
    }
    registry
}

fn goes_on(_: &Call<'_>) -> io::Result<Reply> {
    Ok(Reply::Continue(Race::NothingDecided))
}

#[test]
fn no_path_gets_by_open() {
    let folder = place("open");
    for (name, words) in [("a", "allowed"), ("b", "secret")] {
        fs::create_dir(folder.join(name)).expect("a folder");
        fs::write(folder.join(name).join("file"), words).expect("a file");
    }
    let of = |name: &str| folder.join(name).display().to_string();
    let (allowed, counts) = (of("a"), of("counts"));
    let (profile, resolved) = asking(
        r#""open", "openat", "openat2", "creat""#,
        &format!(
            r#""plugin": "open", "with": {{ "read": ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "{allowed}"], "write": ["{}"] }}"#,
            of("out")
        ),
    );
    fs::create_dir(folder.join("out")).expect("a folder");
    let registry = plugins::registry(&profile, &surroundings()).expect("settings");
    let counts = counts.replace("/counts", "/out/counts");
    let words = [
        "open",
        &counts,
        &of("a/file"),
        &of("b/file"),
        &TRIES.to_string(),
    ];
    let tries = served(&resolved, &registry, &words);
    assert_eq!(tries.escaped, 0, "{tries:?}");
    assert!(
        tries.allowed > TRIES / 100 && tries.refused > TRIES / 100,
        "{tries:?}: the memory did change"
    );
}

#[test]
fn no_address_gets_by_connect() {
    let folder = place("connect");
    let [allowed, other] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a port"));
    let port = |socket: &UdpSocket| socket.local_addr().expect("it is bound").port().to_string();
    let (profile, resolved) = asking(
        r#""connect", "sendto""#,
        &format!(
            r#""plugin": "connect", "with": {{ "allow": ["127.0.0.1:{}"] }}"#,
            port(&allowed)
        ),
    );
    let registry = plugins::registry(&profile, &surroundings()).expect("settings");
    let counts = folder.join("counts").display().to_string();
    for what in ["connect", "send"] {
        let words = [
            what,
            &counts,
            &port(&allowed),
            &port(&other),
            &TRIES.to_string(),
        ];
        let tries = served(&resolved, &registry, &words);
        assert_eq!(tries.escaped, 0, "{what}: {tries:?}");
        assert!(
            tries.allowed > TRIES / 100 && tries.refused > TRIES / 100,
            "{what}: {tries:?}: the memory did change"
        );
    }
    other.set_nonblocking(true).expect("a flag");
    assert!(
        other.recv(&mut [0; 8]).is_err(),
        "a message came to where none may"
    );
    allowed.set_nonblocking(true).expect("a flag");
    assert!(
        allowed.recv(&mut [0; 8]).is_ok(),
        "messages came to where they may"
    );
}

#[test]
fn a_handler_that_blocks_holds_up_nobody_else() {
    let folder = place("pair");
    let (_, resolved) = asking(r#""getppid""#, r#""plugin": "none""#);
    let (sender, receiver) = mpsc::channel();
    let receiver = Mutex::new(receiver);
    let registry = registry(
        move |_| {
            let other = receiver
                .lock()
                .expect("one caller")
                .recv_timeout(Duration::from_secs(30));
            other.map_err(io::Error::other)?;
            Ok(Reply::Value(7))
        },
        move |_| {
            sender.send(()).map_err(io::Error::other)?;
            Ok(Reply::Value(8))
        },
    );
    let counts = folder.join("counts").display().to_string();
    let tries = served(&resolved, &registry, &["pair", &counts]);
    assert_eq!((tries.allowed, tries.refused), (2, 0), "{tries:?}");
}

#[test]
fn handlers_that_fail_refuse() {
    let folder = place("fail");
    let counts = folder.join("counts").display().to_string();
    let (_, resolved) = asking(r#""getppid""#, r#""plugin": "none""#);
    let words = ["ask", &counts, "10"];
    let fails = registry(|_| Err(io::Error::other("no")), goes_on);
    let panics = registry(|_| panic!("a handler of a test panics"), goes_on);
    let feigns = registry(|_| Ok(Reply::Errno(0)), goes_on);
    for registry in [fails, panics, feigns, Registry::new()] {
        let tries = served(&resolved, &registry, &words);
        assert_eq!((tries.allowed, tries.refused), (0, 10), "{registry:?}");
    }
    let goes_on = registry(goes_on, goes_on);
    assert_eq!(served(&resolved, &goes_on, &words).allowed, 10);
}

/// The C library starts threads by clone3 where the kernel has it.
#[test]
fn what_a_thread_shares_is_read_of_its_arguments() {
    let counts = place("clone").join("counts").display().to_string();
    let (_, resolved) = asking(r#""clone3""#, r#""plugin": "none""#);
    let (sender, seen) = mpsc::channel();
    let registry = registry(
        move |call| {
            let args = call.clone_args(call.arg(0), call.arg(1))?;
            let longer = call.clone_args(call.arg(0), 4096).is_err();
            let shorter = call.clone_args(call.arg(0), 63).is_err();
            let told = sender.send((args, longer, shorter));
            told.map_err(io::Error::other)?;
            goes_on(call)
        },
        goes_on,
    );
    served(&resolved, &registry, &["pair", &counts]);
    drop(registry);
    let seen: Vec<_> = seen.iter().collect();
    assert_eq!(seen.len(), 2, "{seen:?}");
    let thread = (libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SETTLS) as u64;
    for (args, longer, shorter) in seen {
        assert_eq!(args.flags & thread, thread, "{args:?}");
        assert!(
            args.stack_size > 0 && args.tls != 0 && args.cgroup == 0,
            "{args:?}"
        );
        assert!(longer && shorter);
    }
}

#[test]
fn without_a_supervisor_the_call_is_never_made() {
    let folder = place("gone");
    let counts = folder.join("counts").display().to_string();
    let (_, resolved) = asking(r#""getppid""#, r#""plugin": "none""#);
    let (child, listener) = start(&resolved, &["ask", &counts, "10"]);
    drop(listener);
    assert_eq!(child.wait().expect("it ran"), Ending::Exited(0));
    let tries = Tries::written(Path::new(&counts));
    assert_eq!((tries.allowed, tries.refused), (0, 10));
}

#[test]
fn a_caller_that_is_killed_leaves_nothing_behind() {
    let folder = place("killed");
    let counts = folder.join("counts").display().to_string();
    let (_, resolved) = asking(r#""getppid""#, r#""plugin": "none""#);
    let (asked, is_asked) = mpsc::channel();
    let registry = registry(
        move |call| {
            asked.send(call.thread()).map_err(io::Error::other)?;
            // Until the caller is gone.
            while call.check().is_ok() {
                thread::yield_now();
            }
            assert!(call.memory(0x1000, 8).is_err() && call.descriptor(1).is_err());
            Ok(Reply::Value(1))
        },
        goes_on,
    );
    let (child, listener) = start(&resolved, &["ask", &counts, "1"]);
    let listener = Listener::new(listener).expect("a listener");
    thread::scope(|scope| {
        scope.spawn(|| serve(&listener, &resolved, &registry));
        let thread = is_asked.recv().expect("it asks").to_string();
        let killed = std::process::Command::new("kill")
            .args(["-KILL", &thread])
            .status();
        assert!(killed.expect("kill runs").success());
    });
    assert_eq!(child.wait().expect("it ran"), Ending::Signalled(9));
}

#[test]
fn a_child_can_neither_stop_nor_trace_its_supervisor() {
    let name = "plugins::a_child_can_neither_stop_nor_trace_its_supervisor";
    if let Err(error) = guard::start_apart(|| ()) {
        return left_out(name, &error.to_string());
    }
    let folder = place("attack");
    let counts = folder.join("counts").display().to_string();
    let (_, resolved) = asking(r#""getppid""#, r#""plugin": "none""#);
    let registry = registry(goes_on, goes_on);
    let own = std::process::id().to_string();
    // Where nothing guards it, a process of the same user may.
    let words = ["attack", &counts, &own, "harmless"];
    let tries = served(&resolved, &registry, &words);
    assert_eq!((tries.refused, tries.escaped), (0, 6), "{tries:?}");
    let words = ["attack", &counts, &own, "all"];
    served_to_its_end(start_guarded(&resolved, &words), &resolved, &registry);
    let tries = Tries::written(Path::new(&counts));
    assert_eq!((tries.refused, tries.escaped), (11, 0), "{tries:?}");
}

/// A supervisor of its own that serves so many calls until it dies at a step; how it ended, and what the caller counted.
fn supervised(name: &str, step: &str, calls: u64) -> (Output, Tries) {
    let counts = place(name).join("counts").display().to_string();
    let supervised = Command::new(SUPERVISOR)
        .args([step, HOSTILE, "ask", &counts, &calls.to_string()])
        // Which the caller has, too: its end is waited for.
        .output()
        .expect("it starts");
    (supervised, Tries::written(Path::new(&counts)))
}

#[test]
fn a_supervisor_that_dies_at_a_step_leaves_its_callers_refused() {
    for step in ["received", "read", "taken", "replying"] {
        let (supervisor, tries) = supervised("step", step, 10);
        assert_eq!(supervisor.status.signal(), Some(6), "{supervisor:?}");
        // Two calls were answered before.
        assert_eq!((tries.allowed, tries.refused), (2, 8), "{step}");
    }
    let turns = (0..100).map(|round| round * 500);
    for turns in turns {
        let (supervisor, tries) = supervised("inject", &turns.to_string(), 100_000);
        assert_eq!(supervisor.status.signal(), Some(6), "{supervisor:?}");
        assert_eq!(tries.allowed + tries.refused, 100_000, "{turns}: {tries:?}");
        assert!(
            tries.allowed >= 2 && tries.refused > 0,
            "{turns}: {tries:?}"
        );
    }
}

#[test]
fn descriptors_are_not_kept() {
    let (supervisor, tries) = supervised("descriptors", "never", CALLS);
    assert_eq!(tries.allowed, CALLS, "{supervisor:?}");
    assert_eq!(String::from_utf8_lossy(&supervisor.stdout), "0\n");
}
