//! System call facts: architectures, names, numbers, arguments, constants, errnos, capabilities and groups.
//!
//! Everything that callgate knows about Linux without asking a running kernel stands here, and nothing else does.
//!
//! # Should I use this?
//!
//! Yes, to show or check calls of *any* arch on any machine: in a profile's linter, a tracer, a disassembler of filters.
//! It has no dependency, needs neither `std` nor an allocator, and its answers do not depend on where it runs.
//! To *make* calls use `rustix` or `libc`; for the numbers of the build's own arch alone, `linux-raw-sys` is smaller.
//!
//! # Example
//!
//! ```
//! use callgate_syscalls::{Arch, Syscall, constants};
//!
//! let openat = Syscall::by_name("openat").expect("Linux has it");
//! assert_eq!(openat.number(Arch::X86_64), Some(257));
//! assert_eq!(openat.number(Arch::Aarch64), Some(56));
//!
//! let flags = openat.params().expect("its prototype is known")[2];
//! assert_eq!((flags.name, flags.kind.bits(Arch::X86_64)), ("flags", 32));
//!
//! let names = constants::of_param(Arch::X86_64, openat, 2).expect("flags have names");
//! assert_eq!(names.describe(0o101).to_string(), "O_WRONLY|O_CREAT");
//! ```
//!
//! # Where the facts come from
//!
//! `cargo xtask gen-tables` reads kernel headers with clang, for every arch, into text files in `tables`,
//! which say from which packages they are; the Rust in `src/generated` is made from those alone.
//! Parameters are those of the kernel's own prototypes, releases those of syscalls(2) and of older headers.
//! 31-bit S/390 is no longer in new headers: its numbers are those of the last long-term release that had it.
//! The types around the tables are written by hand, as are the [groups].
//!
//! # Features
//!
//! `kernel-headers`: at build time, numbers and constants are read from the headers in the folder that the variable
//! `CALLGATE_KERNEL_HEADERS` names, in place of the committed ones, for the arches that the folder has.
//! It needs libclang; without the feature nothing runs at build time.
#![no_std]
#![forbid(unsafe_code)]

mod arch;
mod capability;
pub mod constants;
mod errno;
#[cfg(not(feature = "kernel-headers"))]
mod generated;
pub mod groups;
mod names;
mod param;
mod release;
mod syscall;

#[cfg(feature = "kernel-headers")]
mod generated {
    //! The tables, as `build.rs` wrote them from the builder's headers.
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}

pub use arch::{Arch, Endian, ParseArchError, X32_BIT};
pub use capability::{Capability, CapabilitySet, ParseCapabilitySetError};
pub use errno::{errno_by_name, errno_name};
pub use param::{Kind, Param};
pub use release::{ParseReleaseError, Release};
pub use syscall::Syscall;

/// The release of Linux whose headers the tables come from.
pub const KERNEL: Release = generated::numbers::KERNEL;
