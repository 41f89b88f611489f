//! The proof that a program answers as its policy does, made by a crate that knows nothing of how it was compiled.

use callgate_bpf::{Action, Program, always_allows_up_to};
use callgate_policy::Policy;
use callgate_prove::{Agreement, Budget};
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
    let agreement = Agreement::of(policy, program, budget)
        .map_err(CompileError::Undecided)?
        .map_err(|witness| CompileError::Unproved { witness })?;
    for section in policy.sections() {
        let arch = section.arch;
        // The kernel never caches x32.
        if arch == Arch::X32 {
            continue;
        }
        let (mut nr, last) = cacheable(arch);
        for (said_up_to, answer) in agreement.numbers(arch.audit()) {
            let is_allowed = answer == Some(Action::Allow);
            while nr <= said_up_to.min(last) {
                let (is_cached, cached_up_to) = always_allows_up_to(program, arch.audit(), nr);
                if is_allowed != is_cached {
                    return Err(CompileError::Cache { arch, nr });
                }
                nr = said_up_to.min(cached_up_to).saturating_add(1);
            }
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
