//! A scene in the probe: the process that lives through a call, its tracer and its listener.
//!
//! Apart from the mass of calls, which see nothing but errnos.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::{fs, thread};

use callgate_load::Flags;

use super::{load_now, make, program, sys as ready};
use crate::scene::{AFTERWARDS, BY_HANDLER, BY_LISTENER, BY_TRACER};
use crate::sys::{self, Event, Shared};
use crate::wire::{Call, Ending, Observation, Scene, Trap};

/// What is seen of a scene.
pub(super) fn play(scene: &Scene) -> Observation {
    let shared = Shared::new(Seen::WORDS).expect("memory");
    let seen = Seen(shared.words());
    let child = sys::fork(|| act(scene, &seen)).expect("a child");
    let mut event = None;
    let ending = loop {
        match sys::wait(None).expect("children") {
            (who, Event::Exited(status)) if who == child => break Ending::Exited(status),
            (who, Event::Signalled(signal)) if who == child => break Ending::Signalled(signal),
            (_, Event::Exited(_) | Event::Signalled(_)) => {}
            (who, Event::Stopped(libc::SIGSTOP)) => ready::trace_filters_of(who).expect("a tracee"),
            (who, Event::Stopped(signal)) => ready::let_go_on(who, signal).expect("a tracee"),
            (who, Event::Traced(_)) => {
                event = Some(ready::answer_as_tracer(who, BY_TRACER).expect("a tracee"));
                ready::let_go_on(who, 0).expect("a tracee");
            }
        }
    };
    let trap = |[code, errno, nr, arch]: [i64; 4]| Trap {
        code,
        errno,
        nr,
        arch,
    };
    Observation {
        returned: seen.noted(Seen::RETURNED).map(|[value]| value),
        trap: seen.noted(Seen::TRAP).map(trap),
        notification: seen.noted(Seen::NOTIFICATION).map(|words: [i64; 8]| {
            let [nr, arch, args @ ..] = words.map(i64::cast_unsigned);
            Call(nr as u32, arch as u32, args)
        }),
        event,
        ending,
    }
}

/// The words that the processes of a scene share, by name: each pair is "was it?" and "what".
struct Seen<'a>(&'a [AtomicI64]);

impl Seen<'_> {
    const RETURNED: usize = 0;
    const TRAP: usize = 2;
    const NOTIFICATION: usize = 7;
    const WORDS: usize = 16;

    fn note(&self, place: usize, words: &[i64]) {
        for (slot, &word) in self.0[place + 1..].iter().zip(words) {
            slot.store(word, Ordering::SeqCst);
        }
        self.0[place].store(1, Ordering::SeqCst);
    }

    fn noted<const N: usize>(&self, place: usize) -> Option<[i64; N]> {
        let word = |at: usize| self.0[place + 1 + at].load(Ordering::SeqCst);
        (self.0[place].load(Ordering::SeqCst) == 1).then(|| std::array::from_fn(word))
    }
}

/// The process of a scene.
fn act(scene: &Scene, seen: &Seen<'_>) {
    if scene.props.handler {
        ready::handle_traps(BY_HANDLER).expect("a handler");
    }
    if !scene.props.second_thread {
        call_under_filters(scene, seen, &OnceLock::new());
        std::process::exit(AFTERWARDS);
    }
    let caller = OnceLock::new();
    let listener = OnceLock::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            caller.set(ready::thread()).expect("one caller");
            call_under_filters(scene, seen, &listener);
            done.store(true, Ordering::SeqCst);
        });
        // This thread has no filter. It sees to notifications until the other is done or dead.
        while !done.load(Ordering::SeqCst) && caller.get().is_none_or(|&caller| lives(caller)) {
            match listener.get() {
                Some(Some(listener)) => attend(listener, seen),
                _ => thread::yield_now(),
            }
        }
        std::process::exit(AFTERWARDS);
    });
}

fn call_under_filters(scene: &Scene, seen: &Seen<'_>, listener: &OnceLock<Option<OwnedFd>>) {
    if scene.props.tracer {
        ready::be_traced().expect("the probe traces");
    }
    let mut made = None;
    for (at, filter) in scene.filters.iter().enumerate() {
        let flags = if scene.props.listener == Some(at) {
            Flags::NEW_LISTENER
        } else {
            Flags::NONE
        };
        made = load_now(&program(filter), flags).or(made);
    }
    listener.set(made).expect("one caller");
    let returned = make(&scene.call).value;
    if let Some(trap) = ready::trapped() {
        seen.note(Seen::TRAP, &[trap.code, trap.errno, trap.nr, trap.arch]);
    }
    seen.note(Seen::RETURNED, &[returned]);
}

fn lives(thread: i32) -> bool {
    fs::exists(Path::new("/proc/self/task").join(thread.to_string())).unwrap_or(true)
}

fn attend(listener: &OwnedFd, seen: &Seen<'_>) {
    if !ready::has_notification(listener.as_fd()).expect("a listener") {
        return;
    }
    let data = ready::answer_notification(listener.as_fd(), BY_LISTENER).expect("a notification");
    let mut words = [i64::from(data.nr), data.arch.into(), 0, 0, 0, 0, 0, 0];
    for (word, arg) in words[2..].iter_mut().zip(data.args) {
        *word = arg.cast_signed();
    }
    seen.note(Seen::NOTIFICATION, &words);
}
