//! Calls that somebody else watched: what strace wrote, and the kernel's audit records of seccomp.
//!
//! Apart from recording, because these are texts: nothing runs, and what they leave out nobody knows.

mod audit;
mod strace;

use std::collections::BTreeMap;
use std::path::PathBuf;

use callgate_load::Ending;
use callgate_profile::write::Document;
use callgate_syscalls::Arch;

use crate::recording::{Call, Extent, Recording};

/// Whose text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// strace's: a line a call, or the table of `-c`.
    Strace,
    /// The kernel's audit records of type 1326, as auditd, the journal or dmesg have them.
    Audit,
}

/// What a text says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The calls, and how often each stands there.
    pub calls: BTreeMap<Call, u64>,
    /// The lines that should have a call, from 1, and don't: cut short, or of a name that is no call of the arch.
    pub unread: Vec<usize>,
}

/// Reads a text; `native` is whose calls they are where it says nothing of it.
#[must_use]
pub fn import(source: Source, text: &str, native: Arch) -> Imported {
    match source {
        Source::Strace => strace::read(text, native),
        Source::Audit => audit::read(text),
    }
}

impl Imported {
    /// A profile that permits these calls and what any run may need; `of` is named in it.
    #[must_use]
    pub fn profile(&self, of: PathBuf) -> Document {
        // A profile is of calls and of where they are from: how a command ended is not in it.
        let recording = Recording {
            calls: self.calls.clone(),
            programs: vec![of],
            unfollowed: 0,
            ending: Ending::Exited(0),
            extent: Extent::Whole,
        };
        recording.profile()
    }

    fn add(&mut self, call: Call, count: u64) {
        *self.calls.entry(call).or_default() += count;
    }
}
