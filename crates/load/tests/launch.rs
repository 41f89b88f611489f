//! Commands under filters on the real kernel: how each way to be refused is reported.
//!
//! Apart from loading because here the filter is a child's.

mod support;

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::{self, Command, Stdio};
use std::thread;

use callgate_bpf::{Action, Insn, Program, SeccompData};
use callgate_load::{
    Ending, Flags, Launch, LaunchError, Layer, LoadError, Privileges, ProcessState, Stage,
    attach_time,
};
use rustix::process::{Pid, test_kill_process};
use support::{always, in_child, only};

fn layers(programs: &[Program]) -> Vec<Layer<'_>> {
    programs
        .iter()
        .map(|program| Layer {
            program,
            flags: Flags::NONE,
        })
        .collect()
}

fn run(path: &str, programs: &[Program]) -> Result<Ending, LaunchError> {
    Launch::new(path, []).run(&layers(programs))
}

fn shell(script: &str) -> Launch {
    Launch::new("/bin/sh", ["-c", script].map(OsString::from))
}

fn allowed() -> [Program; 1] {
    [always(Action::Allow)]
}

#[test]
fn an_ending_is_passed_on() {
    for (script, ending) in [
        ("true", Ending::Exited(0)),
        ("exit 42", Ending::Exited(42)),
        ("exit 255", Ending::Exited(255)),
        ("kill -KILL $$", Ending::Signalled(9)),
        ("kill -SYS $$", Ending::Signalled(31)),
    ] {
        for programs in [&allowed()[..], &[]] {
            let given = shell(script).run(&layers(programs)).expect("it runs");
            assert_eq!(given, ending, "{script}");
        }
    }
}

#[test]
fn what_can_not_be_executed_is_told_apart() {
    for (path, kind, status) in [
        ("/nowhere/at/all", ErrorKind::NotFound, 127),
        ("/etc/passwd", ErrorKind::PermissionDenied, 126),
        ("/", ErrorKind::PermissionDenied, 126),
    ] {
        let error = run(path, &allowed()).expect_err("not a program");
        assert_eq!(error.status(), status, "{error}");
        assert!(
            matches!(&error, LaunchError::Execute { error, .. } if error.kind() == kind),
            "{error}"
        );
    }
    let error = run("/bin/\0", &allowed()).expect_err("no file has such a name");
    assert!(matches!(error, LaunchError::Nul(_)), "{error}");
    assert_eq!(error.status(), 125);
}

/// A child whose filter refuses every call can neither write nor exit.
#[test]
fn a_filter_that_refuses_everything_is_reported() {
    let status = |action| {
        let error = run("/bin/true", &[always(action)]).expect_err("execve is refused");
        (error.status(), error)
    };
    for (action, errno) in [
        (Action::Errno(1), 1),
        (Action::Errno(4095), 4095),
        // Without a supervisor or tracer the kernel answers ENOSYS.
        (Action::Trace(0), libc::ENOSYS),
        (Action::Notify, libc::ENOSYS),
    ] {
        let (status, error) = status(action);
        assert_eq!(status, 126, "{error}");
        assert!(
            matches!(&error, LaunchError::Execute { error, .. } if error.raw_os_error() == Some(errno)),
            "{action:?}: {error}"
        );
    }
    let (code, error) = status(Action::Errno(0));
    assert!(matches!(error, LaunchError::Feigned { .. }), "{error}");
    assert_eq!(code, 126);
    for action in [Action::KillProcess, Action::KillThread, Action::Trap(0)] {
        let (status, error) = status(action);
        assert_eq!(status, 159, "{error}");
        assert!(
            matches!(
                error,
                LaunchError::Ended {
                    ending: Ending::Signalled(31),
                    stage: Stage::Execute
                }
            ),
            "{action:?}: {error}"
        );
    }
}

#[test]
fn a_program_that_ran_ends_as_it_ends() {
    // The same signal as above, but after execve: the program's own ending.
    for action in [Action::KillProcess, Action::KillThread, Action::Trap(0)] {
        let programs = [only(&[libc::SYS_exit_group], action)];
        let ending = run("/bin/true", &programs).expect("it came to run");
        assert_eq!(ending, Ending::Signalled(31), "{action:?}");
    }
}

#[test]
fn attaching_is_timed_under_any_filter() {
    for action in [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(0),
        Action::Errno(0),
        Action::Trace(0),
        Action::Notify,
        Action::Allow,
    ] {
        let spent = attach_time(&always(action)).expect("it is attached");
        assert!(!spent.is_zero(), "{action:?}");
    }
    // The kernel asks a longer program as often, and it takes longer to answer: the shortest of several shows it.
    let shortest = |program: &Program| {
        let spent = (0..9).map(|_| attach_time(program).expect("it is attached"));
        spent.min().expect("there are nine")
    };
    let mut insns = vec![Insn::LdAbs(SeccompData::NR)];
    insns.extend((1000..4000).map(|nr| Insn::jeq(nr, 0, 0)));
    insns.push(Insn::RetK(Action::Allow.to_ret()));
    let long = Program::new(insns).expect("the kernel takes it");
    assert!(shortest(&long) > shortest(&always(Action::Allow)) * 2);
}

#[test]
fn only_execve_refused() {
    let programs = [only(
        &[libc::SYS_execve, libc::SYS_execveat],
        Action::Errno(13),
    )];
    let error = run("/bin/true", &programs).expect_err("execve is refused");
    assert!(
        matches!(&error, LaunchError::Execute { error, .. } if error.raw_os_error() == Some(13)),
        "{error}"
    );
}

#[test]
fn every_layer_holds() {
    let refusing = |nr, errno| only(&[nr], Action::Errno(errno));
    let programs = [
        refusing(libc::SYS_chdir, 1),
        refusing(libc::SYS_umask, 1),
        always(Action::Log),
    ];
    let ending =
        shell("cd / 2>/dev/null && exit 9; exec grep -q 'Seccomp_filters:.3' /proc/self/status")
            .run(&layers(&programs));
    assert_eq!(ending.expect("it runs"), Ending::Exited(0));
}

#[test]
fn a_layer_may_refuse_the_next_one() {
    let outcome = |action| {
        let programs = [only(&[libc::SYS_seccomp], action), always(Action::Allow)];
        run("/bin/true", &programs).expect_err("the second layer can't be loaded")
    };
    let error = outcome(Action::Errno(1));
    assert!(
        matches!(
            &error,
            LaunchError::Load { layer: 1, error: LoadError::Kernel(error) } if error.raw_os_error() == Some(1)
        ),
        "{error}"
    );
    assert_eq!(error.status(), 125);
    let error = outcome(Action::Errno(0));
    let feigned = LoadError::Feigned;
    assert!(
        matches!(&error, LaunchError::Load { layer: 1, error } if error.to_string() == feigned.to_string()),
        "{error}"
    );
    let error = outcome(Action::KillProcess);
    assert!(
        matches!(
            error,
            LaunchError::Ended {
                ending: Ending::Signalled(31),
                stage: Stage::Load(1)
            }
        ),
        "{error}"
    );
}

#[test]
fn flags_are_those_of_loading() {
    let program = always(Action::Allow);
    let launch = |flags| {
        Launch::new("/bin/true", []).run(&[Layer {
            program: &program,
            flags,
        }])
    };
    for flags in [Flags::LOG, Flags::SPEC_ALLOW, Flags::TSYNC] {
        assert_eq!(
            launch(flags).expect("it runs"),
            Ending::Exited(0),
            "{flags}"
        );
    }
    let error = launch(Flags::NEW_LISTENER).expect_err("nobody listens");
    assert!(matches!(error, LaunchError::Listener), "{error}");
    let error = launch(Flags::WAIT_KILLABLE_RECV).expect_err("it needs a listener");
    assert!(
        matches!(
            error,
            LaunchError::Load {
                layer: 0,
                error: LoadError::Combination(_)
            }
        ),
        "{error}"
    );
}

#[test]
fn new_privileges_are_given_up_unless_kept() {
    let shows = |value: &str| {
        shell(&format!(
            "exec grep -q 'NoNewPrivs:.{value}' /proc/self/status"
        ))
    };
    let ending = shows("1").run(&layers(&allowed())).expect("it runs");
    assert_eq!(ending, Ending::Exited(0));
    let kept = Launch {
        privileges: Privileges::Kept,
        ..shows("0")
    };
    let ours = ProcessState::of(process::id()).expect("a status page");
    match kept.run(&layers(&allowed())) {
        Ok(ending) => assert!(ours.admin && ending == Ending::Exited(0), "{ending}"),
        Err(LaunchError::Load {
            layer: 0,
            error: LoadError::NotPrivileged,
        }) => assert!(!ours.admin),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_command_starts_with_clean_signals() {
    // Rust ignores SIGPIPE (the thirteenth), and the fork holds every signal back for a moment.
    for pattern in [
        // Bit 12 of the last four digits is the lowest of the first of them.
        "^SigIgn:.[0-9a-f]{12}[02468ace][0-9a-f]{3}$",
        "^SigBlk:.0{16}$",
    ] {
        let launch = shell(&format!("exec grep -Eq '{pattern}' /proc/self/status"));
        assert_eq!(
            launch.run(&[]).expect("it runs"),
            Ending::Exited(0),
            "{pattern}"
        );
    }
}

#[test]
fn an_ending_is_kept_where_children_were_ignored() {
    let status = Command::new("/bin/sh")
        .args([
            "-c",
            "trap '' CHLD; exec \"$0\" --exact an_ending_is_passed_on",
        ])
        .arg(env::current_exe().expect("a path"))
        .stdout(Stdio::null())
        .status()
        .expect("it runs");
    assert!(status.success(), "{status}");
}

#[test]
fn arguments_and_environment_are_passed() {
    let mut launch = shell("test \"$0 $1\" = 'a b c' && test \"$X\" = 'y=z' && test -z \"$HOME\"");
    launch.arguments.extend(["a b", "c"].map(OsString::from));
    launch.environment = vec![("X".into(), "y=z".into())];
    assert_eq!(launch.run(&[]).expect("it runs"), Ending::Exited(0));
}

#[test]
fn a_child_that_is_not_released_is_gone() {
    let held = Launch::new("/bin/false", []).hold(&[]).expect("a child");
    let child = Pid::from_raw(held.id().cast_signed()).expect("positive");
    test_kill_process(child).expect("it is there");
    drop(held);
    test_kill_process(child).expect_err("it is not");
}

#[test]
fn signals_reach_the_child() {
    in_child("signals_reach_the_child", || {
        for signal in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2"] {
            // The child sends the signal to this process, which would end by it, and gets it back.
            let script =
                format!("trap 'exit 7' {signal}; kill -{signal} $PPID; while :; do :; done");
            let ending = shell(&script).run(&layers(&allowed()));
            assert_eq!(ending.expect("it runs"), Ending::Exited(7), "{signal}");
        }
    });
}

#[test]
fn many_threads_launch_at_once() {
    let workers: Vec<_> = (0..8)
        .map(|worker| {
            thread::spawn(move || {
                for round in 0..20 {
                    let code = worker * 20 + round;
                    let ending = shell(&format!("exit {code}")).run(&layers(&allowed()));
                    assert_eq!(ending.expect("it runs"), Ending::Exited(code));
                    let refused = run("/bin/true", &[always(Action::Errno(1))]);
                    assert_eq!(refused.expect_err("it is refused").status(), 126);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().expect("no panic");
    }
}
