//! What a caller gets where its handler has no answer.
//!
//! Apart from who serves, because a listener's calls and a tracer's are refused alike.

use callgate_bpf::Action;
use rustix::io::Errno;
use rustix::process::{Signal, pidfd_send_signal};

use crate::call::Call;
use crate::sys::Answer;

/// What a call returns that nobody was asked about, as without a supervisor.
pub(crate) const NOSYS: i64 = -(Errno::NOSYS.raw_os_error() as i64);

/// What stands in for a handler's answer.
pub(crate) fn without_an_answer(call: &Call<'_>, otherwise: Action) -> Answer {
    let signal = match otherwise {
        Action::Allow | Action::Log => return Answer::Continue,
        Action::Errno(errno) => return Answer::Error(refusal(errno)),
        Action::Trace(_) | Action::Notify => return Answer::Error(Errno::NOSYS.raw_os_error()),
        Action::Trap(_) => Signal::SYS,
        Action::KillThread | Action::KillProcess => Signal::KILL,
    };
    // Whether or not it could be sent, the call is not made.
    let _sent = call
        .process()
        .and_then(|caller| Ok(pidfd_send_signal(caller, signal)?));
    Answer::Error(Errno::PERM.raw_os_error())
}

/// An errno that refuses: none would feign success.
pub(crate) fn refusal(errno: u16) -> i32 {
    match errno {
        0 => Errno::PERM.raw_os_error(),
        errno => i32::from(errno),
    }
}
