//! Long lists: they become trees in little time, or a clear refusal.

mod support;

use std::time::{Duration, Instant};

use callgate_bpf::{MAX_INSNS, Program, run};
use callgate_compile::{CompileError, Options, Proof, compile};
use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, SeccompData, Test};
use callgate_prove::Undecided;
use callgate_syscalls::Arch;

const IOCTL: u32 = 16;

/// Far more than it takes on a busy machine without optimisation, far less than anything quadratic would.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn five_thousand_values_become_a_tree() {
    let values: Vec<u64> = (0..5000)
        .map(|at| (scattered(at / 4) & !3) | (at % 4))
        .collect();
    let policy = requests(&values);
    let program = in_time(&policy).expect("1250 groups of four fit");
    let mut steps = 0;
    for &value in &values {
        for value in [value.wrapping_sub(1), value, value + 1, value | 1 << 32] {
            let outcome = run(&program, &request(value));
            assert_eq!(outcome.action, policy.decide(&request(value)).action);
            steps = steps.max(outcome.steps);
        }
    }
    assert!(
        steps < 40,
        "{steps} steps of {} instructions",
        program.len()
    );
}

#[test]
fn a_pattern_is_found_in_thousands_of_values() {
    let policy = requests(&(0..5000).map(|at| at * 3).collect::<Vec<_>>());
    let program = in_time(&policy).expect("multiples of three are told bit by bit");
    assert!(program.len() < 200, "{}", program.len());
    for value in (0..20_000).chain([u64::MAX, 1 << 32, 3 << 32]) {
        let outcome = run(&program, &request(value));
        assert_eq!(outcome.action, policy.decide(&request(value)).action);
    }
}

#[test]
fn many_rules_of_one_answer_are_proved() {
    let rules = (0..200_000).map(|at| Rule {
        id: RuleId(at),
        numbers: Numbers::one(at ^ 1),
        comparisons: Vec::new(),
        action: Action::Allow,
    });
    let policy = support::policy_of(Arch::X86_64, rules.collect());
    let program = in_time(&policy).expect("all of them are one run");
    assert!(program.len() < 16, "{program}");
}

#[test]
fn what_does_not_fit_is_refused_with_both_numbers() {
    for count in [5_000, 200_000] {
        let policy = requests(&(0..count).map(scattered).collect::<Vec<_>>());
        refused(&policy);
    }
    // A rule for each of 200,000 calls, no two neighbours alike.
    let rules = (0..200_000).map(|nr| Rule {
        id: RuleId(nr),
        numbers: Numbers::one(nr),
        comparisons: Vec::new(),
        action: Action::Errno((scattered(nr.into()) % 100) as u16),
    });
    refused(&support::policy_of(Arch::X86_64, rules.collect()));
}

#[test]
fn ranges_that_overlap_everywhere_are_refused() {
    let rules = (0..200_000).map(|nr| Rule {
        id: RuleId(nr),
        numbers: Numbers {
            first: nr,
            last: u32::MAX,
        },
        comparisons: vec![equals(nr.into())],
        action: Action::Allow,
    });
    let error = in_time(&support::policy_of(Arch::X86_64, rules.collect()));
    assert!(matches!(
        error,
        Err(CompileError::Overlaps {
            arch: Arch::X86_64,
            ..
        })
    ));
}

#[test]
fn masks_that_no_diagram_holds_still_have_an_end() {
    // Whether two arguments share a bit: with one argument before the other, a diagram of 2^32 nodes.
    let rules = (0..32).map(|bit| Rule {
        id: RuleId(bit),
        numbers: Numbers::one(IOCTL),
        comparisons: [Arg::A0, Arg::A1]
            .map(|arg| {
                let (mask, value) = (1 << bit, 1 << bit);
                Comparison::new(arg, Test::MaskedEq { mask, value })
            })
            .to_vec(),
        action: Action::Allow,
    });
    let policy = support::policy_of(Arch::Aarch64, rules.collect());
    let error = compile(&policy, &Options::default());
    assert_eq!(error, Err(CompileError::Undecided(Undecided::Budget)));
    let options = Options {
        proof: Proof::Skipped,
        ..Options::default()
    };
    let program = compile(&policy, &options).expect("a chain of 32 rules fits");
    support::assert_same(&policy, &program, &support::calls::interesting(&policy));
}

/// A policy that allows some requests of one call.
fn requests(values: &[u64]) -> Policy {
    let rules = values.iter().map(|&value| Rule {
        id: RuleId(0),
        numbers: Numbers::one(IOCTL),
        comparisons: vec![equals(value)],
        action: Action::Allow,
    });
    support::policy_of(Arch::X86_64, rules.collect())
}

fn equals(value: u64) -> Comparison {
    Comparison::new(Arg::A1, Test::Eq(value))
}

fn request(value: u64) -> SeccompData {
    SeccompData {
        nr: IOCTL,
        arch: Arch::X86_64.audit(),
        args: [0, value, 0, 0, 0, 0],
        ..SeccompData::default()
    }
}

/// Numbers of 32 bits without a pattern.
fn scattered(at: u64) -> u64 {
    let mixed = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32
}

#[track_caller]
fn refused(policy: &Policy) {
    match in_time(policy) {
        Err(CompileError::TooLong { given }) => assert!(given > MAX_INSNS),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn in_time(policy: &Policy) -> Result<Program, CompileError> {
    let begin = Instant::now();
    let result = compile(policy, &Options::default());
    let time = begin.elapsed();
    assert!(time < SOON, "it took {time:?}");
    println!("{:?}: {:?}", time, result.as_ref().map(Program::len));
    result
}
