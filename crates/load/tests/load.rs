//! Loading on the real kernel, each case in a child of its own.
//!
//! Apart from launching, whose filters never reach this process.

mod support;

use std::process;
use std::sync::mpsc;
use std::thread;

use callgate_bpf::Action;
use callgate_load::{
    CombinationError, Flags, LoadError, Mode, NoNewPrivileges, PrivilegeError, Privileged,
    ProcessState, Status, filters, load,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpriority_process;
use rustix::thread::{CapabilitySet, capabilities, gettid, set_capabilities};
use support::{always, in_child, only};

/// The call that the filters below refuse, since it returns its error.
fn probe() -> Result<i32, Errno> {
    getpriority_process(None)
}

fn refusing() -> callgate_bpf::Program {
    only(&[libc::SYS_getpriority], Action::Errno(77))
}

const REFUSED: Result<i32, Errno> = Err(Errno::from_raw_os_error(77));

fn loaded(flags: Flags) -> Status {
    let token = NoNewPrivileges::set().expect("nothing forbids it");
    load(&refusing(), flags, &token).expect("the kernel takes it")
}

#[test]
fn a_filter_holds_for_its_thread() {
    in_child("a_filter_holds_for_its_thread", || {
        let (ask, asked) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let other = thread::spawn(move || {
            asked.recv().expect("a question");
            tell.send(probe()).expect("a listener");
        });
        let status = loaded(Flags::NONE);
        assert_eq!((status.applied, status.lacking), (Flags::NONE, Flags::NONE));
        assert!(status.listener.is_none());
        assert_eq!(probe(), REFUSED);
        let state = ProcessState::of(gettid().as_raw_nonzero().get().cast_unsigned());
        let state = state.expect("a status page");
        assert_eq!((state.mode, state.filters), (Mode::Filter, Some(1)));
        assert!(state.no_new_privileges);
        ask.send(()).expect("the thread waits");
        assert!(told.recv().expect("an answer").is_ok());
        other.join().expect("no panic");
    });
}

#[test]
fn tsync_reaches_every_thread() {
    in_child("tsync_reaches_every_thread", || {
        let (ask, asked) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let _other = thread::spawn(move || {
            asked.recv().expect("a question");
            tell.send(probe()).expect("a listener");
        });
        assert_eq!(loaded(Flags::TSYNC).applied, Flags::TSYNC);
        ask.send(()).expect("the thread waits");
        assert_eq!(told.recv().expect("an answer"), REFUSED);
    });
}

/// Loads in a second thread, then tries all threads at once: the kernel names the other one.
fn diverged(flags: Flags) -> (u32, LoadError) {
    let (tell, told) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let other = thread::spawn(move || {
        let status = loaded(Flags::NONE);
        tell.send(gettid()).expect("a listener");
        let _disconnected = ended.recv();
        drop(status);
    });
    let thread = told.recv().expect("a number");
    let token = NoNewPrivileges::set().expect("nothing forbids it");
    let error = load(&refusing(), flags, &token).expect_err("a thread has a filter of its own");
    assert!(probe().is_ok(), "no filter was loaded");
    drop(end);
    other.join().expect("no panic");
    (thread.as_raw_nonzero().get().cast_unsigned(), error)
}

#[test]
fn a_thread_that_differs_is_named() {
    in_child("a_thread_that_differs_is_named", || {
        let (thread, error) = diverged(Flags::TSYNC);
        assert!(
            matches!(error, LoadError::Unsynchronised { thread: Some(named) } if named == thread),
            "{error}"
        );
    });
}

#[test]
fn a_thread_that_differs_is_reported_beside_a_listener() {
    in_child(
        "a_thread_that_differs_is_reported_beside_a_listener",
        || {
            for flags in [
                Flags::TSYNC | Flags::TSYNC_ESRCH,
                Flags::TSYNC | Flags::TSYNC_ESRCH | Flags::NEW_LISTENER,
            ] {
                let (_, error) = diverged(flags);
                assert!(
                    matches!(error, LoadError::Unsynchronised { thread: None }),
                    "{flags}: {error}"
                );
            }
        },
    );
}

#[test]
fn flags_that_change_no_answer_are_taken() {
    in_child("flags_that_change_no_answer_are_taken", || {
        for flags in [
            Flags::LOG,
            Flags::SPEC_ALLOW,
            Flags::TSYNC_ESRCH,
            Flags::LOG | Flags::SPEC_ALLOW | Flags::TSYNC,
        ] {
            let status = loaded(flags);
            assert_eq!((status.applied, status.lacking), (flags, Flags::NONE));
            assert_eq!(probe(), REFUSED);
        }
    });
}

/// A caller waits until its listener is there to be read; when that closes, the call was never made.
fn listens(flags: Flags) {
    let token = NoNewPrivileges::set().expect("nothing forbids it");
    let notifying = only(&[libc::SYS_getpriority], Action::Notify);
    let status = load(&notifying, flags, &token).expect("the kernel takes it");
    let listener = status.listener.expect("the flag asks for one");
    let caller = thread::spawn(probe);
    let mut events = [PollFd::new(&listener, PollFlags::IN)];
    let patience = Timespec {
        tv_sec: 60,
        tv_nsec: 0,
    };
    assert_eq!(poll(&mut events, Some(&patience)), Ok(1), "{flags}");
    assert!(events[0].revents().contains(PollFlags::IN));
    let error = load(&notifying, flags, &token).expect_err("one listener is permitted");
    assert!(matches!(error, LoadError::ListenerExists), "{error}");
    drop(listener);
    assert_eq!(caller.join().expect("no panic"), Err(Errno::NOSYS));
}

#[test]
fn a_listener_is_asked() {
    in_child("a_listener_is_asked", || listens(Flags::NEW_LISTENER));
}

#[test]
fn a_listener_with_patient_callers_is_asked() {
    in_child("a_listener_with_patient_callers_is_asked", || {
        listens(Flags::NEW_LISTENER | Flags::WAIT_KILLABLE_RECV);
    });
}

#[test]
fn a_listener_for_all_threads_is_asked() {
    in_child("a_listener_for_all_threads_is_asked", || {
        listens(Flags::NEW_LISTENER | Flags::TSYNC | Flags::TSYNC_ESRCH);
    });
}

#[test]
fn impossible_flags_are_refused_before_loading() {
    in_child("impossible_flags_are_refused_before_loading", || {
        let token = NoNewPrivileges::set().expect("nothing forbids it");
        for (flags, expected) in [
            (
                Flags::TSYNC | Flags::NEW_LISTENER,
                CombinationError::TsyncWithListener,
            ),
            (
                Flags::WAIT_KILLABLE_RECV,
                CombinationError::WaitWithoutListener,
            ),
        ] {
            let error = load(&refusing(), flags, &token).expect_err("they don't go together");
            assert!(
                matches!(error, LoadError::Combination(given) if given == expected),
                "{flags}: {error}"
            );
        }
        assert!(probe().is_ok());
    });
}

#[test]
fn a_filter_may_refuse_or_feign_the_next_one() {
    in_child("a_filter_may_refuse_or_feign_the_next_one", || {
        for (action, feigned) in [(Action::Errno(0), true), (Action::Errno(1), false)] {
            thread::spawn(move || {
                let token = NoNewPrivileges::set().expect("nothing forbids it");
                let outer = only(&[libc::SYS_seccomp], action);
                let _status = load(&outer, Flags::NONE, &token).expect("the kernel takes it");
                for flags in [Flags::NONE, Flags::NEW_LISTENER] {
                    let error = load(&refusing(), flags, &token).expect_err("it is refused");
                    match error {
                        LoadError::Feigned => assert!(feigned),
                        LoadError::Kernel(error) => {
                            assert_eq!(error.raw_os_error(), Some(1));
                            assert!(!feigned);
                        }
                        error => panic!("{error}"),
                    }
                }
                assert!(probe().is_ok());
            })
            .join()
            .expect("no panic");
        }
    });
}

#[test]
fn many_filters_are_too_many() {
    in_child("many_filters_are_too_many", || {
        let token = NoNewPrivileges::set().expect("nothing forbids it");
        let long = only(&[1_000_000; 200], Action::Allow);
        // The kernel counts its own translation of a program, a little longer than the program, and four more.
        let room = 32768 / (long.len() + 4);
        let (loaded, error) = (0..=room)
            .find_map(|at| Some((at, load(&long, Flags::NONE, &token).err()?)))
            .expect("there is no room for so many");
        assert!(loaded > room / 2, "{loaded} of {room}");
        assert!(matches!(error, LoadError::TooManyInstructions), "{error}");
    });
}

#[test]
fn privileged_loading_needs_the_capability() {
    in_child("privileged_loading_needs_the_capability", || {
        let mut sets = capabilities(None).expect("the kernel says");
        if sets.effective.contains(CapabilitySet::SYS_ADMIN) {
            let token = Privileged::assert().expect("it is there");
            let _status = load(&refusing(), Flags::NONE, &token).expect("the kernel takes it");
            let thread = gettid().as_raw_nonzero().get().cast_unsigned();
            let state = ProcessState::of(thread).expect("a status page");
            assert!(!state.no_new_privileges && state.admin);
            assert_eq!(probe(), REFUSED);
            sets.effective -= CapabilitySet::SYS_ADMIN;
            set_capabilities(None, sets).expect("less is always possible");
        }
        let error = Privileged::assert().expect_err("it is gone");
        assert!(matches!(error, PrivilegeError::NotAdmin), "{error}");
    });
}

#[test]
fn filters_are_read_back_in_the_order_of_loading() {
    in_child("filters_are_read_back_in_the_order_of_loading", || {
        let expected = vec![refusing(), always(Action::Log)];
        // Another process: a thread can't trace its siblings.
        let child = callgate_load::Launch::new("/bin/sleep", ["1000".into()]);
        let layers: Vec<_> = expected
            .iter()
            .map(|program| callgate_load::Layer {
                program,
                flags: Flags::NONE,
            })
            .collect();
        let child = child
            .hold(&layers)
            .and_then(callgate_load::Held::release)
            .expect("a child");
        let id = child.id();
        while ProcessState::of(id).expect("a status page").filters != Some(2) {
            thread::yield_now();
        }
        match filters::of_process(id) {
            Ok(programs) => assert_eq!(programs, expected),
            Err(filters::ReadError::NotPrivileged) => {
                let state = ProcessState::of(process::id()).expect("a status page");
                assert!(!state.admin, "with CAP_SYS_ADMIN it is permitted");
            }
            Err(error) => panic!("{error}"),
        }
        let child_id = rustix::process::Pid::from_raw(id.cast_signed()).expect("positive");
        rustix::process::kill_process(child_id, rustix::process::Signal::KILL).expect("ours");
        child.wait().expect("it ran");
        assert!(filters::of_process(process::id()).is_err(), "oneself");
        assert!(matches!(
            filters::of_process(id),
            Err(filters::ReadError::NoProcess)
        ));
    });
}
