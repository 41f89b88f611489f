//! What a program looks like where it matters: who is told apart, what stays in the kernel's cache, what is refused.

mod support;

use callgate_bpf::{Insn, Program, always_allows, run};
use callgate_compile::{CompileError, Options, Weights, compile};
use callgate_policy::{
    Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, SeccompData, Section, Test,
};
use callgate_syscalls::{Arch, Release, Syscall, X32_BIT};

fn rule(numbers: Numbers, tests: &[(Arg, Test)], action: Action) -> Rule {
    let comparisons = tests.iter().map(|&(arg, test)| Comparison::new(arg, test));
    Rule {
        id: RuleId(0),
        numbers,
        comparisons: comparisons.collect(),
        action,
    }
}

fn policy(default: Action, bad_arch: Action, sections: &[(Arch, Vec<Rule>)]) -> Policy {
    let sections = sections.iter().map(|(arch, rules)| Section {
        arch: *arch,
        rules: rules.clone(),
    });
    Policy::new(default, bad_arch, sections.collect()).expect("no arch twice")
}

fn compiled(policy: &Policy) -> Program {
    let program = compile(policy, &Options::default()).expect("a small policy has a program");
    support::assert_same(policy, &program, &support::calls::interesting(policy));
    program
}

#[test]
fn one_answer_for_all_is_one_instruction() {
    let nothing = policy(Action::Errno(1), Action::Errno(1), &[(Arch::Arm, vec![])]);
    let no_arch = policy(Action::Allow, Action::Errno(1), &[]);
    for policy in [nothing, no_arch] {
        let ret = Action::Errno(1).to_ret();
        assert_eq!(compiled(&policy).insns(), [Insn::RetK(ret)]);
    }
}

#[test]
fn an_arch_that_is_not_named_is_a_bad_one() {
    let (allow, kill) = (Action::Allow, Action::KillProcess);
    let cases: &[(&[Arch], u32, Action)] = &[
        (&[Arch::X86_64], 0, allow),
        (&[Arch::X86_64], X32_BIT, kill),
        (&[Arch::X86_64], u32::MAX - 1, kill),
        (&[Arch::X86_64], u32::MAX, allow),
        (&[Arch::X32], 0, kill),
        (&[Arch::X32], X32_BIT, allow),
        (&[Arch::X32], u32::MAX - 1, allow),
        (&[Arch::X32], u32::MAX, kill),
        (&[Arch::X86_64, Arch::X32], X32_BIT, allow),
        (&[Arch::X86], X32_BIT, kill),
    ];
    for (arches, nr, expected) in cases {
        let sections: Vec<_> = arches.iter().map(|&arch| (arch, vec![])).collect();
        let program = compiled(&policy(allow, kill, &sections));
        let call = SeccompData {
            nr: *nr,
            arch: Arch::X86_64.audit(),
            ..SeccompData::default()
        };
        assert_eq!(run(&program, &call).action, *expected, "{arches:?} {nr:#x}");
    }
}

#[test]
fn byte_orders_do_not_mix() {
    let policy = policy(
        Action::Allow,
        Action::Allow,
        &[
            (Arch::S390x, vec![]),
            (Arch::X86, vec![]),
            (Arch::X32, vec![]),
        ],
    );
    let error = compile(&policy, &Options::default()).expect_err("no kernel is both");
    let expected = CompileError::MixedEndian {
        little: Arch::X86,
        big: Arch::S390x,
    };
    assert_eq!(error, expected);
    assert_eq!(
        error.to_string(),
        "the policy names x86, which is little-endian, and s390x, which is big-endian, and no kernel is both"
    );
}

#[test]
fn what_is_always_allowed_is_cached_and_nothing_else() {
    let low = |value| (Arg::A0, Test::Lt(value));
    let high = |value| (Arg::A0, Test::Ge(value));
    let rules = vec![
        rule(Numbers { first: 0, last: 9 }, &[], Action::Allow),
        rule(Numbers::one(10), &[low(5)], Action::Allow),
        // Two halves of everything.
        rule(Numbers::one(11), &[low(5)], Action::Allow),
        rule(Numbers::one(11), &[high(5)], Action::Allow),
        // All but one value.
        rule(Numbers::one(12), &[low(5)], Action::Allow),
        rule(Numbers::one(12), &[high(6)], Action::Allow),
        rule(Numbers::one(13), &[], Action::Log),
        // A comparison that always holds.
        rule(Numbers::one(14), &[high(0)], Action::Allow),
    ];
    for arch in [Arch::X86_64, Arch::S390x, Arch::Arm] {
        let sections = [(arch, rules.clone())];
        let program = compiled(&policy(Action::Errno(1), Action::KillProcess, &sections));
        for nr in 0..20 {
            let expected = matches!(nr, 0..=9 | 11 | 14);
            assert_eq!(always_allows(&program, arch.audit(), nr), expected, "{nr}");
        }
    }
}

#[test]
fn a_narrow_arch_has_no_upper_half() {
    let value = 0x1_0000_0000;
    let tests = [
        Test::Eq(value),
        Test::Lt(value),
        Test::Ge(value),
        Test::MaskedEq {
            mask: u64::MAX,
            value,
        },
    ];
    for test in tests {
        let rules = vec![rule(Numbers::one(3), &[(Arg::A0, test)], Action::Allow)];
        for arch in [Arch::X86, Arch::Ppc, Arch::Mips64n32] {
            let program = compiled(&policy(
                Action::Errno(1),
                Action::Errno(1),
                &[(arch, rules.clone())],
            ));
            let loads_argument =
                |insn: &Insn| matches!(insn, Insn::LdAbs(offset) if *offset >= SeccompData::ARGS);
            assert!(!program.insns().iter().any(loads_argument), "{program}");
        }
    }
}

#[test]
fn far_jumps_reach() {
    // Blocks of arguments that share nothing, so that most of them are far from the dispatch.
    let rules = (0..150u32).map(|nr| {
        let value = 0x1_0000_0000 * u64::from(nr) + u64::from(nr) * 7 + 1;
        let tests = [(Arg::A0, Test::Eq(value)), (Arg::A1, Test::Gt(value))];
        rule(Numbers::one(nr * 2), &tests, Action::Errno(nr as u16))
    });
    let rules: Vec<Rule> = rules.collect();
    for arch in [Arch::Riscv64, Arch::Ppc64] {
        let program = compiled(&policy(
            Action::Allow,
            Action::KillThread,
            &[(arch, rules.clone())],
        ));
        assert!(program.len() > 600, "{}", program.len());
    }
}

#[test]
fn every_arch_of_a_byte_order_fits_one_program() {
    for endian in [Arch::X86_64.endian(), Arch::S390x.endian()] {
        let arches = Arch::ALL.iter().filter(|arch| arch.endian() == endian);
        let sections: Vec<_> = arches
            .enumerate()
            .map(|(at, &arch)| {
                let base = if arch == Arch::X32 { X32_BIT } else { 0 };
                let nr = base + at as u32;
                let tests = [(Arg::A2, Test::Le(0x1_0000_0000 + u64::from(nr)))];
                (
                    arch,
                    vec![rule(Numbers::one(nr), &tests, Action::Trap(nr as u16))],
                )
            })
            .collect();
        compiled(&policy(Action::Allow, Action::KillProcess, &sections));
    }
}

#[test]
fn what_is_counted_is_answered_sooner() {
    let call = Syscall::by_name("getppid").expect("every kernel has it");
    let nr = call.number(Arch::X86_64).expect("x86_64 has it");
    let rules = (0..400)
        .filter(|nr| nr % 3 != 0)
        .map(|nr| rule(Numbers::one(nr), &[], Action::Allow));
    let policy = policy(
        Action::Errno(1),
        Action::KillProcess,
        &[(Arch::X86_64, rules.collect())],
    );
    let steps = |options: &Options| {
        let program = compile(&policy, options).expect("400 calls fit");
        let call = SeccompData {
            nr,
            arch: Arch::X86_64.audit(),
            ..SeccompData::default()
        };
        run(&program, &call).steps
    };
    let counted = Options {
        kernel: Release::new(5, 4),
        weights: Weights::of_counts([(call, 1000)]),
        ..Options::default()
    };
    assert!(steps(&counted) < steps(&Options::default()));
    assert!(steps(&counted) <= 7, "{}", steps(&counted));
}
