//! A program as the kernel's records: eight bytes an instruction, in the byte order of the machine that loads them.

use alloc::vec::Vec;
use core::fmt;

use callgate_syscalls::Endian;

use crate::insn::{Insn, InsnError, RawInsn};
use crate::program::{Program, ProgramError};

/// The bytes of one instruction.
const RECORD: usize = 8;

impl Program {
    /// The bytes that a machine of this byte order loads.
    #[must_use]
    pub fn to_bytes(&self, endian: Endian) -> Vec<u8> {
        self.insns()
            .iter()
            .flat_map(|insn| record(insn.to_raw(), endian))
            .collect()
    }

    /// The program of such bytes.
    ///
    /// # Errors
    /// Bytes that are no whole number of records, an instruction that seccomp does not know, or a program that it refuses.
    pub fn from_bytes(bytes: &[u8], endian: Endian) -> Result<Self, BytesError> {
        let (records, rest) = bytes.as_chunks::<RECORD>();
        if !rest.is_empty() {
            return Err(BytesError::Length { given: bytes.len() });
        }
        let insns = records.iter().enumerate().map(|(at, &bytes)| {
            Insn::from_raw(raw(bytes, endian)).map_err(|error| BytesError::Insn { at, error })
        });
        Self::new(insns.collect::<Result<_, _>>()?).map_err(BytesError::Program)
    }
}

fn record(raw: RawInsn, endian: Endian) -> [u8; RECORD] {
    let (code, k) = match endian {
        Endian::Little => (raw.code.to_le_bytes(), raw.k.to_le_bytes()),
        Endian::Big => (raw.code.to_be_bytes(), raw.k.to_be_bytes()),
    };
    [code[0], code[1], raw.jt, raw.jf, k[0], k[1], k[2], k[3]]
}

fn raw(bytes: [u8; RECORD], endian: Endian) -> RawInsn {
    let [c0, c1, jt, jf, k @ ..] = bytes;
    let (code, k) = match endian {
        Endian::Little => (u16::from_le_bytes([c0, c1]), u32::from_le_bytes(k)),
        Endian::Big => (u16::from_be_bytes([c0, c1]), u32::from_be_bytes(k)),
    };
    RawInsn { code, jt, jf, k }
}

/// Why bytes are not a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BytesError {
    /// Not a multiple of eight bytes.
    Length {
        /// How many there are.
        given: usize,
    },
    /// An instruction that seccomp does not know.
    Insn {
        /// Where, from zero.
        at: usize,
        /// What is wrong with it.
        error: InsnError,
    },
    /// Instructions that make no program.
    Program(ProgramError),
}

impl fmt::Display for BytesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { given } => {
                write!(
                    f,
                    "raw BPF is {RECORD} bytes an instruction, and {given} bytes are no multiple of that"
                )
            }
            Self::Insn { at, error } => write!(f, "instruction {at}: {error}"),
            Self::Program(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for BytesError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn bytes_are_the_kernels_records() {
        let program =
            Program::new(vec![Insn::jeq(0x0102_0304, 0, 0), Insn::RetK(5)]).expect("a program");
        let little = [0x15, 0, 0, 0, 4, 3, 2, 1, 6, 0, 0, 0, 5, 0, 0, 0];
        let big = [0, 0x15, 0, 0, 1, 2, 3, 4, 0, 6, 0, 0, 0, 0, 0, 5];
        assert_eq!(program.to_bytes(Endian::Little), little);
        assert_eq!(program.to_bytes(Endian::Big), big);
        assert_eq!(
            Program::from_bytes(&little, Endian::Little),
            Ok(program.clone())
        );
        assert_eq!(Program::from_bytes(&big, Endian::Big), Ok(program));
    }

    #[test]
    fn what_is_no_program_says_why() {
        let bytes = |code| [code, 0, 0, 0, 0, 0, 0, 0];
        let given = |bytes: &[u8]| Program::from_bytes(bytes, Endian::Little);
        assert_eq!(given(&[6, 0, 0]), Err(BytesError::Length { given: 3 }));
        assert_eq!(
            given(&bytes(0x94)),
            Err(BytesError::Insn {
                at: 0,
                error: InsnError { code: 0x94 }
            })
        );
        assert_eq!(
            given(&bytes(7)),
            Err(BytesError::Program(ProgramError::NoReturn))
        );
        assert_eq!(
            given(&[]),
            Err(BytesError::Program(ProgramError::Length { given: 0 }))
        );
    }
}
