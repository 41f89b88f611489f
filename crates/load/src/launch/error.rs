//! Why a command did not come to run, and how far it came.
//!
//! Apart from launching because most of it is words.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::ending::Ending;
use crate::load::LoadError;

/// Why a command did not come to run.
#[derive(Debug)]
pub enum LaunchError {
    /// A path, argument or variable with a zero byte.
    Nul(OsString),
    /// A layer asks for a listener, and nobody would hold it.
    Listener,
    /// No child could be made, or it could not be waited for.
    Process(io::Error),
    /// prctl(`PR_SET_NO_NEW_PRIVS`) was refused.
    Privileges(io::Error),
    /// A layer was not loaded.
    Load {
        /// Which, counted from zero.
        layer: usize,
        /// Why.
        error: LoadError,
    },
    /// execve was refused, by the kernel or by a filter.
    Execute {
        /// What was to be executed.
        path: PathBuf,
        /// The refusal.
        error: io::Error,
    },
    /// A filter answered execve as if it had been done.
    Feigned {
        /// What was to be executed.
        path: PathBuf,
    },
    /// The child ended before the program ran.
    Ended {
        /// How: by SIGSYS where a filter kills.
        ending: Ending,
        /// Where it was.
        stage: Stage,
    },
}

/// How far a child came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It had not begun.
    Start,
    /// It was giving up new privileges.
    Privileges,
    /// It was loading this layer, counted from zero.
    Load(usize),
    /// All layers were loaded, and it was executing the program.
    Execute,
}

impl LaunchError {
    /// The exit status that Docker gives: 127 where there is nothing to execute, 126 where it is refused,
    /// 128 and the number for a signal, else 125.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::Execute { error, .. } if error.kind() == io::ErrorKind::NotFound => 127,
            Self::Execute { .. } | Self::Feigned { .. } => 126,
            Self::Ended { ending, .. } => ending.status(),
            Self::Nul(_)
            | Self::Listener
            | Self::Process(_)
            | Self::Privileges(_)
            | Self::Load { .. } => 125,
        }
    }
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nul(text) => write!(f, "a zero byte in {text:?}"),
            Self::Listener => {
                f.write_str("the flag new-listener: nobody would answer the notifications")
            }
            Self::Process(error) => write!(f, "no child process: {error}"),
            Self::Privileges(error) => write!(f, "no-new-privileges can't be set: {error}"),
            Self::Load { layer, error } => write!(f, "filter {}: {error}", layer + 1),
            Self::Execute { path, error } => {
                write!(f, "execve of {} was refused: {error}", path.display())
            }
            Self::Feigned { path } => write!(
                f,
                "execve of {} was answered with \"done\" by the filter, and not made",
                path.display()
            ),
            Self::Ended { ending, stage } => write!(f, "the child {ending} {stage}"),
        }
    }
}

impl std::error::Error for LaunchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Process(error) | Self::Privileges(error) | Self::Execute { error, .. } => {
                Some(error)
            }
            Self::Load { error, .. } => Some(error),
            Self::Nul(_) | Self::Listener | Self::Feigned { .. } | Self::Ended { .. } => None,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("before it began"),
            Self::Privileges => f.write_str("while giving up new privileges"),
            Self::Load(layer) => write!(f, "while loading filter {}", layer + 1),
            Self::Execute => f.write_str("in execve, under the filter"),
        }
    }
}
