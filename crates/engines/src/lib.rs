//! Who reads a seccomp profile, and what it then means.
//!
//! A document means something only to a reader, and not all readers read alike.
//! [`read()`] gives its meaning for a [`Target`]: callgate itself, where the strictest rule that matches wins, or a container engine with its runtime and libseccomp, where it does not.
//!
//! ```
//! use callgate_engines::{Target, read};
//! use callgate_policy::{Action, SeccompData};
//! use callgate_syscalls::{Arch, Syscall};
//!
//! let text = br#"{
//!     "defaultAction": "SCMP_ACT_ALLOW",
//!     "syscalls": [
//!         { "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 3 },
//!         { "names": ["getpgid"], "action": "SCMP_ACT_KILL_PROCESS" }
//!     ]
//! }"#;
//! let parsed = callgate_profile::parse(text, &callgate_profile::Options::default());
//! let profile = parsed.profile.expect("a profile");
//! let getpgid = Syscall::by_name("getpgid").and_then(|call| call.number(Arch::X86_64)).expect("a call");
//! let call = SeccompData { arch: Arch::X86_64.audit(), nr: getpgid, ..SeccompData::default() };
//!
//! let callgate = read(&profile, &Target::default())?;
//! assert_eq!(callgate.policy.decide(&call).action, Action::KillProcess);
//! let docker = read(&profile, &"docker@28".parse()?)?;
//! assert_eq!(docker.policy.decide(&call).action, Action::Errno(3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Should I use this?
//! Yes, to know what a profile does under an engine, or to get a policy to compile.
//! To build a filter without a document, `callgate-policy` is enough.
#![forbid(unsafe_code)]

mod arches;
mod callgate;
mod conditions;
mod crun;
mod custom;
mod docker;
mod engine;
mod fields;
mod floors;
mod libseccomp;
mod oci;
mod podman;
mod read;
mod resolved;
mod runc;
mod runtime;
mod satisfy;
mod target;
mod twice;
mod version;
mod words;
mod youki;

pub use engine::{Engine, Kind, ParseEngineError, Runtime};
pub use floors::{Floor, MEASURED_ON, Missing, NoNewPrivileges, Outcome};
pub use read::read;
pub use resolved::{How, Origin, Refusal, Resolved};
pub use satisfy::arguments_for;
pub use target::{Arguments, Target};
pub use version::{ParseVersionError, Version};
