//! Seccomp profiles of Docker, Podman and OCI as documents, with positions and problems.
//!
//! [`parse`] reads a text into a [`Profile`]: what somebody wrote, field by field, each with its place.
//! What it does not understand becomes a [`Problem`], also with its place, and never disappears; all problems come at once.
//! A profile has no meaning here: Docker, Podman, containerd and runc read the same document differently, and `callgate-engines` knows how.
//!
//! ```
//! use callgate_profile::{Options, builtin, parse};
//!
//! let parsed = parse(builtin::DOCKER_DEFAULT.as_bytes(), &Options::default());
//! assert!(parsed.problems.is_empty());
//!
//! let profile = parsed.profile.expect("the default is a profile");
//! let ptrace = profile
//!     .rules()
//!     .iter()
//!     .find(|rule| rule.calls().any(|call| call.value == "ptrace"))
//!     .expect("the default has a rule for ptrace");
//! let includes = ptrace.includes.as_ref().expect("it holds only under conditions");
//! assert_eq!(includes.min_kernel.as_ref().unwrap().written, "4.8");
//! println!("{}", ptrace.pointer()); // /syscalls/30
//! ```
//!
//! # Should I use this?
//! Yes, to lint, explain, convert or edit profiles, or to know why an engine refuses one.
//! To run a process under a profile, take `callgate-engines` on top, which says what the document means.
//! If you only want Docker's structs and trust the text, serde and thirty lines of your own are enough.
//!
//! # Dialects
//! All are read at once, because documents mix them and engines differ in what they ignore:
//! Docker's (`archMap`, `includes`, `excludes`, `comment`, `name`), Podman's (`errno`, `defaultErrno`),
//! OCI's (`flags`, `listenerPath`, `listenerMetadata`), also inside a whole `config.json`, and callgate's own `x-actions` and `x-extends`: [`parse_with`] reads a profile together with the base of which it says what differs.
//!
//! # Limits
//! A document may have 16 MiB and 1,048,576 entries, unless [`Options`] say otherwise, and be nested 127 deep.
//! Of many problems of one kind the first 500 are listed and the rest is counted.
#![forbid(unsafe_code)]

mod bases;
pub mod builtin;
mod document;
pub mod edit;
pub mod faults;
mod json;
mod lower;
mod names;
mod nearest;
mod problem;
mod read;
pub mod schema;
mod span;
mod syntax;
pub mod write;

pub use bases::{Base, Bases, Extending, MOST as MOST_BASES};
pub use document::{
    ArchMapEntry, Argument, Conditions, CustomAction, MOST_MISTYPED, MinKernel, Mistyped,
    NullElement, OddKey, Oddity, Part, Profile, Shape, SyscallRule,
};
pub use lower::Undeclared;
pub use names::{ActionName, ArchName, ConditionArch, FlagName, OpName, condition_name};
pub use nearest::nearest;
pub use problem::{Change, Fix, Problem, Severity, codes};
pub use read::{Options, Parsed, parse, parse_with};
pub use span::{Lines, Span, Spanned, line_column};
