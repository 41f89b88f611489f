//! Our own `docker:default` against the newest one of moby/profiles: the same answers, for whoever asks.
//!
//! For every capability, every arch of the `archMap` and every kernel that either mentions, in every combination, on every call, with every argument that a comparison could tell apart.

use std::collections::BTreeSet;
use std::thread;

use callgate_engines::{Resolved, Target, arguments_for};
use callgate_policy::{Policy, SeccompData, Test};
use callgate_profile::builtin::DOCKER_DEFAULT;
use callgate_profile::{ArchName, Profile};
use callgate_syscalls::{Capability, CapabilitySet, KERNEL, Release, Syscall};

use crate::support;

#[test]
fn docker_default_is_what_docker_has() {
    let Some(theirs) = support::shared("docker_default", "corpus/moby-profiles-0.2.2-default.json")
    else {
        return;
    };
    let targets = targets(&[support::profile(&theirs), support::profile(DOCKER_DEFAULT)]);
    let compare = |targets: &[Target]| -> usize {
        let compared = targets.iter().map(|target| {
            let ours = support::resolved(DOCKER_DEFAULT, target);
            let theirs = support::resolved(&theirs, target);
            same(&ours, &theirs, target)
        });
        compared.sum()
    };
    let compared: usize = thread::scope(|scope| {
        let shares = targets.chunks(targets.len().div_ceil(4));
        let threads: Vec<_> = shares
            .map(|share| scope.spawn(move || compare(share)))
            .collect();
        let counts = threads.into_iter().map(|thread| thread.join());
        counts.map(|count| count.expect("the same answers")).sum()
    });
    assert!(compared > 1_000_000, "{compared} calls compared");
}

/// Both engines, each machine with each kernel and each set of capabilities that could matter.
fn targets(profiles: &[Profile]) -> Vec<Target> {
    let (mut natives, mut kernels) = (BTreeSet::new(), BTreeSet::from([KERNEL]));
    let mut caps = BTreeSet::new();
    for profile in profiles {
        for entry in profile.arch_map.iter().flat_map(|map| &map.value) {
            if let Some(ArchName::Known(arch)) =
                entry.value.architecture.as_ref().map(|name| &name.value)
            {
                natives.insert(*arch);
            }
        }
        for rule in profile.rules() {
            let conditions = [&rule.value.includes, &rule.value.excludes];
            for each in conditions.into_iter().flatten() {
                let names = each.value.caps.iter().map(|name| &name.value);
                caps.extend(names.map(|name| Capability::from_name(name).expect("a capability")));
                let Some(least) = &each.value.min_kernel else {
                    continue;
                };
                let Release { major, minor } = least.value.release.expect("a release");
                let below = match minor {
                    0 => Release::new(major - 1, 255),
                    _ => Release::new(major, minor - 1),
                };
                kernels.extend([
                    below,
                    Release::new(major, minor),
                    Release::new(major, minor + 1),
                ]);
            }
        }
    }
    assert!(
        natives.len() >= 9 && kernels.len() >= 4,
        "{natives:?} {kernels:?}"
    );
    let alone = caps.iter().map(|&cap| CapabilitySet::EMPTY.with(cap));
    let sets = [
        CapabilitySet::EMPTY,
        CapabilitySet::DOCKER,
        CapabilitySet::ALL,
    ];
    let sets: Vec<CapabilitySet> = sets.into_iter().chain(alone).collect();
    assert!(sets.len() > 12, "{caps:?}");
    let mut targets = Vec::new();
    for engine in ["callgate", "docker@28"] {
        let engine = engine.parse().expect("an engine");
        for &native in &natives {
            for &kernel in &kernels {
                targets.extend(sets.iter().map(|&caps| Target {
                    native,
                    kernel,
                    caps,
                    ..Target::new(engine)
                }));
            }
        }
    }
    targets
}

/// Compares both on every call, and tells how many there were.
fn same(ours: &Resolved, theirs: &Resolved, target: &Target) -> usize {
    let arches = |policy: &Policy| {
        policy
            .sections()
            .iter()
            .map(|section| section.arch)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        arches(&ours.policy),
        arches(&theirs.policy),
        "{target} on {}",
        target.native
    );
    assert_eq!(ours.policy.default(), theirs.policy.default());
    assert_eq!(ours.policy.bad_arch(), theirs.policy.bad_arch());
    let mut compared = 0;
    for section in ours.policy.sections() {
        let arch = section.arch;
        let mut numbers: BTreeSet<u32> = Syscall::numbers(arch).map(|(nr, _)| nr).collect();
        let both = [&ours.policy, &theirs.policy]
            .map(|policy| &policy.section(arch).expect("the arch").rules);
        let edges = both
            .iter()
            .flat_map(|rules| rules.iter())
            .flat_map(|rule| [rule.numbers.first, rule.numbers.last]);
        numbers
            .extend(edges.flat_map(|edge| [edge.saturating_sub(1), edge, edge.saturating_add(1)]));
        for nr in numbers {
            let here = both
                .iter()
                .flat_map(|rules| rules.iter())
                .filter(|rule| rule.numbers.contain(nr));
            let comparisons: Vec<_> = here
                .flat_map(|rule| rule.comparisons.iter().copied())
                .collect();
            let mut calls = vec![[0; 6], [u64::MAX; 6]];
            for comparison in &comparisons {
                for value in interesting(comparison.test) {
                    let mut args = [0; 6];
                    args[comparison.arg.index()] = value;
                    calls.push(args);
                }
                calls.extend(arguments_for(arch, &[*comparison]));
            }
            for args in calls {
                let call = SeccompData {
                    nr,
                    arch: arch.audit(),
                    instruction_pointer: 0,
                    args,
                };
                let [one, two] =
                    [ours, theirs].map(|resolved| resolved.policy.decide(&call).action);
                let name = Syscall::by_number(arch, nr);
                assert_eq!(
                    one, two,
                    "{target} on {} {} with {}: {arch} {nr} {name:?} {args:x?}",
                    target.native, target.kernel, target.caps
                );
                compared += 1;
            }
        }
    }
    compared
}

/// Values that a test could tell apart.
fn interesting(test: Test) -> Vec<u64> {
    let stated = match test {
        Test::MaskedEq { mask, value } => {
            let bits = (0..64)
                .map(|bit| 1_u64 << bit)
                .filter(|bit| mask & bit != 0);
            bits.map(|bit| value ^ bit)
                .chain([mask, value, value | !mask])
                .collect()
        }
        Test::Ne(value)
        | Test::Lt(value)
        | Test::Le(value)
        | Test::Eq(value)
        | Test::Ge(value)
        | Test::Gt(value) => {
            vec![value, value.wrapping_sub(1), value.wrapping_add(1)]
        }
    };
    stated
        .iter()
        .flat_map(|&value| [value, value | 1 << 32, value | 0xffff_ffff_0000_0000])
        .collect()
}
