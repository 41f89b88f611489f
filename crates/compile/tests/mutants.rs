//! The checker is checked: programs with one instruction changed are refused, unless they answer alike.

mod support;

use callgate_bpf::{Insn, Operand, Program, SeccompData, run};
use callgate_compile::{Options, compile};
use callgate_policy::Policy;
use callgate_prove::{Budget, Diagram};

#[test]
fn no_mutant_that_differs_is_called_equal() {
    let (mut refuted, mut equal) = (0, 0);
    arbtest::arbtest(|u| {
        let policy = support::random::policy(u, 5)?;
        let program = compile(&policy, &Options::default()).expect("a small policy has a program");
        let meaning = Diagram::of_policy(&policy, Budget::default()).expect("it was proved");
        let mut calls = support::calls::interesting(&policy);
        calls.extend(meaning.examples());
        for mutant in mutants(&program) {
            let Ok(diagram) = Diagram::of_program(&mutant, Budget::default()) else {
                continue;
            };
            match diagram.witness(&meaning) {
                Some(witness) => {
                    refuted += 1;
                    assert!(
                        differs(&policy, &mutant, &witness),
                        "{witness:x?}\n{mutant}"
                    );
                }
                None => {
                    equal += 1;
                    for call in &calls {
                        assert!(!differs(&policy, &mutant, call), "{call:x?}\n{mutant}");
                    }
                }
            }
        }
        Ok(())
    })
    .budget_ms(8_000);
    println!("{refuted} mutants refuted, {equal} equal");
    assert!(refuted > equal);
}

fn differs(policy: &Policy, program: &Program, call: &SeccompData) -> bool {
    run(program, call).action != policy.decide(call).action
}

/// Every instruction changed in a few ways, one at a time.
fn mutants(program: &Program) -> impl Iterator<Item = Program> + '_ {
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
