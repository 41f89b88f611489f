//! The filters of a running process, read back from the kernel.
//!
//! Apart because it goes the other way, and needs privileges that loading does not.

use std::fmt;
use std::io;

use callgate_bpf::{Insn, Program};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::sys;

/// Why filters can't be read.
#[derive(Debug)]
pub enum ReadError {
    /// There is no such process.
    NoProcess,
    /// ptrace does not permit to attach, or somebody traces the process already.
    Attach(io::Error),
    /// Reading filters needs `CAP_SYS_ADMIN`, and a reader without a filter of its own.
    NotPrivileged,
    /// The process has no filter: its mode is not that of filters.
    NotFiltered,
    /// The kernel was built without `CONFIG_CHECKPOINT_RESTORE`, so that it does not keep filters as they were given.
    NotKept,
    /// The kernel gave a program that we would not have let be one.
    Unexpected(String),
    /// Another refusal.
    Kernel(io::Error),
}

/// The filters of a thread, or of a process's main thread, in the order in which they were loaded.
///
/// The thread is stopped for a moment. Filters of other threads may differ.
///
/// # Errors
/// As [`ReadError`] says.
pub fn of_process(process: u32) -> Result<Vec<Program>, ReadError> {
    let thread = Pid::from_raw(process.cast_signed()).ok_or(ReadError::NoProcess)?;
    let raw = thread.as_raw_nonzero().get();
    sys::seize(raw).map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::SRCH) => ReadError::NoProcess,
        _ => ReadError::Attach(error),
    })?;
    let signal = stopped(thread)?;
    let filters = read(raw);
    // A thread that somebody killed meanwhile is not there to be let go.
    let _gone = sys::detach(raw, signal);
    filters
}

/// Waits for the stop that was asked for; the signal that the thread was about to get, or 0.
fn stopped(thread: Pid) -> Result<i32, ReadError> {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED;
    let status = retry_on_intr(|| waitid(WaitId::Pid(thread), options))
        .map_err(|errno| ReadError::Kernel(errno.into()))?
        .ok_or(ReadError::NoProcess)?;
    // The low byte is the signal, the next one the event: a stop of our own has one.
    match status.trapping_signal().or(status.stopping_signal()) {
        Some(signal) if signal >> 8 == 0 => Ok(signal),
        Some(_) => Ok(0),
        None => Err(ReadError::NoProcess),
    }
}

fn read(thread: i32) -> Result<Vec<Program>, ReadError> {
    let mut programs = Vec::new();
    loop {
        let records = match sys::filter(thread, programs.len()) {
            Ok(Some(records)) => records,
            Ok(None) => return Ok(programs),
            Err(error) => return Err(refusal(error)),
        };
        let program = records
            .into_iter()
            .map(Insn::from_raw)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| ReadError::Unexpected(error.to_string()))
            .and_then(|insns| {
                Program::new(insns).map_err(|error| ReadError::Unexpected(error.to_string()))
            })?;
        programs.push(program);
    }
}

fn refusal(error: io::Error) -> ReadError {
    match Errno::from_io_error(&error) {
        Some(Errno::ACCESS) => ReadError::NotPrivileged,
        Some(Errno::INVAL) => ReadError::NotFiltered,
        Some(Errno::IO | Errno::MEDIUMTYPE) => ReadError::NotKept,
        _ => ReadError::Kernel(error),
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProcess => f.write_str("no such process"),
            Self::Attach(_) => f.write_str(
                "the process can't be traced, which needs its user or CAP_SYS_PTRACE, and no other tracer",
            ),
            Self::NotPrivileged => f.write_str(
                "reading filters needs CAP_SYS_ADMIN, and a reader that has no filter itself",
            ),
            Self::NotFiltered => f.write_str("the process has no filter"),
            Self::NotKept => f.write_str(
                "this kernel does not keep filters to be read back (CONFIG_CHECKPOINT_RESTORE)",
            ),
            Self::Unexpected(error) => write!(f, "the kernel gave an unexpected program: {error}"),
            Self::Kernel(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Attach(error) | Self::Kernel(error) => Some(error),
            _ => None,
        }
    }
}
