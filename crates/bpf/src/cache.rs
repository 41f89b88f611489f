//! The kernel's cache of calls that are always allowed (5.11 and later): which calls a program keeps in it.
//!
//! Apart from the interpreter, because the kernel looks with less than it runs with:
//! the number and the arch, and a few kinds of instruction.

use crate::action::Action;
use crate::data::SeccompData;
use crate::insn::{AluOp, Insn, JumpOp, Operand};
use crate::program::Program;

/// Whether the kernel sees that every call of this number and audit token is allowed, and asks the program no more.
///
/// This is `seccomp_is_const_allow` of `kernel/seccomp.c`.
/// The kernel asks it for the numbers of its native table and of one compatibility table; never for x32.
#[must_use]
pub fn always_allows(program: &Program, audit: u32, nr: u32) -> bool {
    always_allows_up_to(program, audit, nr).0
}

/// The same, and a number up to which it is so, from this one on, because all of them go the same way.
#[must_use]
pub fn always_allows_up_to(program: &Program, audit: u32, nr: u32) -> (bool, u32) {
    let mut a = 0;
    let mut last = u32::MAX;
    let mut is_number = false;
    let mut at = 0;
    loop {
        let insn = program.insns()[at];
        at += 1;
        match insn {
            Insn::LdAbs(SeccompData::NR) => (a, is_number) = (nr, true),
            Insn::LdAbs(SeccompData::ARCH) => (a, is_number) = (audit, false),
            Insn::RetK(ret) => return (ret == Action::Allow.to_ret(), last),
            Insn::Ja(skip) => at += skip as usize,
            Insn::Jump {
                op,
                operand: Operand::K(k),
                jt,
                jf,
            } => {
                if is_number {
                    last = last.min(op.alike_up_to(a, k));
                }
                at += usize::from(if op.holds(a, k) { jt } else { jf });
            }
            Insn::Alu(AluOp::And, Operand::K(k)) => {
                // What is left of the number is the same for all of these.
                if is_number {
                    last = last.min(JumpOp::Set.alike_up_to(a, k));
                    is_number = false;
                }
                a &= k;
            }
            _ => return (false, last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn an_argument_or_odd_data_keeps_a_call_out() {
        let allow = Action::Allow.to_ret();
        let program = Program::new(vec![
            Insn::LdAbs(SeccompData::NR),
            Insn::jeq(1, 3, 0),
            Insn::jeq(2, 0, 3),
            Insn::LdAbs(SeccompData::ARGS),
            Insn::RetK(allow),
            Insn::RetK(allow),
            Insn::RetK(allow | 1),
        ])
        .expect("a program");
        assert!(always_allows(&program, 0, 1));
        assert!(!always_allows(&program, 0, 2));
        assert!(!always_allows(&program, 0, 3));
    }

    #[test]
    fn what_holds_of_a_number_holds_up_to_the_last() {
        let program = Program::new(vec![
            Insn::LdAbs(SeccompData::NR),
            Insn::jump(JumpOp::Ge, 40, 4, 0),
            Insn::jump(JumpOp::Gt, 31, 4, 0),
            Insn::jump(JumpOp::Set, 4, 3, 0),
            Insn::Alu(AluOp::And, Operand::K(0x1a)),
            Insn::jeq(0x12, 1, 0),
            Insn::RetK(Action::Allow.to_ret()),
            Insn::RetK(0),
        ])
        .expect("a program");
        let mut nr = 0;
        let mut stretches = 0;
        while nr < 100 {
            let (is_allowed, last) = always_allows_up_to(&program, 0, nr);
            for each in nr..=last.min(100) {
                assert_eq!(always_allows(&program, 0, each), is_allowed, "{each}");
            }
            nr = last.saturating_add(1);
            stretches += 1;
        }
        assert!(stretches < 30, "{stretches}");
    }
}
