//! The smallest edit of a document after which calls get another answer, and nothing else opens.
//!
//! Apart from the verbs that ask for it: what an edit does is decided here, by diagrams, under every target at once.

mod candidates;
mod proof;
#[cfg(test)]
mod tests;

use std::fmt;

use callgate_engines::{Refusal, Target};
use callgate_policy::{Action, Comparison, SeccompData};
use callgate_prove::Undecided;
use callgate_syscalls::Syscall;

use crate::diff::{Difference, TooManyRuns};

/// Calls that are to get another answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Which call.
    pub call: Syscall,
    /// What holds of its arguments; nothing where all calls are meant.
    pub comparisons: Vec<Comparison>,
}

/// What they are to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// They are let through.
    Allow,
    /// They get this errno; those that are refused already, in whichever way, stay so.
    Deny(u16),
}

/// A document that was edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Amended {
    /// Its text; the same as before where every call had its answer already.
    pub text: String,
    /// For each target, what else it answers differently now: never less strictly.
    pub also: Vec<Vec<Difference>>,
}

/// Why there is no such edit.
#[derive(Clone, Debug, PartialEq)]
pub enum NotAmended {
    /// The text is no document that can be edited.
    Unreadable,
    /// A target does not take the document, before an edit or after each that was tried.
    Refused(Box<Target>, Refusal),
    /// Every edit that was tried lets through another call than was asked for, such as this.
    Opens(Box<Target>, SeccompData),
    /// After every edit that was tried a call that was asked for gets another answer still, such as this.
    Stays(Box<Target>, SeccompData),
    /// What the document means is not decided.
    Undecided(Undecided),
    /// The differences can't be listed.
    Runs(TooManyRuns),
}

pub use proof::amend;

impl Answer {
    /// The action.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Allow => Action::Allow,
            Self::Deny(errno) => Action::Errno(errno),
        }
    }
}

impl fmt::Display for NotAmended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("the text is no profile that can be edited"),
            Self::Refused(target, reason) => write!(f, "{target} does not take it: {reason}"),
            Self::Opens(target, _) => write!(
                f,
                "every edit that was tried lets through more than was asked for, as {target} reads it"
            ),
            Self::Stays(target, _) => write!(
                f,
                "no edit that was tried does it, as {target} reads the profile"
            ),
            Self::Undecided(reason) => reason.fmt(f),
            Self::Runs(reason) => reason.fmt(f),
        }
    }
}

impl std::error::Error for NotAmended {}
