//! What a handler answers to a call.
//!
//! Apart from the serving, because a reply that lets the kernel go on has a race, and whoever gives it has to say which.

use std::io;
use std::os::fd::OwnedFd;

use crate::instead::Instead;

/// The answer to a call.
#[derive(Debug)]
pub enum Reply {
    /// The call is not made, and returns this value.
    Value(i64),
    /// The call is not made, and fails with this errno; 0 counts as `EPERM`, since it would feign success.
    Errno(u16),
    /// The call is not made, and returns a copy of this descriptor.
    Descriptor {
        /// What the caller gets.
        descriptor: OwnedFd,
        /// Whether the caller's copy ends at its next execve.
        on_exec: OnExec,
    },
    /// The kernel makes the call, as it is by then.
    Continue(Race),
    /// What the action's `otherwise` says.
    Otherwise,
}

/// The answer to a call that a tracer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceReply {
    /// The call is not made, and returns this value.
    Value(i64),
    /// The call is not made, and fails with this errno; 0 counts as `EPERM`, since it would feign success.
    Errno(u16),
    /// The kernel makes the call.
    Continue(Race),
    /// The kernel makes this call in its place; the filter judges it, too, and shows it to no tracer again.
    Instead(Instead),
    /// What the action's `otherwise` says.
    Otherwise,
}

impl Reply {
    /// The reply to who was acted for: what the action meets, it meets for its caller.
    pub(crate) fn of(done: io::Result<Self>) -> Self {
        let errno = |error: io::Error| u16::try_from(error.raw_os_error()?).ok();
        done.unwrap_or_else(|error| errno(error).map_or(Self::Otherwise, Self::Errno))
    }
}

/// What becomes of a descriptor at execve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExec {
    /// It is closed.
    Close,
    /// It stays.
    Keep,
}

/// Why it does no harm that the kernel reads a call's memory again after a handler has looked at it, and so may make another call
/// than the handler saw (seccomp_unotify(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Race {
    /// The decision is of the call's number and registers alone, which can't change.
    RegistersOnly,
    /// Nothing was decided: the call was to be made whatever it is, and was only watched, counted or delayed.
    NothingDecided,
    /// It does harm to who relies on it: the decision is advice, which a hostile program gets by. The text says to whom this was told.
    Advisory(&'static str),
}
