//! Compiles a seccomp policy to classic BPF.
//!
//! The program answers every possible call as [`Policy::decide`](callgate_policy::Policy::decide) does,
//! and is made short and quick: a tree over the call numbers, weighed by how often each is met,
//! and for the calls whose arguments matter a few tests that are shared wherever they mean the same.
//!
//! ```
//! use callgate_bpf::{Action, SeccompData, run};
//! use callgate_compile::{Options, compile};
//! use callgate_policy::{Numbers, Policy, Rule, RuleId, Section};
//! use callgate_syscalls::Arch;
//!
//! let no_setuid = Rule {
//!     id: RuleId(0),
//!     numbers: Numbers::one(105),
//!     comparisons: vec![],
//!     action: Action::Errno(1),
//! };
//! let section = Section { arch: Arch::X86_64, rules: vec![no_setuid] };
//! let policy = Policy::new(Action::Allow, Action::KillProcess, vec![section])?;
//! let program = compile(&policy, &Options::default())?;
//!
//! let call = SeccompData { arch: Arch::X86_64.audit(), nr: 105, ..SeccompData::default() };
//! assert_eq!(run(&program, &call).action, Action::Errno(1));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Should I use this?
//! Yes, to get a filter from rules, on any machine for any other: nothing here asks the host.
//! No, if the filter has to be the one that libseccomp makes, instruction by instruction.
//!
//! # How it works
//! 1. `runs`: the numbers of each arch fall into runs with one list of rules each.
//! 2. `samples`: where few comparisons tell spans of values apart, one value of each span is tried, which settles them all.
//! 3. `function`, `diagram`, `block`: any other list of rules becomes a decision diagram over the bits of the argument words,
//!    the same for all lists that mean the same, and that becomes tests; `chain` serves where a diagram would grow too large.
//!    Both ways see what is always allowed, and load no argument for it.
//! 4. `dispatch`, `few`: the runs of numbers, or the spans of a word, get the tree that is cheapest by weight.
//! 5. `layout`: everything is placed from the last instruction to the first.
//! 6. `proof`: the result is proved equal to the policy over all calls, by a crate that shares nothing with this one.
//!
//! Time is near linear in the rules, except that ranges of numbers which overlap are looked at in each run.
//!
//! # Memory
//! At most 64 MiB at once, whatever the rules about arguments: diagrams end at 2^19 nodes, and what would be larger becomes a chain.
//! The proof takes at most 160 MiB with the default [`Budget`](callgate_prove::Budget), in proportion to its nodes, when the rest is free again.
//! To these come at most 256 bytes for each rule.
//! Docker's default for x86_64, x86 and x32 takes less than 256 KiB, and 5,000 values of one argument less than 6 MiB.
//! A test counts each of these bytes.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod arches;
mod block;
mod blocks;
mod chain;
mod code;
mod diagram;
mod dispatch;
mod error;
mod few;
mod function;
mod intern;
mod layout;
mod numbers;
mod options;
mod proof;
mod runs;
mod samples;
mod spans;
mod values;
mod weights;
mod words;

use callgate_bpf::{Program, ProgramError, SeccompData};
use callgate_policy::Policy;

pub use error::CompileError;
pub use options::{Options, Proof};
pub use proof::prove;
pub use weights::Weights;

use code::{Code, Test};
use dispatch::dispatch;
use runs::Meanings;

/// What an instruction more is worth, in 1/1024 of a step of every call.
const PRICE: u64 = 12;

/// The program that answers every call as the policy does.
///
/// # Errors
/// Where there is none that the kernel takes; [`CompileError`] says why.
pub fn compile(policy: &Policy, options: &Options) -> Result<Program, CompileError> {
    let endian = arches::endian(policy)?;
    let mut meanings = Meanings::new();
    let spaces = arches::spaces(policy, &mut meanings)?;
    let mut code = Code::new();
    let blocks = blocks::blocks(&mut code, endian, &meanings);
    let mut entry = code.ret(policy.bad_arch().to_ret());
    for space in spaces.iter().rev() {
        let spans = numbers::spans(space, &blocks, &code, options);
        let numbers = dispatch(&mut code, &spans, PRICE);
        let numbers = code.load(SeccompData::NR, numbers);
        entry = code.test(Test::Eq(space.audit), numbers, entry);
    }
    let entry = code.load(SeccompData::ARCH, entry);
    let insns = layout::layout(&code, entry);
    let program = match Program::new(insns) {
        Ok(program) => program,
        Err(ProgramError::Length { given }) => return Err(CompileError::TooLong { given }),
        Err(error) => panic!("the layout made a program that the kernel refuses: {error}"),
    };
    if let Proof::Required(budget) = options.proof {
        proof::prove(policy, &program, budget)?;
    }
    Ok(program)
}
