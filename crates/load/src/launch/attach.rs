//! How long the kernel takes to load a filter: measured in a child, since a filter can't be unloaded.
//!
//! Apart from launching a command, of which it shares the memory that a child under any filter can write to.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use callgate_bpf::Program;
use rustix::io::retry_on_intr;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::sys;
use crate::sys::Records;

/// How long the kernel took to load this filter, once, for a process that has no other of its own.
///
/// It checks the program, translates it, and asks it about every call whether that is always allowed, so the time grows with the
/// lengths of the program's paths. One measurement says little: take the median of many.
///
/// ```no_run
/// use callgate_bpf::{Action, Insn, Program};
/// use callgate_load::attach_time;
///
/// let program = Program::new(vec![Insn::RetK(Action::Allow.to_ret())])?;
/// let mut times = (0..31).map(|_| attach_time(&program)).collect::<Result<Vec<_>, _>>()?;
/// times.sort_unstable();
/// println!("{:?}", times[15]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The kernel does not load it, or there is no child to be had.
pub fn attach_time(program: &Program) -> io::Result<Duration> {
    let shared = sys::Shared::new()?;
    let child = sys::fork_to_time(&Records::of(program), &shared)?;
    let child = Pid::from_raw(child).expect("a child has a number");
    retry_on_intr(|| waitid(WaitId::Pid(child), WaitIdOptions::EXITED))?;
    let progress = shared.progress();
    match progress.nanoseconds.load(Ordering::SeqCst) {
        0 if progress.failed.load(Ordering::SeqCst) => Err(io::Error::from_raw_os_error(
            progress.errno.load(Ordering::SeqCst),
        )),
        0 => Err(io::Error::other(
            "the filter ended the child before it had read the clock",
        )),
        nanoseconds => Ok(Duration::from_nanos(nanoseconds)),
    }
}
