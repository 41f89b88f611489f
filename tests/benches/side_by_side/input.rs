//! What is compiled: Docker's default profile as Docker 28 reads it, from its text to a policy.
//!
//! Apart from the measurements, so that all of them are of the same.

use std::fs;
use std::sync::OnceLock;

use callgate_engines::{Target, Version, read};
use callgate_policy::{Policy, Section};
use callgate_profile::{Options, builtin, parse};
use callgate_syscalls::{Arch, Release};

/// One ABI, or the three of a 64-bit x86 kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abis {
    One,
    Three,
}

impl Abis {
    pub(crate) const ALL: [Self; 2] = [Self::One, Self::Three];

    pub(crate) const fn arches(self) -> &'static [Arch] {
        match self {
            Self::One => &[Arch::X86_64],
            Self::Three => &[Arch::X86_64, Arch::X86, Arch::X32],
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::One => "x86_64",
            Self::Three => "x86_64, x86 and x32",
        }
    }
}

/// The text of the profile: moby's own where it stands beside the checkout, else the built-in one, which means the same.
pub(crate) fn text() -> &'static [u8] {
    static TEXT: OnceLock<Vec<u8>> = OnceLock::new();
    TEXT.get_or_init(|| {
        callgate_tests::shared()
            .and_then(|shared| {
                fs::read(shared.join("corpus/moby-profiles-0.2.2-default.json")).ok()
            })
            .unwrap_or_else(|| builtin::DOCKER_DEFAULT.into())
    })
}

/// Docker 28 with its default capabilities on Linux 6.18.
///
/// For three ABIs it knows the calls that the libseccomp of this machine knows, since that has no words for others.
pub(crate) fn target(abis: Abis) -> Target {
    let target: Target = "docker@28".parse().expect("an engine");
    let callgate_oracle::Version {
        major,
        minor,
        micro,
    } = callgate_oracle::version();
    let part = |number| u16::try_from(number).expect("a version has small numbers");
    let at_hand = Version::new(part(major), Some(part(minor)), Some(part(micro)));
    Target {
        arches: Some(abis.arches().to_vec()),
        kernel: Release::new(6, 18),
        libseccomp: (abis == Abis::Three).then_some(at_hand),
        ..target
    }
}

/// What the text means.
pub(crate) fn policy(target: &Target) -> Policy {
    let parsed = parse(text(), &Options::default());
    let profile = parsed.profile.expect("it is a profile");
    read(&profile, target).expect("docker takes its own").policy
}

/// The policy without the ceiling, which runc puts before what libseccomp makes.
pub(crate) fn without_ceiling(policy: &Policy) -> Policy {
    let sections = policy.sections().iter().map(|section| Section {
        arch: section.arch,
        rules: section
            .rules
            .iter()
            .filter(|rule| rule.numbers.first == rule.numbers.last)
            .filter(|rule| rule.numbers.last != u32::MAX)
            .cloned()
            .collect(),
    });
    Policy::new(policy.default(), policy.bad_arch(), sections.collect()).expect("no arch twice")
}
