//! What a call under acting filters should come to, by the manual, for the observation to be held against.
//!
//! Apart from the probe, which only looks.

use callgate_bpf::{Action, Insn, Program, SeccompData};

pub use crate::wire::{Call, Ending, Observation, Props, Scene, Trap};

/// What a trapped call returns when the handler is ready.
pub const BY_HANDLER: i64 = 1_000_001;
/// What a traced call returns when the tracer is ready.
pub const BY_TRACER: i64 = 1_000_002;
/// What a call with a notification returns when the listener is ready.
pub const BY_LISTENER: i64 = 1_000_003;
/// The exit status of a process that outlived its call.
pub const AFTERWARDS: i32 = 77;

/// A filter with one answer for one number of one arch, and "allow" for all else.
#[must_use]
pub fn only(call: &SeccompData, action: Action) -> Program {
    Program::new(vec![
        Insn::LdAbs(SeccompData::ARCH),
        Insn::jeq(call.arch, 0, 3),
        Insn::LdAbs(SeccompData::NR),
        Insn::jeq(call.nr, 0, 1),
        Insn::RetK(action.to_ret()),
        Insn::RetK(Action::Allow.to_ret()),
    ])
    .expect("a program")
}

/// What is to be seen when a call gets this action and these stand ready.
///
/// `made` is what the call returns when it is really made.
#[must_use]
pub fn expected(call: &SeccompData, action: Action, props: Props, made: i64) -> Observation {
    const ENOSYS: i64 = 38;
    let mut seen = Observation {
        returned: None,
        trap: None,
        notification: None,
        event: None,
        ending: Ending::Exited(AFTERWARDS),
    };
    let killed = Ending::Signalled(libc::SIGSYS);
    match action {
        Action::KillProcess => seen.ending = killed,
        // The last thread takes the process with it.
        Action::KillThread if props.second_thread => {}
        Action::KillThread => seen.ending = killed,
        Action::Trap(data) if props.handler => {
            seen.returned = Some(BY_HANDLER);
            let (nr, arch) = (call.nr.into(), call.arch.into());
            seen.trap = Some(Trap {
                code: 1,
                errno: data.into(),
                nr,
                arch,
            });
        }
        Action::Trap(_) => seen.ending = killed,
        Action::Errno(errno) => seen.returned = Some(-i64::from(errno)),
        Action::Notify if props.listener.is_some() => {
            seen.returned = Some(BY_LISTENER);
            seen.notification = Some(call.into());
        }
        Action::Trace(data) if props.tracer => {
            seen.returned = Some(BY_TRACER);
            seen.event = Some(data.into());
        }
        Action::Notify | Action::Trace(_) => seen.returned = Some(-ENOSYS),
        Action::Log | Action::Allow => seen.returned = Some(made),
    }
    seen
}
