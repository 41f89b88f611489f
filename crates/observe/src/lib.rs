//! Watching live processes: which calls a command makes, and a profile that permits them.
//!
//! ```no_run
//! use callgate_load::Launch;
//!
//! let recording = callgate_observe::record(&Launch::new("/bin/true", []))?;
//! for (call, count) in recording.named() {
//!     println!("{count:8} {}", call.name());
//! }
//! # Ok::<(), callgate_observe::RecordError>(())
//! ```
//!
//! # Should I use this?
//! Yes, to learn what a program needs from what it does. It works without privileges.
//! No, as the only source of a profile: a run shows what that run did, and another run may take another way.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod import;
mod profile;
mod ptrace;
mod recording;

pub use import::{Imported, Source, import};
pub use profile::Allowance;
pub use ptrace::{RecordError, record};
pub use recording::{Call, Extent, Recording};
