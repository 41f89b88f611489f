//! How a verb ends: the exit status, and what is said where there is no answer.
//!
//! Apart from the verbs, because scripts rely on these numbers and no verb may have others.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::{output, words};

/// What the exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Yes, equal, clean, done: 0.
    Yes,
    /// A negative answer: 1.
    No,
    /// Usage, or input that can't be read or means nothing: 2.
    Meaningless,
    /// Not possible here, for want of a permission or of a kernel: 3.
    NotPossible,
    /// Our own fault: 4.
    Fault,
    /// The status of a command, or what Docker says of one that can't start: 126 and 127.
    OfCommand(u8),
}

/// The status of `run` and `record` for everything that goes wrong before the command is at stake, as Docker has it.
pub(crate) const OURS: u8 = 125;

/// No answer, and why.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the exit status says.
    pub(crate) status: Status,
    message: Option<String>,
    help: Vec<String>,
}

/// What a verb comes to.
pub(crate) type Ended = Result<Status, Failure>;

impl Status {
    /// Yes or no.
    pub(crate) const fn of(is_yes: bool) -> Self {
        if is_yes { Self::Yes } else { Self::No }
    }

    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Meaningless => 2,
            Self::NotPossible => 3,
            Self::Fault => 4,
            Self::OfCommand(status) => status,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

impl Failure {
    /// A failure with this status and message.
    pub(crate) fn new(status: Status, message: impl fmt::Display) -> Self {
        Self {
            status,
            message: Some(message.to_string()),
            help: Vec::new(),
        }
    }

    /// Input that can't be read or means nothing.
    pub(crate) fn input(message: impl fmt::Display) -> Self {
        Self::new(Status::Meaningless, message)
    }

    /// A failure about which everything has been said already.
    pub(crate) const fn told(status: Status) -> Self {
        Self {
            status,
            message: None,
            help: Vec::new(),
        }
    }

    /// The failure with a line that says what to do.
    pub(crate) fn help(mut self, help: impl fmt::Display) -> Self {
        self.help.push(help.to_string());
        self
    }

    /// What it says, for who says it in another place.
    pub(crate) fn message(self) -> String {
        self.message.unwrap_or_default()
    }

    /// Says it on standard error.
    pub(crate) fn tell(&self) {
        if let Some(message) = &self.message {
            crate::say!("{message}");
        }
        for help in &self.help {
            output::tell(&format!("  help: {}\n", words::harmless(help)));
        }
    }
}

/// An error of standard output: a reader that has gone away wants no more, and everything else is said.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::told(Status::Yes);
        }
        Self::new(
            Status::NotPossible,
            format_args!("standard output: {error}"),
        )
    }
}
