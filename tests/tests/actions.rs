//! Every action as a process lives through it, alone and in pairs of filters.
//!
//! "log" and "allow" look alike to the process; the record that "log" writes goes to the system's log, which is not ours to read.

use callgate_bpf::{Action, Program, SeccompData};
use callgate_syscalls::{Arch, Syscall};
use callgate_tests::kernel::Kernel;
use callgate_tests::scene::{Ending, Observation, Props, Scene, expected, only};

/// What the call of the scenes returns when it is made: getpgid of no process.
const MADE: i64 = -(libc::ESRCH as i64);

fn getpgid(arch: Arch) -> SeccompData {
    let nr = Syscall::by_name("getpgid")
        .and_then(|call| call.number(arch))
        .expect("it has a number");
    // No process has this number.
    let args = [0x7fff_fff0, 0x11, 0x22, 0x33, 0x44, 0x55];
    SeccompData {
        nr,
        arch: arch.audit(),
        args,
        ..SeccompData::default()
    }
}

fn actions(data: u16) -> [Action; 8] {
    [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(data),
        Action::Errno(data),
        Action::Notify,
        Action::Trace(data),
        Action::Log,
        Action::Allow,
    ]
}

/// A scene, what it is about, and what is to be seen.
struct Expected {
    name: String,
    scene: Scene,
    observation: Observation,
}

fn play(all: Vec<Expected>) {
    let kernel = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"));
    let seen = kernel.play(all.iter().map(|each| each.scene.clone()).collect());
    assert_eq!(seen.len(), all.len());
    for (each, seen) in all.iter().zip(seen) {
        assert_eq!(seen, each.observation, "{}", each.name);
    }
}

/// Each action under each kind of readiness, from 64-bit code and by `int 0x80`.
#[test]
fn each_action_alone() {
    let mut all = Vec::new();
    for arch in [Arch::X86_64, Arch::X86] {
        let call = getpgid(arch);
        for action in actions(70) {
            let filter = only(&call, action);
            for number in 0..8 {
                let ready = |bit: u8| number & bit != 0;
                let props = Props {
                    second_thread: ready(1),
                    handler: ready(2),
                    tracer: ready(4),
                    listener: ready(1).then_some(0),
                };
                all.push(Expected {
                    name: format!("{action} of {arch} with {props:?}"),
                    scene: Scene::new(&[&filter], &call).with(props),
                    observation: expected(&call, action, props, MADE),
                });
            }
        }
    }
    play(all);
}

/// The data's limits: 16 bits for a trap and a tracer, an errno of at most 4095, and zero, which looks like success.
#[test]
fn the_data_arrives_whole() {
    let call = getpgid(Arch::X86_64);
    let mut all = Vec::new();
    for data in [0, 1, 38, 133, 512, 4094, 4095, 4096, 0x7fff, 0x8000, 0xffff] {
        for action in [Action::Trap(data), Action::Errno(data), Action::Trace(data)] {
            let props = Props::all(0);
            all.push(Expected {
                name: action.to_string(),
                scene: Scene::new(&[&only(&call, action)], &call).with(props),
                // What the kernel makes of the word, clamping included.
                observation: expected(&call, Action::from_ret(action.to_ret()), props, MADE),
            });
        }
    }
    play(all);
}

/// All pairs of two filters, in both orders: the stricter action wins, and between equal ones the newer filter's data.
#[test]
fn precedence_among_all_pairs() {
    let call = getpgid(Arch::X86_64);
    let mut all = Vec::new();
    for older in actions(70) {
        for newer in actions(71) {
            let filters: [Program; 2] = [only(&call, older), only(&call, newer)];
            // One filter of a process may have a listener: the one that asks for it, if any does.
            let props = Props::all(if newer == Action::Notify { 1 } else { 0 });
            let same = std::mem::discriminant(&older) == std::mem::discriminant(&newer);
            let wins = if same { newer } else { older.min(newer) };
            all.push(Expected {
                name: format!("{older}, then {newer}"),
                scene: Scene::new(&[&filters[0], &filters[1]], &call).with(props),
                observation: expected(&call, wins, props, MADE),
            });
        }
    }
    play(all);
}

/// Since Linux 6.11 and 6.18 these two pass every filter (`seccomp_uprobe_exception` in `kernel/seccomp.c`),
/// and raise SIGILL or fail where no probe is; before, a filter answered them as any other number.
#[test]
fn uretprobe_and_uprobe_are_no_filters_matter() {
    let kernel = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"));
    for nr in [335, 336] {
        let call = SeccompData {
            nr,
            ..getpgid(Arch::X86_64)
        };
        let observation = kernel
            .play(vec![Scene::new(&[&only(&call, Action::Errno(70))], &call)])
            .remove(0);
        let answered = expected(&call, Action::Errno(70), Props::default(), MADE);
        let passed = Observation {
            returned: None,
            ending: Ending::Signalled(libc::SIGILL),
            ..answered.clone()
        };
        let failed = Observation {
            returned: Some(-i64::from(libc::ENXIO)),
            ..answered.clone()
        };
        let known = [answered, passed, failed];
        assert!(known.contains(&observation), "{nr}: {observation:?}");
    }
}

/// Three filters: the strictest may be the oldest, the middle one or the newest.
#[test]
fn precedence_among_three() {
    let call = getpgid(Arch::X86_64);
    let three = [Action::Trap(1), Action::Errno(2), Action::Trace(3)];
    let mut all = Vec::new();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let filters = order.map(|at: usize| only(&call, three[at]));
        let props = Props {
            listener: None,
            ..Props::all(0)
        };
        all.push(Expected {
            name: format!("{order:?}"),
            scene: Scene::new(&filters.each_ref(), &call).with(props),
            observation: expected(&call, Action::Trap(1), props, MADE),
        });
    }
    play(all);
}
