//! A program to the kernel, for the calling thread or for all of its process.
//!
//! Apart from launching a command, where the filter is another process's.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;

use callgate_bpf::Program;
use rustix::io::Errno;

use crate::flags::{CombinationError, Flags};
use crate::privilege::Privilege;
use crate::support;
use crate::support::Presence;
use crate::sys;

/// Flags as this kernel will take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Those that apply.
    pub applied: Flags,
    /// Those that were asked for and that the kernel does not have.
    pub lacking: Flags,
}

/// What was enforced.
#[derive(Debug)]
#[must_use = "the kernel may not have had every flag"]
pub struct Status {
    /// The flags that applied.
    pub applied: Flags,
    /// The flags that were asked for and that the kernel does not have.
    pub lacking: Flags,
    /// Where notifications arrive, under `NEW_LISTENER`.
    pub listener: Option<OwnedFd>,
}

/// Why no filter was loaded.
#[derive(Debug)]
pub enum LoadError {
    /// Flags that never go together.
    Combination(CombinationError),
    /// Flags that the kernel does not have and without which the filter would not do what was meant.
    Lacking(Flags),
    /// The kernel has no seccomp(2), or was built without filters.
    NoFilters,
    /// A thread has a filter of its own, or strict mode, so that it could not be synchronised.
    Unsynchronised {
        /// The thread's number; none under `TSYNC_ESRCH`.
        thread: Option<u32>,
    },
    /// Another filter of this process has a listener already: the kernel permits one.
    ListenerExists,
    /// The filters of this process would together exceed 32768 instructions
    /// (of the kernel's translation, and four more for each), or memory is short.
    TooManyInstructions,
    /// The thread may not load filters: no-new-privileges is not set and it has no `CAP_SYS_ADMIN`.
    NotPrivileged,
    /// A filter on this process answered seccomp(2) with "done", and none was loaded.
    Feigned,
    /// Another refusal: `EPERM` and the like come from a filter on this process.
    Kernel(io::Error),
}

/// Loads a filter for the calling thread, or with [`Flags::TSYNC`] for all threads of the process.
///
/// A filter can't be unloaded; every later one can only make it stricter.
/// Flags that the kernel lacks are left out and named in the status, save [`Flags::ESSENTIAL`].
///
/// # Errors
/// No filter was loaded, for the reason given.
pub fn load(program: &Program, flags: Flags, _token: &impl Privilege) -> Result<Status, LoadError> {
    let Grant { applied, lacking } = grant(flags)?;
    let answer = sys::install(&sys::Records::of(program), applied.bits())
        .map_err(|error| LoadError::of(error, applied))?;
    let listener = match answer {
        sys::Installed::Listener(listener) => Some(listener),
        sys::Installed::Filter => None,
        sys::Installed::UnlessFor(thread) => {
            return Err(LoadError::Unsynchronised {
                thread: Some(thread),
            });
        }
    };
    Ok(Status {
        applied,
        lacking,
        listener,
    })
}

/// Asks the kernel which of these flags it has.
///
/// # Errors
/// The flags never go together, an essential one is lacking, or there are no filters at all.
pub fn grant(flags: Flags) -> Result<Grant, LoadError> {
    flags.check().map_err(LoadError::Combination)?;
    match support::flag(Flags::NONE) {
        Presence::Absent => return Err(LoadError::NoFilters),
        Presence::Refused(0) => return Err(LoadError::Feigned),
        Presence::Refused(errno) => {
            return Err(LoadError::Kernel(io::Error::from_raw_os_error(errno)));
        }
        Presence::Present | Presence::LikelyPresent | Presence::LikelyAbsent => {}
    }
    let mut lacking = Flags::NONE;
    for flag in flags.iter() {
        if support::flag(flag) == Presence::Absent {
            lacking = lacking | flag;
        }
    }
    let needed = lacking & Flags::ESSENTIAL;
    if !needed.is_empty() {
        return Err(LoadError::Lacking(needed));
    }
    Ok(Grant {
        applied: flags.without(lacking),
        lacking,
    })
}

impl LoadError {
    /// What an error of seccomp(2) means; the list is that of `seccomp_set_mode_filter` and what it calls.
    pub(crate) fn of(error: io::Error, flags: Flags) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::SRCH) if flags.contains(Flags::TSYNC_ESRCH) => {
                Self::Unsynchronised { thread: None }
            }
            Some(Errno::BUSY) if flags.contains(Flags::NEW_LISTENER) => Self::ListenerExists,
            Some(Errno::NOMEM) => Self::TooManyInstructions,
            Some(Errno::ACCESS) => Self::NotPrivileged,
            Some(Errno::NOSYS) => Self::NoFilters,
            _ => Self::Kernel(error),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Combination(error) => error.fmt(f),
            Self::Lacking(flags) => {
                write!(f, "this kernel does not have: ")?;
                for (at, flag) in flags.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    if let Some(feature) = flag.feature() {
                        write!(f, "{comma}{feature} (Linux {})", feature.since())?;
                    }
                }
                Ok(())
            }
            Self::NoFilters => f.write_str(
                "this kernel takes no filters: seccomp(2) came with Linux 3.17 and needs CONFIG_SECCOMP_FILTER",
            ),
            Self::Unsynchronised { thread: None } => {
                f.write_str("a thread has filters of its own and can't get this one")
            }
            Self::Unsynchronised {
                thread: Some(thread),
            } => write!(
                f,
                "the thread {thread} has filters of its own and can't get this one"
            ),
            Self::ListenerExists => f.write_str(
                "a filter of this process has a listener already, and the kernel permits one",
            ),
            Self::TooManyInstructions => f.write_str(
                "out of memory, or the filters of this process would exceed 32768 instructions together",
            ),
            Self::NotPrivileged => f.write_str(
                "loading a filter needs CAP_SYS_ADMIN, or giving up new privileges (no-new-privileges)",
            ),
            Self::Feigned => f.write_str(
                "a filter on this process answered seccomp(2) as if it had loaded this one",
            ),
            Self::Kernel(error) => write!(f, "seccomp(2) was refused: {error}"),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Combination(error) => Some(error),
            Self::Kernel(error) => Some(error),
            _ => None,
        }
    }
}
