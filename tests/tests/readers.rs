//! One file and two readers: which calls Docker's default refuses under Docker, and allows where containerd reads it.
//!
//! Apart from the models, because here the whole way is walked: from the readings to the differences, and each with its call
//! put to the programs and to the kernel.

use std::fs;

use callgate_analyze::diff::{Change, Extent, Subject, differences};
use callgate_bpf::{Action, run};
use callgate_compile::{Options, compile};
use callgate_engines::{Target, Version, read};
use callgate_policy::{Policy, SeccompData};
use callgate_profile::parse;
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Release};
use callgate_tests::kernel::Kernel;
use callgate_tests::{agree, left_out, shared};

/// The reading with which the figure was measured: libseccomp 2.5.4 on Linux 6.18.
fn policy(text: &[u8], engine: &str) -> Policy {
    let target = Target {
        arches: Some(vec![Arch::X86_64]),
        kernel: Release::new(6, 18),
        libseccomp: Some(Version::new(2, Some(5), Some(4))),
        ..Target::new(engine.parse().expect("an engine"))
    };
    let profile = parse(text, &callgate_profile::Options::default()).profile;
    read(&profile.expect("a profile"), &target)
        .expect("both take it")
        .policy
}

#[test]
fn containerd_opens_what_docker_refuses() {
    let Some(shared) = shared() else {
        left_out(
            "tests::readers::containerd_opens_what_docker_refuses",
            "../shared is not beside the checkout",
        );
        return;
    };
    let text =
        fs::read(shared.join("corpus/moby-profiles-0.2.2-default.json")).expect("it is there");
    let policies = ["docker@28", "containerd"].map(|engine| policy(&text, engine));
    let diagrams = policies
        .each_ref()
        .map(|policy| Diagram::of_policy(policy, Budget::default()).expect("a usual profile"));
    let found = differences(&diagrams[0], &diagrams[1], Arch::X86_64).expect("few runs");
    let opened = found.iter().filter(|each| each.extent == Extent::Every);
    assert_eq!(opened.count(), 39, "{found:#?}");
    let partly: Vec<_> = found
        .iter()
        .filter(|each| each.extent == Extent::Some)
        .map(|each| match each.subject {
            Subject::Call(_, call) => call.name(),
            _ => "no call",
        })
        .collect();
    assert_eq!(partly, ["clone"]);
    let programs = policies
        .each_ref()
        .map(|policy| compile(policy, &Options::default()).expect("it fits"));
    let mut witnesses: Vec<SeccompData> = Vec::new();
    for difference in &found {
        assert_eq!(difference.change, Change::Looser, "{difference:?}");
        for witness in &difference.witnesses {
            let [docker, containerd] = programs.each_ref().map(|program| run(program, witness));
            assert!(!docker.action.makes_the_call(), "{difference:?}");
            assert_eq!(containerd.action, Action::Allow, "{difference:?}");
            witnesses.push(*witness);
        }
    }
    // Answers are labels there, so that no call is made.
    let kernel = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"));
    for (program, reader) in programs.iter().zip(["docker", "containerd"]) {
        assert_eq!(
            agree::with_kernel(reader, program, &witnesses, &kernel),
            witnesses.len()
        );
    }
}
