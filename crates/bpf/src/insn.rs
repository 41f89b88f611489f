//! One instruction, as a value and as the kernel's eight bytes.
//!
//! Apart from the program, because an instruction can be looked at without knowing where it stands.

use core::fmt;

/// An instruction that a seccomp filter may hold (`seccomp_check_filter` of `kernel/seccomp.c`).
///
/// The kernel closed this list, so matching it is exhaustive.
/// A value here may still be wrong where it stands, such as a jump out of the program: [`Program`](crate::Program) checks that.
/// The accumulator is A, the index register X; both start as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Insn {
    /// A = the word of [`SeccompData`](crate::SeccompData) at this byte offset.
    LdAbs(u32),
    /// A = a constant.
    LdImm(u32),
    /// A = a word of scratch memory.
    LdMem(u32),
    /// A = 64, the size of the data.
    LdLen,
    /// X = a constant.
    LdxImm(u32),
    /// X = a word of scratch memory.
    LdxMem(u32),
    /// X = 64, the size of the data.
    LdxLen,
    /// A word of scratch memory = A.
    St(u32),
    /// A word of scratch memory = X.
    Stx(u32),
    /// X = A.
    Tax,
    /// A = X.
    Txa,
    /// A = A with an operation applied.
    Alu(AluOp, Operand),
    /// A = -A.
    Neg,
    /// Skip this many instructions.
    Ja(u32),
    /// Compare A, and skip `jt` instructions where it holds, `jf` where it does not.
    Jump {
        /// The comparison.
        op: JumpOp,
        /// What A is compared with.
        operand: Operand,
        /// How many to skip where it holds.
        jt: u8,
        /// How many to skip where it does not.
        jf: u8,
    },
    /// Answer with a constant.
    RetK(u32),
    /// Answer with A.
    RetA,
}

/// The other side of an operation on A.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A constant.
    K(u32),
    /// The index register.
    X,
}

/// Arithmetic that seccomp accepts; unsigned, on 32 bits, overflow wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AluOp {
    /// Addition.
    Add,
    /// Subtraction.
    Sub,
    /// Multiplication.
    Mul,
    /// Division; by an X of zero it ends the program with the answer 0, which kills the thread.
    Div,
    /// Bits in both.
    And,
    /// Bits in either.
    Or,
    /// Bits in one only.
    Xor,
    /// Shift to the left, by the operand's low five bits.
    Lsh,
    /// Shift to the right, by the operand's low five bits.
    Rsh,
}

/// Unsigned comparisons of A.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JumpOp {
    /// A == operand.
    Eq,
    /// A > operand.
    Gt,
    /// A >= operand.
    Ge,
    /// A & operand is not zero.
    Set,
}

impl Insn {
    /// Jump where A equals a constant.
    #[must_use]
    pub const fn jeq(k: u32, jt: u8, jf: u8) -> Self {
        Self::jump(JumpOp::Eq, k, jt, jf)
    }

    /// Jump by a comparison of A with a constant.
    #[must_use]
    pub const fn jump(op: JumpOp, k: u32, jt: u8, jf: u8) -> Self {
        Self::Jump {
            op,
            operand: Operand::K(k),
            jt,
            jf,
        }
    }

    /// The kernel's record of it; fields without a use are zero.
    #[must_use]
    pub const fn to_raw(self) -> RawInsn {
        match self {
            Self::LdAbs(offset) => RawInsn::plain(LD | W | ABS, offset),
            Self::LdImm(k) => RawInsn::plain(LD | IMM, k),
            Self::LdMem(slot) => RawInsn::plain(LD | MEM, slot),
            Self::LdLen => RawInsn::plain(LD | W | LEN, 0),
            Self::LdxImm(k) => RawInsn::plain(LDX | IMM, k),
            Self::LdxMem(slot) => RawInsn::plain(LDX | MEM, slot),
            Self::LdxLen => RawInsn::plain(LDX | W | LEN, 0),
            Self::St(slot) => RawInsn::plain(ST, slot),
            Self::Stx(slot) => RawInsn::plain(STX, slot),
            Self::Tax => RawInsn::plain(MISC | TAX, 0),
            Self::Txa => RawInsn::plain(MISC | TXA, 0),
            Self::Alu(op, operand) => {
                let (source, k) = operand.to_raw();
                RawInsn::plain(ALU | op.code() | source, k)
            }
            Self::Neg => RawInsn::plain(ALU | NEG, 0),
            Self::Ja(skip) => RawInsn::plain(JMP | JA, skip),
            Self::Jump {
                op,
                operand,
                jt,
                jf,
            } => {
                let (source, k) = operand.to_raw();
                RawInsn {
                    code: JMP | op.code() | source,
                    jt,
                    jf,
                    k,
                }
            }
            Self::RetK(ret) => RawInsn::plain(RET | K, ret),
            Self::RetA => RawInsn::plain(RET | A, 0),
        }
    }

    /// The instruction that a record of the kernel's stands for.
    ///
    /// Fields without a use are ignored, as the kernel ignores them.
    ///
    /// # Errors
    /// A code that seccomp refuses, though other kinds of filter may know it.
    pub const fn from_raw(raw: RawInsn) -> Result<Self, InsnError> {
        let RawInsn { code, jt, jf, k } = raw;
        let operand = if code & X != 0 {
            Operand::X
        } else {
            Operand::K(k)
        };
        Ok(match code {
            LD_W_ABS => Self::LdAbs(k),
            LD_IMM => Self::LdImm(k),
            LD_MEM => Self::LdMem(k),
            LD_W_LEN => Self::LdLen,
            LDX_IMM => Self::LdxImm(k),
            LDX_MEM => Self::LdxMem(k),
            LDX_W_LEN => Self::LdxLen,
            ST => Self::St(k),
            STX => Self::Stx(k),
            MISC_TAX => Self::Tax,
            MISC_TXA => Self::Txa,
            ALU_NEG => Self::Neg,
            JMP_JA => Self::Ja(k),
            RET_K => Self::RetK(k),
            RET_A => Self::RetA,
            _ => match (code & !X & 0xff07, code & 0xf0) {
                (ALU, op) => match AluOp::from_code(op) {
                    Some(op) => Self::Alu(op, operand),
                    None => return Err(InsnError { code }),
                },
                (JMP, op) => match JumpOp::from_code(op) {
                    Some(op) => Self::Jump {
                        op,
                        operand,
                        jt,
                        jf,
                    },
                    None => return Err(InsnError { code }),
                },
                _ => return Err(InsnError { code }),
            },
        })
    }
}

impl Operand {
    const fn to_raw(self) -> (u16, u32) {
        match self {
            Self::K(k) => (K, k),
            Self::X => (X, 0),
        }
    }
}

impl AluOp {
    /// Every operation.
    pub const ALL: [Self; 9] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Or,
        Self::And,
        Self::Lsh,
        Self::Rsh,
        Self::Xor,
    ];

    const fn code(self) -> u16 {
        match self {
            Self::Add => 0x00,
            Self::Sub => 0x10,
            Self::Mul => 0x20,
            Self::Div => 0x30,
            Self::Or => 0x40,
            Self::And => 0x50,
            Self::Lsh => 0x60,
            Self::Rsh => 0x70,
            Self::Xor => 0xa0,
        }
    }

    const fn from_code(code: u16) -> Option<Self> {
        Some(match code {
            0x00 => Self::Add,
            0x10 => Self::Sub,
            0x20 => Self::Mul,
            0x30 => Self::Div,
            0x40 => Self::Or,
            0x50 => Self::And,
            0x60 => Self::Lsh,
            0x70 => Self::Rsh,
            0xa0 => Self::Xor,
            _ => return None,
        })
    }
}

impl JumpOp {
    /// Every comparison.
    pub const ALL: [Self; 4] = [Self::Eq, Self::Gt, Self::Ge, Self::Set];

    const fn code(self) -> u16 {
        match self {
            Self::Eq => 0x10,
            Self::Gt => 0x20,
            Self::Ge => 0x30,
            Self::Set => 0x40,
        }
    }

    const fn from_code(code: u16) -> Option<Self> {
        Some(match code {
            0x10 => Self::Eq,
            0x20 => Self::Gt,
            0x30 => Self::Ge,
            0x40 => Self::Set,
            _ => return None,
        })
    }
}

/// The kernel's record of an instruction: `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawInsn {
    /// What to do.
    pub code: u16,
    /// How many to skip where a comparison holds.
    pub jt: u8,
    /// How many to skip where it does not.
    pub jf: u8,
    /// A constant.
    pub k: u32,
}

impl RawInsn {
    const fn plain(code: u16, k: u32) -> Self {
        Self {
            code,
            jt: 0,
            jf: 0,
            k,
        }
    }
}

/// A code that seccomp refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsnError {
    /// The code.
    pub code: u16,
}

impl fmt::Display for InsnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seccomp takes no instruction of code {:#06x}", self.code)
    }
}

impl core::error::Error for InsnError {}

// The parts of a code, from include/uapi/linux/bpf_common.h and filter.h.
const LD: u16 = 0x00;
const LDX: u16 = 0x01;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const ALU: u16 = 0x04;
const JMP: u16 = 0x05;
const RET: u16 = 0x06;
const MISC: u16 = 0x07;
const W: u16 = 0x00;
const IMM: u16 = 0x00;
const ABS: u16 = 0x20;
const MEM: u16 = 0x60;
const LEN: u16 = 0x80;
const NEG: u16 = 0x80;
const JA: u16 = 0x00;
const K: u16 = 0x00;
const X: u16 = 0x08;
const A: u16 = 0x10;
const TAX: u16 = 0x00;
const TXA: u16 = 0x80;

const LD_W_ABS: u16 = LD | W | ABS;
const LD_IMM: u16 = LD | IMM;
const LD_MEM: u16 = LD | MEM;
const LD_W_LEN: u16 = LD | W | LEN;
const LDX_IMM: u16 = LDX | IMM;
const LDX_MEM: u16 = LDX | MEM;
const LDX_W_LEN: u16 = LDX | W | LEN;
const MISC_TAX: u16 = MISC | TAX;
const MISC_TXA: u16 = MISC | TXA;
const ALU_NEG: u16 = ALU | NEG;
const JMP_JA: u16 = JMP | JA;
const RET_K: u16 = RET | K;
const RET_A: u16 = RET | A;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_or_refused() {
        let mut accepted = 0;
        for code in 0..=u16::MAX {
            let raw = RawInsn {
                code,
                jt: 1,
                jf: 2,
                k: 3,
            };
            match Insn::from_raw(raw) {
                Ok(insn) => {
                    accepted += 1;
                    assert_eq!(insn.to_raw().code, code);
                    assert_eq!(Insn::from_raw(insn.to_raw()), Ok(insn));
                }
                Err(error) => assert_eq!(error.code, code),
            }
        }
        // 7 loads, 2 stores, 2 moves, 9 operations and 4 comparisons by two operands, a negation, a jump, 2 returns.
        assert_eq!(accepted, 7 + 2 + 2 + 18 + 8 + 1 + 1 + 2);
    }
}
