//! What a seccomp filter means: an ordered list of rules for each arch, and one function that decides.
//!
//! A [`Policy`] knows neither the document that it came from nor the program that it becomes.
//! [`Policy::decide`] is the reference that everything else is held against: the first rule that matches, and no more to it.
//! Precedence is the order in which a reader lays the rules down; [`strictest`] is the kernel's.
//!
//! ```
//! use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, SeccompData, Test};
//! use callgate_syscalls::Arch;
//!
//! let getpgid_of_one = Rule {
//!     id: RuleId(0),
//!     numbers: Numbers::one(121),
//!     comparisons: vec![Comparison::new(Arg::A0, Test::Eq(1))],
//!     action: Action::Errno(1),
//! };
//! let section = Section { arch: Arch::X86_64, rules: vec![getpgid_of_one] };
//! let policy = Policy::new(Action::Allow, Action::KillProcess, vec![section])?;
//!
//! let call = SeccompData { arch: Arch::X86_64.audit(), nr: 121, args: [1, 0, 0, 0, 0, 0], ..SeccompData::default() };
//! let decision = policy.decide(&call);
//! assert_eq!(decision.action, Action::Errno(1));
//! assert_eq!(decision.rule, Some(RuleId(0)));
//! # Ok::<(), callgate_policy::PolicyError>(())
//! ```
//!
//! # Should I use this?
//! Yes, to build a filter from rules of your own, without a profile document; `callgate-compile` makes the program.
//! To read Docker's or OCI's JSON, take `callgate-profile` and `callgate-engines`, which end in a policy.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod decide;
mod precedence;
mod rule;
mod typed;

pub use callgate_bpf::{Action, SeccompData};
pub use decide::{Decision, Policy, PolicyError, Section};
pub use precedence::{of_stack, strictest};
pub use rule::{Arg, Comparison, Numbers, Rule, RuleId, Test, Width};
