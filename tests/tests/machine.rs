//! `run` answers as the running kernel does, whose programs its JIT compiled.
//!
//! Random calculations end in twelve bits of their result as an errno, so that arithmetic, memory and jumps show.

use callgate_bpf::{Action, AluOp, Insn, JumpOp, Operand, Program, SeccompData, run};
use callgate_syscalls::{Arch, X32_BIT};
use callgate_tests::kernel::Kernel;
use callgate_tests::random::Random;
use callgate_tests::scene::Ending;

fn kernel() -> Kernel {
    Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"))
}

/// Whether the kernel and the interpreter agree on a call; none where the answer kills.
fn compare(program: &Program, call: &SeccompData, (value, address): (i64, u64)) {
    let seen = SeccompData {
        instruction_pointer: address,
        ..*call
    };
    let Action::Errno(errno) = run(program, &seen).action else {
        panic!(
            "{seen:x?} was answered with {value}, but the interpreter says otherwise of\n{program}"
        );
    };
    assert_eq!(value, -i64::from(errno), "{seen:x?} under\n{program}");
}

/// A call whose last argument picks the bits to see; of i386 only the low halves are seen.
fn call(random: &mut Random, bits: u64) -> SeccompData {
    let arch = random.one_of(&[Arch::X86_64, Arch::X86_64, Arch::X32, Arch::X86]);
    let nr = match arch {
        Arch::X32 => random.word() & 0x3fff_ffff | X32_BIT,
        // Not uretprobe and uprobe, which pass every filter.
        Arch::X86_64 => (random.word() & 0x3fff_ffff).max(400),
        _ => random.word(),
    };
    let mut call = random.call(arch.audit(), nr);
    call.args[5] = bits;
    if arch == Arch::X86 {
        call.args = call.args.map(|arg| arg & 0xffff_ffff);
    }
    call
}

#[test]
fn random_calculations() {
    let mut random = Random::new(1);
    let mut jobs = Vec::new();
    while jobs.len() < 1200 {
        let len = 1 + random.below(60);
        let program = random.calculation(len);
        let calls: Vec<_> = (0..60)
            .map(|at| call(&mut random, [0, 12, 24][at % 3]))
            .collect();
        jobs.push((program, calls));
    }
    let asked: Vec<_> = jobs
        .iter()
        .map(|(program, calls)| (program, calls.as_slice()))
        .collect();
    let (mut answered, mut killed) = (0, 0);
    for ((program, calls), answers) in jobs.iter().zip(kernel().answers(&asked)) {
        answered += answers.returned.len();
        for (call, &returned) in calls.iter().zip(&answers.returned) {
            compare(program, call, returned);
        }
        match answers.ending {
            Ending::Signalled(libc::SIGILL) => assert_eq!(answers.returned.len(), calls.len()),
            // A division by an X of zero ends the program, and with 0 the thread; nothing else here kills.
            Ending::Signalled(libc::SIGSYS) => {
                killed += 1;
                let fatal = &calls[answers.returned.len()];
                let address = answers.returned.last().map_or(0, |&(_, address)| address);
                let outcome = run(
                    program,
                    &SeccompData {
                        instruction_pointer: address,
                        ..*fatal
                    },
                );
                assert_eq!(
                    outcome.action,
                    Action::KillThread,
                    "{fatal:x?} under\n{program}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(answered > 30_000, "{answered} calls were answered");
    assert!(killed > 10, "{killed} divisions by zero");
}

/// The numbers that arithmetic trips over.
const WORDS: [u32; 14] = [
    0,
    1,
    2,
    7,
    31,
    32,
    33,
    63,
    64,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    u32::MAX,
];

/// A and X from the first two arguments, then these instructions; twelve bits of A.
fn of_both(insns: &[Insn]) -> Program {
    let arg = |index: u32| Insn::LdAbs(SeccompData::ARGS + 8 * index);
    let mut all = vec![arg(1), Insn::Tax, arg(0)];
    all.extend(insns);
    all.extend([
        Insn::St(3),
        arg(5),
        Insn::Tax,
        Insn::LdMem(3),
        Insn::Alu(AluOp::Rsh, Operand::X),
    ]);
    all.extend([
        Insn::Alu(AluOp::And, Operand::K(0xfff)),
        Insn::Alu(AluOp::Or, Operand::K(0x5_0000)),
        Insn::RetA,
    ]);
    Program::new(all).expect("a program")
}

fn pairs() -> Vec<SeccompData> {
    let mut calls = Vec::new();
    for a in WORDS {
        for x in WORDS {
            for bits in [0, 12, 24] {
                let args = [a.into(), x.into(), 0, 0, 0, bits];
                calls.push(SeccompData {
                    nr: 500,
                    arch: Arch::X86_64.audit(),
                    args,
                    ..SeccompData::default()
                });
            }
        }
    }
    calls
}

#[test]
fn every_operation_on_every_pair_of_odd_words() {
    let ops = AluOp::ALL.into_iter().filter(|&op| op != AluOp::Div);
    let mut programs: Vec<Program> = ops
        .map(|op| of_both(&[Insn::Alu(op, Operand::X)]))
        .collect();
    programs.push(of_both(&[Insn::Neg]));
    for op in JumpOp::ALL {
        let jump = Insn::Jump {
            op,
            operand: Operand::X,
            jt: 1,
            jf: 0,
        };
        programs.push(of_both(&[
            jump,
            Insn::LdImm(0),
            Insn::Alu(AluOp::Or, Operand::K(0x100_1001)),
        ]));
    }
    for k in WORDS {
        for op in AluOp::ALL {
            let in_order = match op {
                AluOp::Div => k != 0,
                AluOp::Lsh | AluOp::Rsh => k < 32,
                _ => true,
            };
            if in_order {
                programs.push(of_both(&[Insn::Alu(op, Operand::K(k))]));
            }
        }
        for op in JumpOp::ALL {
            programs.push(of_both(&[
                Insn::jump(op, k, 1, 0),
                Insn::LdImm(0),
                Insn::Alu(AluOp::Xor, Operand::X),
            ]));
        }
    }
    agree_on(&programs, &pairs());
}

#[test]
fn division_by_the_index_register() {
    let calls: Vec<_> = pairs()
        .into_iter()
        .filter(|call| call.args[1] != 0)
        .collect();
    agree_on(&[of_both(&[Insn::Alu(AluOp::Div, Operand::X)])], &calls);
}

#[test]
fn every_word_of_the_data() {
    let mut random = Random::new(3);
    let load = |offset| of_both(&[Insn::LdAbs(offset)]);
    let programs: Vec<_> = (0..SeccompData::SIZE).step_by(4).map(load).collect();
    let calls: Vec<_> = (0..300)
        .map(|at| call(&mut random, [0, 12, 24][at % 3]))
        .collect();
    agree_on(&programs, &calls);
}

fn agree_on(programs: &[Program], calls: &[SeccompData]) {
    let jobs: Vec<_> = programs.iter().map(|program| (program, calls)).collect();
    for (program, answers) in programs.iter().zip(kernel().answers(&jobs)) {
        assert_eq!(
            answers.ending,
            Ending::Signalled(libc::SIGILL),
            "the child came to its end"
        );
        assert_eq!(answers.returned.len(), calls.len());
        for (call, &returned) in calls.iter().zip(&answers.returned) {
            compare(program, call, returned);
        }
    }
}
