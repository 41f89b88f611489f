//! Answers seccomp user notifications: a filter asks about a call, a handler here says what becomes of it.
//!
//! ```
//! use callgate_actions::{Call, CustomAction, Listener, Race, Registry, Reply, serve};
//!
//! # fn answer(descriptor: std::os::fd::OwnedFd, resolved: callgate_engines::Resolved) -> Result<(), Box<dyn std::error::Error>> {
//! let mut registry = Registry::new();
//! registry.register(CustomAction::notify("x-watch", |call: &Call<'_>| {
//!     println!("{}", call.name());
//!     Ok(Reply::Continue(Race::NothingDecided))
//! }))?;
//! serve(&Listener::new(descriptor)?, &resolved, &registry)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Should I use this?
//! Yes, to let a process do what its own privileges or its filter don't give it, one call at a time and on your terms.
//! No, to look at a call's memory and then let the kernel go on: the memory can have changed by then. What is safe is to act for the
//! caller on a copy of one's own, as the plugins `connect` and `open` do; [`Race`] names the few cases where going on is safe, too.
//!
//! # Three ways to be asked
//! - `SCMP_ACT_NOTIFY` asks a listener, which [`serve`] answers: a [`NotifyHandler`]. It is the one to choose.
//! - `SCMP_ACT_TRACE` asks who traces the process, a [`Tracer`]: a [`TraceHandler`], which can also have [another call](Instead) made.
//!   The process can be traced by nobody else then, and each stop costs more.
//! - `SCMP_ACT_TRAP` asks the process itself, by a signal that [`handle_traps`] answers: a [`TrapHandler`], which may do next to nothing.
//!
//! # What holds
//! Every caller is answered: by a refusal where a handler fails, panics or is not there.
//! Where nobody serves any more, the kernel answers `ENOSYS`, and the call is never made.
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]

mod address;
pub mod agent;
mod asking;
mod call;
mod credentials;
mod external;
pub mod guard;
mod instead;
mod listener;
mod place;
pub mod plugins;
mod refusal;
mod registry;
mod reply;
mod serve;
mod structures;
#[allow(unsafe_code)]
mod sys;
mod trace;
mod trap;

pub use address::Address;
pub use asking::asking;
pub use call::{Call, PATH_MAX};
pub use instead::{Instead, InsteadError};
pub use listener::{Listener, Notification};
pub use registry::{CustomAction, NotifyHandler, Registry, RegistryError, TraceHandler};
pub use reply::{OnExec, Race, Reply, TraceReply};
pub use serve::{AT_ONCE, serve};
pub use structures::{CloneArgs, OpenHow};
pub use trace::Tracer;
pub use trap::{TrapHandler, TrapReply, Trapped, handle_traps};
