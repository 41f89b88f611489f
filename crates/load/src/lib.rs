//! Seccomp filters to the kernel: loading, probing what it has, starting a command under filters, reading filters back.
//!
//! ```no_run
//! use callgate_bpf::{Action, Insn, Program};
//! use callgate_load::{Flags, NoNewPrivileges, load};
//!
//! let program = Program::new(vec![Insn::RetK(Action::Allow.to_ret())])?;
//! let token = NoNewPrivileges::set()?;
//! let status = load(&program, Flags::LOG, &token)?;
//! if !status.lacking.is_empty() {
//!     eprintln!("this kernel does not have: {}", status.lacking);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Should I use this?
//! Yes, to load filters that are known to be well-formed, and to know afterwards what was enforced.
//! No, to write filters: that is the compiler's work. And not outside Linux: the crate is empty there.
//!
//! # How it is kept honest
//! - A filter can't be loaded without a token of what the kernel wants for it ([`Privilege`]).
//! - A flag that the kernel lacks is named in the [`Status`]; one that matters for who is filtered is an error.
//! - A child whose filter refuses everything still reports how far it came ([`LaunchError`]).
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]

pub mod elf;
pub mod filters;
pub mod processes;
pub mod ptrace;

mod ending;
mod feature;
mod flags;
mod forward;
mod launch;
mod load;
mod privilege;
mod support;
#[allow(unsafe_code)]
mod sys;

pub use ending::{Ending, signal_name};
pub use feature::Feature;
pub use flags::{CombinationError, Flags};
pub use forward::Forwarding;
pub use launch::{
    Child, Executed, Held, Launch, LaunchError, Layer, Privileges, Stage, attach_time,
};
pub use load::{Grant, LoadError, Status, grant, load};
pub use privilege::{NoNewPrivileges, Privilege, PrivilegeError, Privileged};
pub use support::{Jit, Mode, NotificationSizes, Presence, ProcessState, Support};
