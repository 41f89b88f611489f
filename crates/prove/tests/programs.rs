//! The diagram of a program answers as the program does, for programs of every instruction that seccomp accepts.

use arbtest::arbitrary::{Result, Unstructured};
use callgate_bpf::{AluOp, Insn, JumpOp, Operand, Program, SeccompData, run};
use callgate_prove::{Budget, Diagram, Undecided};

const BUDGET: Budget = Budget { nodes: 1 << 17 };

#[test]
fn a_diagram_answers_as_its_program_does() {
    let (mut decided, mut all) = (0, 0);
    arbtest::arbtest(|u| {
        let program = program(u)?;
        all += 1;
        if let Ok(diagram) = Diagram::of_program(&program, BUDGET) {
            decided += 1;
            let mut calls = diagram.examples();
            calls.truncate(2000);
            for _ in 0..20 {
                calls.push(call(u)?);
            }
            for call in calls {
                let action = run(&program, &call).action;
                assert_eq!(diagram.answer(&call), action, "{call:x?}\n{program}");
            }
        }
        Ok(())
    })
    .budget_ms(4_000);
    assert!(decided * 2 > all, "{decided} of {all} are decided");
}

#[test]
fn operations_on_a_word_are_those_of_the_machine() {
    let mut decided = 0;
    // Each operation in both directions, held against a constant at which its answer turns.
    let values = [
        0,
        1,
        2,
        3,
        7,
        0x80,
        0xffff,
        0x8000_0000,
        0xffff_fffe,
        u32::MAX,
    ];
    let word = Insn::LdAbs(16);
    for op in AluOp::ALL {
        for k in values {
            let k = match op {
                AluOp::Div if k == 0 => 1,
                AluOp::Lsh | AluOp::Rsh => k % 32,
                _ => k,
            };
            let by_constant = vec![word, Insn::Alu(op, Operand::K(k))];
            let of_constant = vec![word, Insn::Tax, Insn::LdImm(k), Insn::Alu(op, Operand::X)];
            for begin in [by_constant, of_constant] {
                for (jump, against) in
                    [(JumpOp::Gt, 5), (JumpOp::Set, 0x8000_0001), (JumpOp::Eq, k)]
                {
                    let mut insns = begin.clone();
                    insns.push(Insn::jump(jump, against, 0, 1));
                    insns.extend([Insn::RetK(0x7fff_0000), Insn::RetK(0x5_0001)]);
                    let program = Program::new(insns).expect("the kernel takes it");
                    let Ok(diagram) = Diagram::of_program(&program, BUDGET) else {
                        continue;
                    };
                    decided += 1;
                    for value in values
                        .into_iter()
                        .flat_map(|value| [value, value / 3, value ^ k])
                    {
                        let call = SeccompData {
                            arch: 0x4000_0000,
                            args: [value.into(); 6],
                            ..SeccompData::default()
                        };
                        let action = run(&program, &call).action;
                        assert_eq!(diagram.answer(&call), action, "{value:#x}\n{program}");
                    }
                }
            }
        }
    }
    // Products and quotients take more than their budget; the rest do not.
    assert!(decided > 400, "{decided}");
}

#[test]
fn a_word_that_is_returned_as_it_came_is_not_decided() {
    let program = Program::new(vec![Insn::LdAbs(0), Insn::RetA]).expect("the kernel takes it");
    let diagram = Diagram::of_program(&program, Budget::default());
    assert_eq!(diagram, Err(Undecided::Returns { at: 1, bits: 32 }));
    let data = vec![
        Insn::LdAbs(0),
        Insn::Alu(AluOp::And, Operand::K(0xff)),
        Insn::Alu(AluOp::Or, Operand::K(0x5_0000)),
        Insn::RetA,
    ];
    let program = Program::new(data).expect("the kernel takes it");
    let diagram = Diagram::of_program(&program, Budget::default()).expect("eight bits vary");
    let call = SeccompData {
        nr: 0x1234,
        ..SeccompData::default()
    };
    assert_eq!(diagram.answer(&call), run(&program, &call).action);
}

/// A random program that the kernel takes: straight code and jumps, with few words and constants that meet again.
fn program(u: &mut Unstructured<'_>) -> Result<Program> {
    loop {
        let length = u.int_in_range(1..=14usize)?;
        let mut insns = Vec::new();
        for at in 0..length {
            insns.push(insn(u, length - at)?);
        }
        insns.push(Insn::RetK(0x7fff_0000));
        insns.push(Insn::RetK(0x5_0001));
        if let Ok(program) = Program::new(insns) {
            return Ok(program);
        }
    }
}

fn insn(u: &mut Unstructured<'_>, left: usize) -> Result<Insn> {
    let k = constant(u)?;
    let slot = u.int_in_range(0..=1)?;
    let operand = *u.choose(&[Operand::K(k), Operand::K(k), Operand::X])?;
    let skip = |u: &mut Unstructured<'_>| u.int_in_range(0..=left.min(5));
    Ok(match u.int_in_range(0..=19)? {
        0..=4 => Insn::LdAbs(*u.choose(&[0, 4, 16, 20, 60, 8])?),
        5 => Insn::LdImm(k),
        6 => Insn::LdMem(slot),
        7 => Insn::LdLen,
        8 => Insn::LdxImm(k),
        9 => *u.choose(&[Insn::LdxMem(slot), Insn::LdxLen, Insn::Neg])?,
        10 => *u.choose(&[Insn::St(slot), Insn::Stx(slot)])?,
        11 => *u.choose(&[Insn::Tax, Insn::Txa])?,
        12 => Insn::Alu(*u.choose(&AluOp::ALL)?, operand),
        13 => Insn::Ja(skip(u)? as u32),
        14 => *u.choose(&[Insn::RetK(0), Insn::RetK(0x5_0002), Insn::RetA])?,
        _ => Insn::Jump {
            op: *u.choose(&JumpOp::ALL)?,
            operand,
            jt: skip(u)? as u8,
            jf: skip(u)? as u8,
        },
    })
}

fn constant(u: &mut Unstructured<'_>) -> Result<u32> {
    Ok(match u.int_in_range(0..=3)? {
        0 | 1 => u.int_in_range(0..=5)?,
        2 => *u.choose(&[0xff, 0x8000_0000, u32::MAX, 0x5_0000])?,
        _ => u.arbitrary()?,
    })
}

fn call(u: &mut Unstructured<'_>) -> Result<SeccompData> {
    let arg = u64::from(constant(u)?) << 32 | u64::from(constant(u)?);
    Ok(SeccompData {
        nr: constant(u)?,
        arch: constant(u)?,
        instruction_pointer: constant(u)?.into(),
        args: [arg, 0, 0, 0, 0, u64::from(constant(u)?) << 32],
    })
}
