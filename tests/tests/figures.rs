//! The steps of Docker's default profile under the call counts of real programs, so that they can't get worse unseen.
//!
//! Apart from the figures that need no counts, which stand with the compiler.

use std::collections::BTreeMap;
use std::fs;

use callgate_bpf::{Program, SeccompData, run};
use callgate_compile::{Options, Weights, compile};
use callgate_engines::{Target, read};
use callgate_policy::Policy;
use callgate_profile::{builtin, parse};
use callgate_syscalls::{Arch, Release, Syscall};
use callgate_tests::{left_out, shared};

/// How often each call is made by programs of many kinds, each with the same weight.
fn mix() -> Option<Vec<(Syscall, u64)>> {
    let text = fs::read(shared()?.join("freq/mix.json")).expect("it is there");
    let counts: BTreeMap<String, f64> = serde_json::from_slice(&text).expect("names and numbers");
    let known = |(name, count): (String, f64)| {
        Some((Syscall::by_name(&name)?, (count * 1e9).round() as u64))
    };
    Some(counts.into_iter().filter_map(known).collect())
}

fn docker_default() -> Policy {
    let parsed = parse(
        builtin::DOCKER_DEFAULT.as_bytes(),
        &callgate_profile::Options::default(),
    );
    let target = Target {
        arches: Some(vec![Arch::X86_64]),
        kernel: Release::new(6, 18),
        ..Target::new("docker@28".parse().expect("an engine"))
    };
    let profile = parsed.profile.expect("the built-in profile is read");
    read(&profile, &target)
        .expect("docker takes its own")
        .policy
}

/// In hundredths of a step.
fn mean(program: &Program, counts: &[(Syscall, u64)]) -> u64 {
    let (mut steps, mut whole) = (0, 0);
    for &(syscall, count) in counts {
        let Some(nr) = syscall.number(Arch::X86_64) else {
            continue;
        };
        let call = SeccompData {
            nr,
            arch: Arch::X86_64.audit(),
            ..SeccompData::default()
        };
        steps += u128::from(count) * u128::from(run(program, &call).steps);
        whole += u128::from(count);
    }
    (steps * 100 / whole) as u64
}

#[test]
fn a_mix_of_programs_takes_few_steps() {
    let Some(mix) = mix() else {
        left_out(
            "tests::figures::a_mix_of_programs_takes_few_steps",
            "../shared is not beside the checkout",
        );
        return;
    };
    let policy = docker_default();
    let by_default = compile(&policy, &Options::default()).expect("it fits");
    let by_default = mean(&by_default, &mix);
    let options = Options {
        kernel: Release::new(5, 4),
        weights: Weights::of_counts(mix.iter().copied()),
        ..Options::default()
    };
    let by_mix = compile(&policy, &options).expect("it fits");
    let by_mix = mean(&by_mix, &mix);
    println!("{by_default} by default, {by_mix} for Linux 5.4 by these counts");
    assert!(by_default <= 820, "{by_default}");
    assert!(by_mix <= 636, "{by_mix}");
}
