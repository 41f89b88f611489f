//! Whole profiles, from text to kernel: each is read for many targets, compiled, and held against the reference,
//! libseccomp and the running kernel.

use std::collections::BTreeSet;

use callgate_compile::{Options, compile};
use callgate_engines::{Engine, Resolved, Target};
use callgate_oracle::Level;
use callgate_policy::{Numbers, Policy, Rule, SeccompData, Section};
use callgate_profile::{Profile, builtin, parse};
use callgate_prove::Budget;
use callgate_syscalls::{Arch, CapabilitySet, KERNEL, Release, Syscall};
use callgate_tests::documents::{self, Document};
use callgate_tests::kernel::Kernel;
use callgate_tests::{agree, interesting, left_out};

/// A document as it was read.
struct Read {
    name: String,
    len: usize,
    profile: Profile,
}

fn read(document: &Document) -> Read {
    let parsed = parse(&document.text, &callgate_profile::Options::default());
    Read {
        name: document.name.clone(),
        len: document.text.len(),
        profile: parsed
            .profile
            .unwrap_or_else(|| panic!("{}: {:?}", document.name, parsed.problems)),
    }
}

fn ours() -> Vec<Read> {
    let built_in = Document {
        name: "docker:default".into(),
        text: builtin::DOCKER_DEFAULT.into(),
    };
    documents::ours()
        .iter()
        .chain([&built_in])
        .map(read)
        .collect()
}

/// Other people's profiles; empty, and noted, where they are not here.
fn of_others(test: &str) -> Vec<Read> {
    let Some(documents) = documents::of_others() else {
        left_out(
            &format!("tests::corpus::{test}"),
            "../shared is not beside the checkout",
        );
        return Vec::new();
    };
    assert!(documents.len() > 10, "{} profiles", documents.len());
    documents.iter().map(read).collect()
}

/// The documents that every target refuses, and words of the reason.
const REFUSED: &[(&str, &str)] = &[
    // moby's own fixture states an errno of 12345; runc starts no container with it.
    ("moby-fixture-example.json", "12345"),
];

/// What a target makes of a document; none where it refuses, for reasons that are known, stated and located.
fn resolved(read: &Read, target: &Target) -> Option<Resolved> {
    match callgate_engines::read(&read.profile, target) {
        Ok(resolved) => Some(resolved),
        Err(refusal) => {
            let known = REFUSED
                .iter()
                .any(|(name, words)| read.name == *name && refusal.to_string().contains(words));
            assert!(known, "{}: {refusal}", described(read, target));
            for problem in &refusal.problems {
                let place = problem.span.start < problem.span.end && problem.span.end <= read.len;
                assert!(place, "{}: {problem:?}", read.name);
            }
            None
        }
    }
}

fn targets(engines: &[&str]) -> Vec<Target> {
    let kernels = [Release::new(3, 10), Release::new(4, 8), KERNEL];
    let mut targets = Vec::new();
    for engine in engines {
        for caps in [
            CapabilitySet::DOCKER,
            CapabilitySet::EMPTY,
            CapabilitySet::ALL,
        ] {
            for kernel in kernels {
                let engine = engine.parse().expect("a known engine");
                targets.push(Target {
                    caps,
                    kernel,
                    ..Target::new(engine)
                });
            }
        }
    }
    targets
}

fn described(read: &Read, target: &Target) -> String {
    format!(
        "{} for {target} on {} {:?} with {}",
        read.name, target.native, target.arches, target.kernel
    )
}

/// Compiles, and holds the program against the reference; every rule that can decide a call does.
fn hold(what: &str, policy: &Policy) {
    let program =
        compile(policy, &Options::default()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let calls = interesting::calls(policy);
    let reached = agree::with_reference(what, &program, policy, &calls);
    for section in policy.sections() {
        for (at, rule) in section.rules.iter().enumerate() {
            assert!(
                reached.contains(&rule.id) || is_shadowed(section, at),
                "{what}: no interesting call reaches {rule:?} of {}",
                section.arch
            );
        }
    }
}

/// Whether the rules before this one take what it is about, as far as that is plain.
fn is_shadowed(section: &Section, at: usize) -> bool {
    let rule = &section.rules[at];
    let implied = |earlier: &Rule| {
        earlier.numbers.first <= rule.numbers.first
            && rule.numbers.last <= earlier.numbers.last
            && earlier
                .comparisons
                .iter()
                .all(|each| rule.comparisons.contains(each))
    };
    section.rules[..at].iter().any(implied)
        || rule
            .comparisons
            .iter()
            .any(|each| !interesting::can_hold(section.arch, *each))
}

#[test]
fn our_profiles_compile_to_what_they_mean() {
    for read in ours() {
        for target in targets(&["callgate", "docker@28", "docker@20.10"]) {
            let policy = resolved(&read, &target)
                .unwrap_or_else(|| panic!("{}", described(&read, &target)))
                .policy;
            hold(&described(&read, &target), &policy);
        }
    }
}

#[test]
fn profiles_of_others_compile_to_what_they_mean() {
    for read in of_others("profiles_of_others_compile_to_what_they_mean") {
        for target in targets(&["callgate", "docker@28", "docker@20.10"]) {
            if let Some(resolved) = resolved(&read, &target) {
                hold(&described(&read, &target), &resolved.policy);
            }
        }
    }
}

#[test]
fn profiles_compile_for_every_arch() {
    for read in ours()
        .into_iter()
        .chain(of_others("profiles_compile_for_every_arch"))
    {
        for &arch in Arch::ALL {
            let target = Target {
                native: arch,
                arches: Some(vec![arch]),
                ..Target::default()
            };
            if let Some(resolved) = resolved(&read, &target) {
                assert_eq!(resolved.policy.sections().len(), 1);
                hold(&described(&read, &target), &resolved.policy);
            }
        }
    }
}

#[test]
fn the_running_kernel_answers_alike() {
    let kernel = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"));
    for read in ours()
        .into_iter()
        .chain(of_others("the_running_kernel_answers_alike"))
    {
        for engine in ["callgate", "docker@28"] {
            let target = Target::new(engine.parse().expect("a known engine"));
            let Some(Resolved { policy, .. }) = resolved(&read, &target) else {
                continue;
            };
            let what = described(&read, &target);
            let program = compile(&policy, &Options::default())
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            let calls = interesting::calls(&policy);
            assert_heard(&what, &policy, &calls);
            let asked = agree::with_kernel(&what, &program, &calls, &kernel);
            assert!(asked > 400, "{what}: {asked} calls");
        }
    }
}

/// Every rule of the ABIs that this kernel runs decides a call that it hears, save rules that another takes all from,
/// and those about calls that no filter sees.
fn assert_heard(what: &str, policy: &Policy, calls: &[SeccompData]) {
    let heard: BTreeSet<_> = calls
        .iter()
        .filter(|call| Kernel::hears(call))
        .filter_map(|call| policy.decide(call).rule)
        .collect();
    for arch in [Arch::X86_64, Arch::X86, Arch::X32] {
        let Some(section) = policy.section(arch) else {
            continue;
        };
        for (at, rule) in section.rules.iter().enumerate() {
            let first = SeccompData {
                nr: rule.numbers.first,
                arch: arch.audit(),
                ..SeccompData::default()
            };
            assert!(
                heard.contains(&rule.id) || is_shadowed(section, at) || !Kernel::hears(&first),
                "{what}: the kernel is asked nothing about {rule:?} of {arch}"
            );
        }
    }
}

/// The policy without what libseccomp can't be told: ranges of numbers, such as runc's ceiling, and calls newer than it.
fn sayable(policy: &Policy) -> Policy {
    let said = |section: &Section, rule: &&Rule| {
        rule.numbers == Numbers::one(rule.numbers.first)
            && callgate_oracle::knows(section.arch, rule.numbers.first)
    };
    let sections = policy.sections().iter().map(|section| Section {
        arch: section.arch,
        rules: section
            .rules
            .iter()
            .filter(|rule| said(section, rule))
            .cloned()
            .collect(),
    });
    Policy::new(policy.default(), policy.bad_arch(), sections.collect())
        .expect("the arches are as they were")
}

/// Whether two rules of different actions meet in a call, or a condition stands beside "always".
fn overlaps(policy: &Policy, calls: &[SeccompData]) -> bool {
    calls.iter().any(|call| {
        let section = Arch::of_call(call.arch, call.nr).and_then(|arch| policy.section(arch));
        let Some(section) = section else {
            return false;
        };
        let mut actions = section
            .rules
            .iter()
            .filter(|rule| rule.matches(section.arch, call.nr, &call.args))
            .map(|rule| rule.action);
        let first = actions.next();
        actions.any(|action| Some(action) != first)
    })
}

/// Holds libseccomp's programs against the reference, as the other suites hold ours; how many policies it was asked about.
fn beside_libseccomp(reads: &[Read], engine: &str) -> usize {
    let mut asked = 0;
    for read in reads {
        for (native, caps) in [
            (Arch::X86_64, CapabilitySet::DOCKER),
            (Arch::X86_64, CapabilitySet::ALL),
            (Arch::Aarch64, CapabilitySet::DOCKER),
        ] {
            let target = Target {
                native,
                caps,
                ..Target::new(engine.parse().expect("a known engine"))
            };
            let what = described(read, &target);
            let Some(Resolved { policy, .. }) = resolved(read, &target) else {
                continue;
            };
            let policy = sayable(&policy);
            let calls = interesting::calls(&policy);
            if overlaps(&policy, &calls) {
                continue;
            }
            for level in Level::ALL {
                let theirs = callgate_oracle::compile(&policy, level)
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                agree::with_reference(
                    &format!("libseccomp at {level:?}, {what}"),
                    &theirs,
                    &policy,
                    &calls,
                );
                let policy = if target.engine == Engine::Callgate {
                    &of_single_calls(&policy)
                } else {
                    // The model of docker knows of calls that are multiplexed.
                    &policy
                };
                if policy.sections().is_empty() {
                    continue;
                }
                let theirs = callgate_oracle::compile(policy, level)
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                callgate_compile::prove(policy, &theirs, Budget::default())
                    .unwrap_or_else(|error| panic!("libseccomp at {level:?}, {what}: {error}"));
            }
            asked += 1;
        }
    }
    asked
}

/// The policy without the arches where a call can be made through another: what libseccomp makes of those is the cases' matter,
/// "socketcall is a call of its own" and "ipc is a call of its own".
fn of_single_calls(policy: &Policy) -> Policy {
    let multiplexes = |section: &&Section| {
        let number = |name| Syscall::by_name(name).and_then(|call| call.number(section.arch));
        number("socketcall").or(number("ipc")).is_some()
    };
    let sections = policy.sections().iter();
    let single = sections.filter(|section| !multiplexes(section)).cloned();
    Policy::new(policy.default(), policy.bad_arch(), single.collect())
        .expect("the arches are as they were")
}

#[test]
fn libseccomp_agrees_on_our_profiles() {
    assert!(beside_libseccomp(&ours(), "callgate") > 10);
}

#[test]
fn libseccomp_agrees_on_profiles_of_others() {
    let reads = of_others("libseccomp_agrees_on_profiles_of_others");
    let asked = beside_libseccomp(&reads, "callgate");
    assert!(reads.is_empty() || asked > 25, "{asked}");
}

#[test]
fn libseccomp_agrees_with_the_model_of_docker() {
    let mut reads = ours();
    reads.extend(of_others("libseccomp_agrees_with_the_model_of_docker"));
    assert!(beside_libseccomp(&reads, "docker@28") > 10);
}
