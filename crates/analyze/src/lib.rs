//! Questions to seccomp profiles: what does it say, what does it say of this call and why, and what is odd about it.
//!
//! Everything here is a function of a document, its meaning and the target; nothing is printed.
//! A claim about meaning comes with a call, and [`Policy::decide`](callgate_policy::Policy::decide) was asked about it.
//!
//! ```
//! use callgate_analyze::{Call, verdict};
//! use callgate_engines::{Target, read};
//! use callgate_policy::Action;
//! use callgate_syscalls::{Arch, Syscall};
//!
//! let text = callgate_profile::builtin::DOCKER_DEFAULT;
//! let parsed = callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
//! let profile = parsed.profile.expect("a profile");
//! let target = Target::default();
//! let resolved = read(&profile, &target)?;
//!
//! let unshare = Syscall::by_name("unshare").and_then(|call| call.number(Arch::X86_64)).expect("a call");
//! let call = Call { arch: Arch::X86_64, nr: unshare, args: [0x1000_0000, 0, 0, 0, 0, 0] };
//! assert_eq!(call.to_string(), "unshare(CLONE_NEWUSER)");
//! let verdict = verdict(&profile, &resolved, &target, call);
//! assert_eq!(verdict.decision.action, Action::Errno(1));
//! # Ok::<(), callgate_engines::Refusal>(())
//! ```
//!
//! # Should I use this?
//! Yes, to explain verdicts or to hold profiles against rules in a tool of your own.
//! To know only what a call gets, [`callgate_engines::read`] and `Policy::decide` are enough.
#![forbid(unsafe_code)]

pub mod amend;
pub mod canonical;
pub mod decompile;
pub mod dialect;
pub mod diff;
pub mod expect;
pub mod export;
pub mod kept;
pub mod minimal;
pub mod rules;

mod answers;
mod call;
mod conjunctions;
mod example;
mod lint;
mod lints;
mod numbers;
mod standard;
mod subject;
mod summary;
mod verdict;
mod witness;
mod words;

pub use answers::{Answers, answers};
pub use call::Call;
pub use example::Example;
pub use lint::{Confidence, LINTS, Lint, lint, lint_by_id};
pub use lints::without_its_base;
pub use standard::{Context, ParseContextError, Standard};
pub use summary::{ArchSummary, FloorSummary, GroupSummary, Summary, Unlocked, summary};
pub use verdict::{Bystander, Change, Circumstance, Reason, Verdict, verdict};
pub use words::{comparison, comparisons};
