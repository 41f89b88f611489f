//! Why a policy has no program.

use core::fmt;

use callgate_bpf::{MAX_INSNS, SeccompData};
use callgate_prove::Undecided;
use callgate_syscalls::Arch;

/// Why a policy has no program that the kernel takes.
///
/// New reasons may come with new abilities, so a match needs a last arm.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileError {
    /// The program would be longer than [`MAX_INSNS`].
    TooLong {
        /// How many instructions it has.
        given: usize,
    },
    /// The policy names arches of both byte orders, and no kernel has both.
    MixedEndian {
        /// One that puts the least significant byte first.
        little: Arch,
        /// One that puts the most significant byte first.
        big: Arch,
    },
    /// The rules' ranges of numbers overlap so much that looking at every overlap would take too long.
    Overlaps {
        /// The arch whose rules they are.
        arch: Arch,
        /// How many rules, summed over the runs of numbers, are looked at at most.
        limit: usize,
    },
    /// The program answers a call otherwise than the policy does: of a result of [`compile`](crate::compile()) a mistake of this crate,
    /// and it is not handed out.
    Unproved {
        /// The call.
        witness: SeccompData,
    },
    /// The kernel would cache a call that is not always allowed, or not cache one that is: likewise.
    Cache {
        /// The arch of the call.
        arch: Arch,
        /// Its number.
        nr: u32,
    },
    /// The proof takes more than its budget; [`Proof::Skipped`](crate::Proof::Skipped) compiles without.
    Undecided(Undecided),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { given } => write!(
                f,
                "the filter needs {given} instructions and the kernel takes {MAX_INSNS}"
            ),
            Self::MixedEndian { little, big } => write!(
                f,
                "the policy names {little}, which is little-endian, and {big}, which is big-endian, and no kernel is both"
            ),
            Self::Overlaps { arch, limit } => write!(
                f,
                "the number ranges of the rules for {arch} overlap in more than {limit} places, which is the most that are looked at"
            ),
            Self::Unproved { witness } => write!(
                f,
                "the program does not answer as the policy does: call {} of arch {:#x} with arguments {:x?}",
                witness.nr, witness.arch, witness.args
            ),
            Self::Cache { arch, nr } => write!(
                f,
                "the kernel's cache would not hold exactly the calls that are always allowed: call {nr} of {arch}"
            ),
            Self::Undecided(reason) => write!(f, "the program is not proved: {reason}"),
        }
    }
}

impl core::error::Error for CompileError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Undecided(reason) => Some(reason),
            _ => None,
        }
    }
}
