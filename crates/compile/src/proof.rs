//! The proof that a program answers as its policy does, made by a crate that knows nothing of how it was compiled.

use callgate_bpf::{Action, Program, always_allows};
use callgate_policy::Policy;
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};

use crate::error::CompileError;

/// Holds a program against a policy over all calls, and the kernel's cache against what is always allowed.
///
/// [`compile`](crate::compile()) asks it of each of its results; here it is for programs that others made.
///
/// # Errors
/// [`CompileError::Unproved`] with a call that the two answer differently, [`CompileError::Cache`] with one that is always allowed
/// and that the kernel's cache would not hold, or [`CompileError::Undecided`].
pub fn prove(policy: &Policy, program: &Program, budget: Budget) -> Result<(), CompileError> {
    let meaning = Diagram::of_policy(policy, budget).map_err(CompileError::Undecided)?;
    let made = Diagram::of_program(program, budget).map_err(CompileError::Undecided)?;
    if let Some(witness) = made.witness(&meaning) {
        return Err(CompileError::Unproved { witness });
    }
    for section in policy.sections() {
        let arch = section.arch;
        // The kernel never caches x32.
        if arch == Arch::X32 {
            continue;
        }
        let last = Syscall::numbers(arch).last().map_or(0, |(nr, _)| nr);
        let first = Syscall::numbers(arch).next().map_or(0, |(nr, _)| nr);
        let mut nr = first;
        while nr <= last {
            let (always, up_to) = meaning.always_up_to(arch.audit(), nr);
            for nr in nr..=up_to.min(last) {
                if (always == Some(Action::Allow)) != always_allows(program, arch.audit(), nr) {
                    return Err(CompileError::Cache { arch, nr });
                }
            }
            let Some(next) = up_to.checked_add(1) else {
                break;
            };
            nr = next;
        }
    }
    Ok(())
}
