//! Threads that stop for a tracer: which call one makes, whether a filter asks about it, and how it goes on.
//!
//! Apart from launching, because who records a command and who answers for its filter both trace it.

#[allow(unsafe_code)]
mod sys;

pub(crate) use sys::trace;

pub use sys::{
    Event, Look, Seen, SignalsElsewhere, Stops, detach, entry, interrupt, listen, look, message,
    next, peek, resume, seize, take,
};
