//! System call facts: architectures, names, numbers, arguments, constants, errnos, capabilities and groups.
//!
//! Everything that callgate knows about Linux without asking a running kernel stands here, and nothing else does.
#![no_std]
#![forbid(unsafe_code)]

mod arch;
mod release;

pub use arch::{Arch, Endian, X32_BIT};
pub use release::{ParseReleaseError, Release};
