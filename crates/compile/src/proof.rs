//! The proof that a program answers as its policy does, made by a crate that knows nothing of how it was compiled.

use callgate_bpf::{Action, Program, always_allows};
use callgate_policy::Policy;
use callgate_prove::{Budget, Diagram, Fixed, Look};
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
    let meaning = Diagram::of_both(policy, program, budget)
        .map_err(CompileError::Undecided)?
        .map_err(|witness| CompileError::Unproved { witness })?;
    for section in policy.sections() {
        let arch = section.arch;
        // The kernel never caches x32.
        if arch == Arch::X32 {
            continue;
        }
        let (token, _) = meaning.part(Fixed::Token(arch.audit()));
        let (mut nr, last) = cacheable(arch);
        while nr <= last {
            let (part, up_to) = meaning.by_number(token, nr);
            let is_allowed = meaning.look(part) == Look::Answer(Action::Allow);
            for nr in nr..=up_to.min(last) {
                if is_allowed != always_allows(program, arch.audit(), nr) {
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

/// The numbers for which the kernel's cache has a place: its table of calls, from the first to the last.
///
/// Numbers far above it, such as arm's private ones, are not in the table.
fn cacheable(arch: Arch) -> (u32, u32) {
    /// More than any table leaves out between two calls.
    const GAP: u32 = 1024;
    let mut numbers = Syscall::numbers(arch).map(|(nr, _)| nr);
    let first = numbers.next().unwrap_or(0);
    let mut last = first;
    for nr in numbers {
        if nr - last > GAP {
            break;
        }
        last = nr;
    }
    (first, last)
}
