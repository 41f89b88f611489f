//! The kernel's seccomp machine: what a filter sees, what it may answer, and what it may be made of.
//!
//! A [`Program`] is classic BPF that the kernel accepts: it can't be made otherwise, so who holds one need not check it.
//! [`run`] answers as the kernel would, and says how many instructions that took.
//!
//! ```
//! use callgate_bpf::{run, Action, Insn, Program, SeccompData};
//!
//! let program = Program::new(vec![
//!     Insn::LdAbs(SeccompData::NR),
//!     Insn::jeq(39, 0, 1),
//!     Insn::RetK(Action::Errno(1).to_ret()),
//!     Insn::RetK(Action::Allow.to_ret()),
//! ])?;
//! let call = SeccompData { nr: 39, arch: 0xc000_003e, ..SeccompData::default() };
//! let outcome = run(&program, &call);
//! assert_eq!(outcome.action, Action::Errno(1));
//! assert_eq!(outcome.steps, 3);
//! # Ok::<(), callgate_bpf::ProgramError>(())
//! ```
//!
//! # Should I use this?
//! Yes, to read, check, print or simulate seccomp filters of any origin, without Linux and without `std`.
//! No, for socket filters: packet loads, ancillary data and `mod` are not here, since seccomp refuses them.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod action;
mod bytes;
mod cache;
mod data;
mod insn;
mod machine;
mod program;
mod source;
pub mod text;

pub use action::{Action, MAX_ERRNO};
pub use bytes::BytesError;
pub use cache::{always_allows, always_allows_up_to};
pub use data::SeccompData;
pub use insn::{AluOp, Insn, InsnError, JumpOp, Operand, RawInsn};
pub use machine::{Outcome, path, run};
pub use program::{MAX_INSNS, MEMORY_WORDS, Program, ProgramError};
