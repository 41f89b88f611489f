//! Whether two seccomp filters answer every call alike, decided, with a call to show for it where they do not.
//!
//! A [`Diagram`] is made of a policy or of a program of any origin; equal diagrams answer alike over all of the
//! 2^512 calls that there are, and of different ones [`Diagram::witness`] gives a call that shows it.
//! An [`Agreement`] holds a policy and its program against each other, which takes less.
//!
//! ```
//! use callgate_bpf::Program;
//! use callgate_prove::{Budget, Diagram};
//!
//! let budget = Budget::default();
//! let filter = |test: &str| {
//!     let text = format!("ld [0]\n{test}, l2, l3\nl2: ret #0x50001\nl3: ret #0x7fff0000");
//!     text.parse::<Program>().map(|program| Diagram::of_program(&program, budget))
//! };
//! let (one, two, three) = (filter("jge #40")??, filter("jgt #39")??, filter("jgt #40")??);
//! assert_eq!(one, two);
//! assert_eq!(two.witness(&three).map(|call| call.nr), Some(40));
//! assert_eq!(two.looser(&three), None);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # How it works
//! A filter is a function of 512 bits. As a reduced decision diagram with a fixed order of the bits, it has one form only.
//! `specification` builds it of a policy, from the last rule to the first; `machine` runs a program on all calls at once;
//! both say by `stretches` of tokens and numbers what follows, which is the `meaning`;
//! `forest` holds the trees that they share; `stack` makes one diagram of the filters that lie on one process. What has to be right for a proof to mean something says "Trusted" in its first lines.
//!
//! # Limits
//! The question is hard in general. A [`Budget`] ends what would take too long, and then nothing is certified: [`Undecided`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod agreement;
mod budget;
mod combine;
mod diagram;
mod forest;
mod machine;
mod meaning;
mod part;
mod specification;
mod stack;
mod stretches;
mod table;
mod value;

pub use agreement::Agreement;
pub use budget::{Budget, Undecided};
pub use diagram::Diagram;
pub use part::{Fixed, Look, Part};
