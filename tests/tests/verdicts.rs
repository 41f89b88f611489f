//! `Program` exists exactly where the kernel would take the same bytes.
//!
//! The kernel is asked with no descriptor left for a listener, so that it checks a program and never loads it.

use callgate_bpf::{Insn, MAX_INSNS, Program, RawInsn};
use callgate_tests::kernel::{Kernel, Verdict};
use callgate_tests::random::Random;

const RET: RawInsn = Insn::RetK(0x7fff_0000).to_raw();

fn ours(insns: &[RawInsn]) -> Verdict {
    let insns = insns
        .iter()
        .map(|&raw| Insn::from_raw(raw).ok())
        .collect::<Option<_>>();
    match insns.map(Program::new) {
        Some(Ok(_)) => Verdict::Taken,
        _ => Verdict::Refused,
    }
}

/// Asks about each program; how many the kernel takes.
fn agree(programs: &[Vec<RawInsn>]) -> usize {
    let verdicts = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe")).verdicts(programs);
    assert_eq!(verdicts.len(), programs.len());
    for (program, &verdict) in programs.iter().zip(&verdicts) {
        assert_eq!(
            ours(program),
            verdict,
            "the kernel is on the right; {program:x?}"
        );
    }
    verdicts
        .iter()
        .filter(|&&verdict| verdict == Verdict::Taken)
        .count()
}

const fn raw(code: u16, jt: u8, jf: u8, k: u32) -> RawInsn {
    RawInsn { code, jt, jf, k }
}

#[test]
fn every_code_there_is() {
    let one = |code| vec![raw(code, 0, 0, 4), RET];
    let programs: Vec<_> = (0..=u16::MAX).map(one).collect();
    // 41 codes are seccomp's; of these, two load scratch memory that nobody stored, and one jumps too far.
    assert_eq!(agree(&programs), 41 - 2 - 1);
}

#[test]
fn every_code_with_each_kind_of_constant() {
    let constants = [
        0,
        1,
        3,
        15,
        16,
        31,
        32,
        60,
        61,
        63,
        64,
        68,
        0xffff_f000,
        0xffff_f004,
        u32::MAX,
    ];
    let mut programs = Vec::new();
    for code in 0..0x100 {
        for k in constants {
            for (jt, jf) in [(0, 0), (1, 0), (0, 1), (2, 2), (255, 0)] {
                // A store first, so that the loads of word 0 may be in order.
                programs.push(vec![Insn::St(0).to_raw(), raw(code, jt, jf, k), RET, RET]);
            }
        }
    }
    assert!(agree(&programs) > 1000);
}

#[test]
fn any_code_may_be_the_last() {
    let last = |code| vec![RET, raw(code, 0, 0, 0)];
    let programs: Vec<_> = (0..0x200).map(last).collect();
    assert_eq!(agree(&programs), 2, "the two returns");
}

#[test]
fn each_length_at_the_limits() {
    let lengths = [
        0,
        1,
        2,
        MAX_INSNS - 1,
        MAX_INSNS,
        MAX_INSNS + 1,
        2 * MAX_INSNS,
    ];
    let programs = lengths.map(|len| vec![RET; len]);
    assert_eq!(agree(&programs), 4);
}

#[test]
fn jumps_at_the_limits() {
    let ja = |skip| Insn::Ja(skip).to_raw();
    let mut programs = Vec::new();
    for len in [2, 3, 257, 258, MAX_INSNS] {
        for skip in [
            0,
            1,
            253,
            254,
            255,
            256,
            (len as u32).saturating_sub(3),
            len as u32 - 2,
            len as u32 - 1,
            u32::MAX,
        ] {
            let mut program = vec![RET; len];
            program[0] = ja(skip);
            programs.push(program.clone());
            if let Ok(skip) = u8::try_from(skip) {
                for insn in [
                    raw(0x15, skip, 0, 7),
                    raw(0x15, 0, skip, 7),
                    raw(0x1d, skip, skip, 7),
                ] {
                    program[0] = insn;
                    programs.push(program.clone());
                }
            }
        }
    }
    let taken = agree(&programs);
    assert!(taken > 30 && taken < programs.len());
}

/// Every order of four steps that store, load, and jump over one another.
#[test]
fn scratch_memory_is_stored_on_every_path() {
    let steps = [
        Insn::St(1),
        Insn::Stx(1),
        Insn::LdMem(1),
        Insn::LdxMem(1),
        Insn::LdMem(2),
        Insn::St(2),
        Insn::jeq(0, 0, 1),
        Insn::jeq(0, 2, 0),
        Insn::Ja(1),
        Insn::Ja(0),
        Insn::RetK(0),
        Insn::Tax,
    ]
    .map(Insn::to_raw);
    let mut programs = Vec::new();
    let len = steps.len();
    for number in 0..len.pow(4) {
        let step = |place: u32| steps[number / len.pow(place) % len];
        programs.push(vec![
            step(0),
            step(1),
            step(2),
            step(3),
            Insn::LdMem(1).to_raw(),
            RET,
            RET,
        ]);
    }
    let taken = agree(&programs);
    assert!(taken > 1000 && taken < programs.len() - 1000, "{taken}");
}

#[test]
fn random_and_mutated_programs() {
    let mut random = Random::new(2);
    for most in [6, 40] {
        let programs: Vec<_> = (0..15_000).map(|_| random.nearly_a_program(most)).collect();
        let taken = agree(&programs);
        assert!(
            taken > 1000 && taken < 14_000,
            "{taken} of the programs are right"
        );
    }
}
