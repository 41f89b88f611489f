//! "Did you mean": the messages about a name that is no call's, or no group's.
//!
//! Apart because every verb that takes a call says it in the same way.

use callgate_engines::Floor;
use callgate_profile::nearest;
use callgate_syscalls::{Syscall, groups};

/// The message, with the nearest name where there is one.
pub(crate) fn unknown_call(word: &str) -> String {
    match nearest(word, Syscall::all().map(Syscall::name)) {
        Some(name) => format!("unknown call `{word}`, did you mean `{name}`?"),
        None => format!("unknown call `{word}`"),
    }
}

/// The same of a group, or a runtime's floor.
pub(crate) fn unknown_group(word: &str) -> String {
    let floors: Vec<String> = Floor::all().iter().map(Floor::name).collect();
    let groups = groups::all().iter().map(|group| group.name);
    match nearest(word, groups.chain(floors.iter().map(String::as_str))) {
        Some(name) => format!("unknown group `{word}`, did you mean `{name}`?"),
        None => format!("unknown group `{word}`"),
    }
}
