//! "Did you mean": the message about a name that is no call's.
//!
//! Apart because every verb that takes a call says it in the same way.

use callgate_profile::nearest;
use callgate_syscalls::Syscall;

/// The message, with the nearest name where there is one.
pub(crate) fn unknown_call(word: &str) -> String {
    match nearest(word, Syscall::all().map(Syscall::name)) {
        Some(name) => format!("unknown call `{word}`, did you mean `{name}`?"),
        None => format!("unknown call `{word}`"),
    }
}
