//! The interpreter: what a program answers to a call, and in how many steps.

use alloc::vec::Vec;

use crate::action::Action;
use crate::data::SeccompData;
use crate::insn::{AluOp, Insn, JumpOp, Operand};
use crate::program::{MEMORY_WORDS, Program};

/// What running a program came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// The word that it returned.
    pub ret: u32,
    /// What the kernel does then.
    pub action: Action,
    /// The instructions that it took, the return included.
    pub steps: u32,
}

/// Runs a program on a call, as the kernel would.
#[must_use]
pub fn run(program: &Program, call: &SeccompData) -> Outcome {
    let mut steps = 0;
    let ret = answer(program, call, |_| steps += 1);
    Outcome {
        ret,
        action: Action::from_ret(ret),
        steps,
    }
}

/// The instructions that a program takes on a call, by their places and in their order; the last one returns.
#[must_use]
pub fn path(program: &Program, call: &SeccompData) -> Vec<usize> {
    let mut path = Vec::new();
    answer(program, call, |at| path.push(at));
    path
}

/// The returned word; each instruction is visited before it is taken.
///
/// The checks that made the program hold every index here in bounds.
fn answer(program: &Program, call: &SeccompData, mut visit: impl FnMut(usize)) -> u32 {
    let mut a: u32 = 0;
    let mut x: u32 = 0;
    let mut memory = [0u32; MEMORY_WORDS as usize];
    let mut at = 0;
    loop {
        visit(at);
        let insn = program.insns()[at];
        at += 1;
        match insn {
            Insn::LdAbs(offset) => {
                a = call
                    .word(offset)
                    .expect("a program loads only words of the data")
            }
            Insn::LdImm(k) => a = k,
            Insn::LdMem(slot) => a = memory[slot as usize],
            Insn::LdLen => a = SeccompData::SIZE,
            Insn::LdxImm(k) => x = k,
            Insn::LdxMem(slot) => x = memory[slot as usize],
            Insn::LdxLen => x = SeccompData::SIZE,
            Insn::St(slot) => memory[slot as usize] = a,
            Insn::Stx(slot) => memory[slot as usize] = x,
            Insn::Tax => x = a,
            Insn::Txa => a = x,
            Insn::Alu(op, operand) => match op.apply(a, operand.value(x)) {
                Some(value) => a = value,
                None => return 0,
            },
            Insn::Neg => a = a.wrapping_neg(),
            Insn::Ja(skip) => at += skip as usize,
            Insn::Jump {
                op,
                operand,
                jt,
                jf,
            } => {
                at += usize::from(if op.holds(a, operand.value(x)) {
                    jt
                } else {
                    jf
                });
            }
            Insn::RetK(ret) => return ret,
            Insn::RetA => return a,
        }
    }
}

impl Operand {
    /// Its value where X holds `x`.
    #[must_use]
    pub const fn value(self, x: u32) -> u32 {
        match self {
            Self::K(k) => k,
            Self::X => x,
        }
    }
}

impl AluOp {
    /// The result; none for a division by zero, which ends the program.
    #[must_use]
    pub const fn apply(self, a: u32, b: u32) -> Option<u32> {
        Some(match self {
            Self::Add => a.wrapping_add(b),
            Self::Sub => a.wrapping_sub(b),
            Self::Mul => a.wrapping_mul(b),
            Self::Div => return a.checked_div(b),
            Self::And => a & b,
            Self::Or => a | b,
            Self::Xor => a ^ b,
            Self::Lsh => a.wrapping_shl(b),
            Self::Rsh => a.wrapping_shr(b),
        })
    }
}

impl JumpOp {
    /// Whether the comparison holds for A and its operand.
    #[must_use]
    pub const fn holds(self, a: u32, b: u32) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Gt => a > b,
            Self::Ge => a >= b,
            Self::Set => a & b != 0,
        }
    }

    /// A value of A, from this one upward, up to which the comparison answers as it does for this one.
    ///
    /// There may be a larger one for a mask; for the other comparisons it is the largest.
    #[must_use]
    pub const fn alike_up_to(self, a: u32, b: u32) -> u32 {
        match self {
            Self::Eq if a == b => a,
            Self::Eq | Self::Ge if a < b => b - 1,
            Self::Gt if a <= b => b,
            // The bits below the lowest of the mask make no difference.
            Self::Set if b != 0 => a | ((b.wrapping_neg() & b) - 1),
            Self::Eq | Self::Gt | Self::Ge | Self::Set => u32::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn returned(insns: Vec<Insn>, call: &SeccompData) -> (u32, u32) {
        let outcome = run(&Program::new(insns).expect("a program"), call);
        (outcome.ret, outcome.steps)
    }

    #[test]
    fn a_path_is_what_was_counted() {
        let program = Program::new(vec![
            Insn::LdAbs(SeccompData::NR),
            Insn::jeq(7, 1, 0),
            Insn::Ja(1),
            Insn::RetK(1),
            Insn::RetK(2),
        ])
        .expect("a program");
        for (nr, places) in [(7, vec![0, 1, 3]), (8, vec![0, 1, 2, 4])] {
            let call = SeccompData {
                nr,
                ..SeccompData::default()
            };
            assert_eq!(path(&program, &call), places);
            assert_eq!(run(&program, &call).steps as usize, places.len());
        }
    }

    #[test]
    fn a_comparison_answers_alike_up_to_where_it_turns() {
        let values = [0, 1, 2, 3, 4, 7, 8, 12, 0x8000_0000, u32::MAX - 1, u32::MAX];
        for op in JumpOp::ALL {
            for (a, b) in values.iter().flat_map(|&a| values.map(|b| (a, b))) {
                let last = op.alike_up_to(a, b);
                assert!(a <= last, "{op:?} {a} {b}");
                for value in values.into_iter().chain([last]) {
                    let is_alike = op.holds(value, b) == op.holds(a, b);
                    assert!(
                        is_alike || value < a || last < value,
                        "{op:?} {a} {b} {value}"
                    );
                }
                let is_turn = last == u32::MAX || op.holds(last + 1, b) != op.holds(a, b);
                assert!(is_turn || op == JumpOp::Set, "{op:?} {a} {b}");
            }
        }
    }

    #[test]
    fn every_operation_on_both_operands() {
        let cases = [
            (AluOp::Add, u32::MAX, 2, 1),
            (AluOp::Sub, 1, 2, u32::MAX),
            (AluOp::Mul, 0x1_0001, 0x1_0000, 0x1_0000),
            (AluOp::Div, 7, 2, 3),
            (AluOp::And, 6, 3, 2),
            (AluOp::Or, 6, 3, 7),
            (AluOp::Xor, 6, 3, 5),
            (AluOp::Lsh, 3, 31, 0x8000_0000),
            (AluOp::Rsh, 0x8000_0000, 31, 1),
        ];
        let call = SeccompData::default();
        for (op, a, b, result) in cases {
            let by_k = vec![Insn::LdImm(a), Insn::Alu(op, Operand::K(b)), Insn::RetA];
            assert_eq!(returned(by_k, &call), (result, 3), "{op:?}");
            let by_x = vec![
                Insn::LdImm(a),
                Insn::LdxImm(b),
                Insn::Alu(op, Operand::X),
                Insn::RetA,
            ];
            assert_eq!(returned(by_x, &call), (result, 4), "{op:?}");
        }
    }

    #[test]
    fn a_division_by_an_x_of_zero_kills_the_thread() {
        let insns = vec![
            Insn::LdImm(5),
            Insn::Alu(AluOp::Div, Operand::X),
            Insn::RetK(0x7fff_0000),
        ];
        let outcome = run(
            &Program::new(insns).expect("a program"),
            &SeccompData::default(),
        );
        assert_eq!((outcome.action, outcome.steps), (Action::KillThread, 2));
    }

    #[test]
    fn every_comparison_at_its_boundary() {
        for (op, below, equal, above) in [
            (JumpOp::Eq, 0, 1, 0),
            (JumpOp::Gt, 0, 0, 1),
            (JumpOp::Ge, 0, 1, 1),
            (JumpOp::Set, 0, 1, 0),
        ] {
            for (nr, expected) in [(7, below), (8, equal), (16, above)] {
                let insns = vec![
                    Insn::LdAbs(0),
                    Insn::jump(op, 8, 1, 0),
                    Insn::RetK(0),
                    Insn::RetK(1),
                ];
                let call = SeccompData {
                    nr,
                    ..SeccompData::default()
                };
                assert_eq!(returned(insns, &call), (expected, 3), "{op:?} {nr}");
            }
        }
    }

    #[test]
    fn registers_and_memory_keep_what_they_get() {
        let insns = vec![
            Insn::LdImm(3),
            Insn::St(0),
            Insn::LdxMem(0),
            Insn::LdLen,
            Insn::Stx(1),
            Insn::Tax,
            Insn::LdMem(1),
            Insn::Alu(AluOp::Add, Operand::X),
            Insn::Neg,
            Insn::Tax,
            Insn::LdxLen,
            Insn::Alu(AluOp::Add, Operand::X),
            Insn::Ja(1),
            Insn::Txa,
            Insn::RetA,
        ];
        assert_eq!(
            returned(insns, &SeccompData::default()),
            (3u32.wrapping_neg(), 14)
        );
    }
}
