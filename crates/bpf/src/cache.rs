//! The kernel's cache of calls that are always allowed (5.11 and later): which calls a program keeps in it.
//!
//! Apart from the interpreter, because the kernel looks with less than it runs with:
//! the number and the arch, and a few kinds of instruction.

use crate::action::Action;
use crate::data::SeccompData;
use crate::insn::{AluOp, Insn, Operand};
use crate::program::Program;

/// Whether the kernel sees that every call of this number and audit token is allowed, and asks the program no more.
///
/// This is `seccomp_is_const_allow` of `kernel/seccomp.c`.
/// The kernel asks it for the numbers of its native table and of one compatibility table; never for x32.
#[must_use]
pub fn always_allows(program: &Program, audit: u32, nr: u32) -> bool {
    let mut a = 0;
    let mut at = 0;
    loop {
        let insn = program.insns()[at];
        at += 1;
        match insn {
            Insn::LdAbs(SeccompData::NR) => a = nr,
            Insn::LdAbs(SeccompData::ARCH) => a = audit,
            Insn::RetK(ret) => return ret == Action::Allow.to_ret(),
            Insn::Ja(skip) => at += skip as usize,
            Insn::Jump {
                op,
                operand: Operand::K(k),
                jt,
                jf,
            } => {
                at += usize::from(if op.holds(a, k) { jt } else { jf });
            }
            Insn::Alu(AluOp::And, Operand::K(k)) => a &= k,
            _ => return false,
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
}
