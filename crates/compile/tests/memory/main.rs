//! Compiling takes no more memory than the crate's page says.
//!
//! Apart from the other tests, and one test, because what is counted is the process's.

#[allow(unsafe_code)]
mod sys;

use callgate_compile::{CompileError, Options, Proof, compile};
use callgate_engines::{Target, read};
use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_profile::builtin;
use callgate_prove::Undecided;
use callgate_syscalls::{Arch, Release};

const MIB: usize = 1 << 20;

/// What a rule takes at most, beside what its arguments do.
const OF_A_RULE: usize = 256;

/// Docker's default for three ABIs.
fn docker_default() -> Policy {
    let text = builtin::DOCKER_DEFAULT.as_bytes();
    let parsed = callgate_profile::parse(text, &callgate_profile::Options::default());
    let target = Target {
        arches: Some(vec![Arch::X86_64, Arch::X86, Arch::X32]),
        kernel: Release::new(6, 18),
        ..Target::new("docker@28".parse().expect("an engine"))
    };
    let profile = parsed.profile.expect("the built-in profile is read");
    read(&profile, &target)
        .expect("docker takes its own")
        .policy
}

/// Rules about the arguments of one call.
fn about_one_call(lists: impl Iterator<Item = Vec<Comparison>>) -> Policy {
    let rule = |(at, comparisons)| Rule {
        id: RuleId(at as u32),
        numbers: Numbers::one(16),
        comparisons,
        action: Action::Allow,
    };
    let section = Section {
        arch: Arch::X86_64,
        rules: lists.enumerate().map(rule).collect(),
    };
    Policy::new(Action::Errno(1), Action::KillProcess, vec![section]).expect("one section")
}

/// 5,000 values of one argument, in groups of four.
fn values() -> Policy {
    let scattered = |at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let values = (0..5000).map(move |at| (scattered(at / 4) & !3) | (at % 4));
    about_one_call(values.map(|value| vec![Comparison::new(Arg::A1, Test::Eq(value))]))
}

/// Whether two arguments share a bit, which no diagram holds.
fn shared_bits() -> Policy {
    let test = |bit: u64| Test::MaskedEq {
        mask: bit,
        value: bit,
    };
    about_one_call((0..32).map(move |bit| {
        [Arg::A0, Arg::A1]
            .map(|arg| Comparison::new(arg, test(1 << bit)))
            .to_vec()
    }))
}

/// A rule for each of 200,000 calls, no two neighbours alike.
fn many_rules() -> Policy {
    let rule = |nr: u32| Rule {
        id: RuleId(nr),
        numbers: Numbers::one(nr),
        comparisons: Vec::new(),
        action: Action::Errno((nr % 100) as u16),
    };
    let section = Section {
        arch: Arch::X86_64,
        rules: (0..200_000).map(rule).collect(),
    };
    Policy::new(Action::Allow, Action::KillProcess, vec![section]).expect("one section")
}

#[test]
fn memory_is_bounded_as_the_page_says() {
    let proved = Options::default;
    let unproved = || Options {
        proof: Proof::Skipped,
        ..Options::default()
    };
    let cases = [
        ("docker:default", docker_default(), proved(), MIB / 4),
        ("5,000 values", values(), proved(), 6 * MIB),
        ("shared bits, unproved", shared_bits(), unproved(), 64 * MIB),
        ("shared bits", shared_bits(), proved(), 160 * MIB),
        ("200,000 rules", many_rules(), proved(), 200_000 * OF_A_RULE),
    ];
    for (what, policy, options, most) in cases {
        let taken = sys::most_bytes(|| {
            let made = compile(&policy, &options);
            match what {
                "shared bits" => assert_eq!(made, Err(CompileError::Undecided(Undecided::Budget))),
                "200,000 rules" => assert!(matches!(made, Err(CompileError::TooLong { .. }))),
                _ => assert!(made.is_ok(), "{what}: {made:?}"),
            }
        });
        println!("{what}: {taken} bytes");
        // A bound that is far above what is taken says nothing.
        assert!(
            taken > most / 4,
            "{what}: {taken} bytes, and the page says {most}"
        );
        assert!(
            taken <= most,
            "{what}: {taken} bytes, and the page says {most}"
        );
    }
}
