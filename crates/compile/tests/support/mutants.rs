//! Programs with one instruction changed.
//!
//! Apart from the tests, since random policies and whole profiles are changed in the same ways.

use callgate_bpf::{Insn, Operand, Program};

/// Every instruction changed in a few ways, one at a time.
pub(crate) fn of(program: &Program) -> impl Iterator<Item = Program> + '_ {
    let places = program.insns().iter().enumerate();
    places.flat_map(move |(at, &insn)| {
        changed(insn).into_iter().filter_map(move |other| {
            let mut insns = program.insns().to_vec();
            insns[at] = other;
            (other != insn).then(|| Program::new(insns).ok())?
        })
    })
}

fn changed(insn: Insn) -> Vec<Insn> {
    match insn {
        Insn::LdAbs(offset) => vec![Insn::LdAbs(offset ^ 4), Insn::LdAbs((offset + 8) % 64)],
        Insn::Alu(op, Operand::K(k)) => [k ^ 1, k ^ 0x8000_0000, !k]
            .map(|k| Insn::Alu(op, Operand::K(k)))
            .to_vec(),
        Insn::Jump {
            op,
            operand: Operand::K(k),
            jt,
            jf,
        } => {
            let mut changed: Vec<Insn> = callgate_bpf::JumpOp::ALL
                .map(|op| Insn::jump(op, k, jt, jf))
                .to_vec();
            changed.extend([k.wrapping_add(1), k ^ 0x8000_0000].map(|k| Insn::jump(op, k, jt, jf)));
            changed.push(Insn::jump(op, k, jf, jt));
            changed.push(Insn::jump(op, k, jt.wrapping_add(1), jf));
            changed.push(Insn::jump(op, k, jt, jf.wrapping_sub(1)));
            changed
        }
        Insn::RetK(ret) => vec![Insn::RetK(ret ^ 1), Insn::RetK(0x7fff_0000), Insn::RetA],
        _ => Vec::new(),
    }
}
