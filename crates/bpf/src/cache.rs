//! The kernel's cache of calls that are always allowed (5.11 and later): which calls a program keeps in it.
//!
//! Apart from the interpreter, because the kernel looks with less than it runs with:
//! the number and the arch, and a few kinds of instruction.

use alloc::vec::Vec;
use core::iter;

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
    look(program, audit, BEGIN, nr, |_, _| ())
}

/// The same for all numbers: stretches that ascend and leave none out, each by its last number.
pub fn always_allowed(program: &Program, audit: u32) -> impl Iterator<Item = (u32, bool)> {
    // The tests at which larger numbers part from those that were looked at, each with the last number that comes to it.
    let mut tests = Vec::from([(BEGIN, u32::MAX)]);
    let mut nr = 0;
    iter::from_fn(move || {
        let (from, mut last) = tests.pop()?;
        let is_allowed = look(program, audit, from, nr, |test, alike| {
            if alike < last {
                tests.push((test, last));
                last = alike;
            }
        });
        // Past the largest number, no test is left.
        nr = last.wrapping_add(1);
        Some((last, is_allowed))
    })
}

/// Where the kernel looks, and what it has.
#[derive(Clone, Copy)]
struct State {
    at: usize,
    a: A,
}

/// The accumulator.
#[derive(Clone, Copy)]
enum A {
    /// The number of the call.
    Number,
    Known(u32),
}

const BEGIN: State = State {
    at: 0,
    a: A::Known(0),
};

/// What the kernel sees from a state on; `test` is told where the number is asked, and a number up to which the same comes of it.
fn look(
    program: &Program,
    audit: u32,
    from: State,
    nr: u32,
    mut test: impl FnMut(State, u32),
) -> bool {
    let mut state = from;
    loop {
        let mut asked = |op: JumpOp, k| match state.a {
            A::Known(a) => a,
            A::Number => {
                test(state, op.alike_up_to(nr, k));
                nr
            }
        };
        match program.insns()[state.at] {
            Insn::LdAbs(SeccompData::NR) => state.a = A::Number,
            Insn::LdAbs(SeccompData::ARCH) => state.a = A::Known(audit),
            Insn::RetK(ret) => return ret == Action::Allow.to_ret(),
            Insn::Ja(skip) => state.at += skip as usize,
            Insn::Jump {
                op,
                operand: Operand::K(k),
                jt,
                jf,
            } => {
                let holds = op.holds(asked(op, k), k);
                state.at += usize::from(if holds { jt } else { jf });
            }
            // What is left of a number is the same for all with these bits.
            Insn::Alu(AluOp::And, Operand::K(k)) => state.a = A::Known(asked(JumpOp::Set, k) & k),
            _ => return false,
        }
        state.at += 1;
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
    fn stretches_say_of_each_number_what_is_seen_of_it() {
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
        let (mut nr, mut stretches) = (0, 0);
        for (last, is_allowed) in always_allowed(&program, 0) {
            for each in nr..=last.min(100) {
                assert_eq!(always_allows(&program, 0, each), is_allowed, "{each}");
            }
            (nr, stretches) = (last.wrapping_add(1), stretches + 1);
        }
        assert_eq!(nr, 0, "the largest is the last");
        assert!(stretches < 30, "{stretches}");
    }
}
