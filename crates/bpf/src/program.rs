//! A filter that the kernel takes: the checks that it makes, made beforehand.
//!
//! They are those of `bpf_check_classic` and `check_load_and_stores` (`net/core/filter.c`)
//! and of `seccomp_check_filter` (`kernel/seccomp.c`); each variant of [`ProgramError`] is one of them.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::data::SeccompData;
use crate::insn::{AluOp, Insn, Operand};

/// The instructions that the kernel takes at most (`BPF_MAXINSNS`).
pub const MAX_INSNS: usize = 4096;

/// The words of scratch memory (`BPF_MEMWORDS`).
pub const MEMORY_WORDS: u32 = 16;

/// Classic BPF that the kernel accepts as a seccomp filter.
///
/// - It has 1 to 4096 instructions, each of a kind in [`Insn`].
/// - A load of data is at a multiple of four below 64.
/// - A constant divisor is not zero, a constant shift is below 32.
/// - A word of scratch memory is one of sixteen, and on every path it is stored before it is loaded.
/// - A jump goes forward and lands inside.
/// - The last instruction is a return.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Program {
    insns: Vec<Insn>,
}

impl Program {
    /// The program of these instructions.
    ///
    /// # Errors
    /// The first check that fails, with its place.
    pub fn new(insns: Vec<Insn>) -> Result<Self, ProgramError> {
        if insns.is_empty() || insns.len() > MAX_INSNS {
            return Err(ProgramError::Length { given: insns.len() });
        }
        for (at, &insn) in insns.iter().enumerate() {
            check(at, insn, insns.len())?;
        }
        if !matches!(insns[insns.len() - 1], Insn::RetK(_) | Insn::RetA) {
            return Err(ProgramError::NoReturn);
        }
        check_memory(&insns)?;
        Ok(Self { insns })
    }

    /// Its instructions.
    #[must_use]
    pub fn insns(&self) -> &[Insn] {
        &self.insns
    }

    /// How many instructions it has: 1 to [`MAX_INSNS`].
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a program is never empty")]
    pub fn len(&self) -> usize {
        self.insns.len()
    }
}

/// What of an instruction depends on nothing but where it stands.
fn check(at: usize, insn: Insn, len: usize) -> Result<(), ProgramError> {
    let lands_inside = |skip: u32| (skip as usize) < len - at - 1;
    match insn {
        Insn::LdAbs(offset) if offset >= SeccompData::SIZE || !offset.is_multiple_of(4) => {
            Err(ProgramError::Offset { at, given: offset })
        }
        Insn::Alu(AluOp::Div, Operand::K(0)) => Err(ProgramError::DivisionByZero { at }),
        Insn::Alu(AluOp::Lsh | AluOp::Rsh, Operand::K(given)) if given >= 32 => {
            Err(ProgramError::Shift { at, given })
        }
        Insn::LdMem(given) | Insn::LdxMem(given) | Insn::St(given) | Insn::Stx(given)
            if given >= MEMORY_WORDS =>
        {
            Err(ProgramError::Memory { at, given })
        }
        Insn::Ja(skip) if !lands_inside(skip) => Err(ProgramError::Jump { at, skip, len }),
        Insn::Jump { jt, jf, .. } => match [jt, jf]
            .map(u32::from)
            .into_iter()
            .find(|&skip| !lands_inside(skip))
        {
            Some(skip) => Err(ProgramError::Jump { at, skip, len }),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Every load of scratch memory follows a store, on every path.
///
/// Like the kernel's, the walk is once forward, so code that nothing reaches counts as reached from above.
fn check_memory(insns: &[Insn]) -> Result<(), ProgramError> {
    let mut stored_before = vec![u16::MAX; insns.len()];
    let mut stored: u16 = 0;
    for (at, &insn) in insns.iter().enumerate() {
        stored &= stored_before[at];
        match insn {
            Insn::St(slot) | Insn::Stx(slot) => stored |= 1 << slot,
            Insn::LdMem(slot) | Insn::LdxMem(slot) if stored & (1 << slot) == 0 => {
                return Err(ProgramError::Unstored { at, slot });
            }
            Insn::Ja(skip) => {
                stored_before[at + 1 + skip as usize] &= stored;
                stored = u16::MAX;
            }
            Insn::Jump { jt, jf, .. } => {
                stored_before[at + 1 + usize::from(jt)] &= stored;
                stored_before[at + 1 + usize::from(jf)] &= stored;
                stored = u16::MAX;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Why the kernel would refuse a program; places count from zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramError {
    /// It has no instruction, or more than [`MAX_INSNS`].
    Length {
        /// How many it has.
        given: usize,
    },
    /// A load of data from a place that a filter may not read.
    Offset {
        /// Where.
        at: usize,
        /// The offset.
        given: u32,
    },
    /// A constant divisor of zero.
    DivisionByZero {
        /// Where.
        at: usize,
    },
    /// A constant shift over 31.
    Shift {
        /// Where.
        at: usize,
        /// The shift.
        given: u32,
    },
    /// A word of scratch memory that is not there.
    Memory {
        /// Where.
        at: usize,
        /// The word.
        given: u32,
    },
    /// A load of a word of scratch memory that some path did not store.
    Unstored {
        /// Where.
        at: usize,
        /// The word.
        slot: u32,
    },
    /// A jump past the end.
    Jump {
        /// Where.
        at: usize,
        /// How many instructions it skips.
        skip: u32,
        /// How many instructions there are.
        len: usize,
    },
    /// The last instruction is not a return.
    NoReturn,
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { given } => {
                write!(
                    f,
                    "the filter has {given} instructions and the kernel takes 1 to {MAX_INSNS}"
                )
            }
            Self::Offset { at, given } => write!(
                f,
                "instruction {at} loads the word at {given}, which is not a multiple of 4 below {}",
                SeccompData::SIZE
            ),
            Self::DivisionByZero { at } => write!(f, "instruction {at} divides by zero"),
            Self::Shift { at, given } => {
                write!(
                    f,
                    "instruction {at} shifts by {given} bits, and 31 is the most"
                )
            }
            Self::Memory { at, given } => write!(
                f,
                "instruction {at} uses word {given} of scratch memory, which has {MEMORY_WORDS}"
            ),
            Self::Unstored { at, slot } => write!(
                f,
                "instruction {at} loads word {slot} of scratch memory, which not every path to it has stored"
            ),
            Self::Jump { at, skip, len } => write!(
                f,
                "instruction {at} jumps over {skip}, past the end of {len} instructions"
            ),
            Self::NoReturn => f.write_str("the last instruction is not a return"),
        }
    }
}

impl core::error::Error for ProgramError {}

#[cfg(test)]
mod tests {
    use super::*;

    const RET: Insn = Insn::RetK(0);

    #[test]
    fn each_check_refuses_what_the_kernel_refuses() {
        let jump = |jt, jf| Insn::jeq(0, jt, jf);
        let cases: &[(&[Insn], ProgramError)] = &[
            (&[], ProgramError::Length { given: 0 }),
            (
                &[RET; MAX_INSNS + 1],
                ProgramError::Length {
                    given: MAX_INSNS + 1,
                },
            ),
            (
                &[Insn::LdAbs(64), RET],
                ProgramError::Offset { at: 0, given: 64 },
            ),
            (
                &[Insn::LdAbs(2), RET],
                ProgramError::Offset { at: 0, given: 2 },
            ),
            (
                &[Insn::Alu(AluOp::Div, Operand::K(0)), RET],
                ProgramError::DivisionByZero { at: 0 },
            ),
            (
                &[Insn::Alu(AluOp::Lsh, Operand::K(32)), RET],
                ProgramError::Shift { at: 0, given: 32 },
            ),
            (
                &[Insn::St(16), RET],
                ProgramError::Memory { at: 0, given: 16 },
            ),
            (
                &[Insn::LdMem(0), RET],
                ProgramError::Unstored { at: 0, slot: 0 },
            ),
            (
                &[jump(0, 1), Insn::St(3), Insn::LdxMem(3), RET],
                ProgramError::Unstored { at: 2, slot: 3 },
            ),
            (
                &[Insn::Ja(1), RET],
                ProgramError::Jump {
                    at: 0,
                    skip: 1,
                    len: 2,
                },
            ),
            (
                &[Insn::Ja(u32::MAX), RET],
                ProgramError::Jump {
                    at: 0,
                    skip: u32::MAX,
                    len: 2,
                },
            ),
            (
                &[jump(0, 1), RET],
                ProgramError::Jump {
                    at: 0,
                    skip: 1,
                    len: 2,
                },
            ),
            (&[RET, Insn::Tax], ProgramError::NoReturn),
        ];
        for (insns, error) in cases {
            assert_eq!(Program::new(insns.to_vec()).as_ref(), Err(error));
        }
    }

    #[test]
    fn the_limits_themselves_are_accepted() {
        let jump = |jt, jf| Insn::jeq(0, jt, jf);
        let cases: &[&[Insn]] = &[
            &[RET; MAX_INSNS],
            &[Insn::LdAbs(60), RET],
            &[Insn::Alu(AluOp::Div, Operand::X), RET],
            &[Insn::Alu(AluOp::Lsh, Operand::K(31)), RET],
            &[Insn::St(15), Insn::LdMem(15), Insn::RetA],
            &[jump(0, 1), Insn::Ja(1), Insn::Ja(0), RET],
            &[
                jump(0, 2),
                Insn::St(3),
                Insn::Ja(1),
                Insn::Stx(3),
                Insn::LdMem(3),
                RET,
            ],
        ];
        for insns in cases {
            assert!(Program::new(insns.to_vec()).is_ok(), "{insns:?}");
        }
    }
}
