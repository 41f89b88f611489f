//! What profiles are held against: a target, the setting in which they are used, and a profile that counts as ordinary.
//!
//! Apart from the lints, because it is the same for many profiles and made once.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use callgate_engines::{Engine, Resolved, Target, read};
use callgate_policy::Action;
use callgate_profile::{Options, builtin, parse};
use callgate_syscalls::{Arch, CapabilitySet, Syscall};

use crate::answers::{all_answers, answers};

/// What profiles are held against.
#[derive(Clone, Debug)]
pub struct Standard {
    /// Who reads them.
    pub target: Target,
    /// Where they are used.
    pub context: Context,
    baseline: Option<Baseline>,
}

/// Where a profile is used, which decides what is worth a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Context {
    /// A container of an engine: what Docker's default allows is ordinary.
    #[default]
    Container,
    /// A container whose profile comes from a registry, as an OCI artifact.
    Artifact,
    /// A program of the host that is meant to have the host's rights.
    Host,
    /// A service that is started by an init system, with rights of its own.
    Service,
    /// Code that is not trusted: also what Docker's default allows may be too much.
    Sandbox,
}

/// A text that names no context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseContextError;

/// What Docker's default says, as callgate reads it.
#[derive(Clone, Debug)]
struct Baseline {
    resolved: Resolved,
    /// The calls that it makes with some arguments, arch by arch.
    made: HashMap<Arch, Vec<Syscall>>,
}

impl Standard {
    /// What profiles for a target are held against in a context.
    #[must_use]
    pub fn new(target: Target, context: Context) -> Self {
        let baseline = Baseline::new(&target);
        Self {
            target,
            context,
            baseline,
        }
    }

    /// Whether what Docker's default allows may be too much as well.
    pub(crate) const fn is_strict(&self) -> bool {
        matches!(self.context, Context::Sandbox)
    }

    /// Whether an engine starts what the profile is for.
    pub(crate) const fn is_of_a_container(&self) -> bool {
        matches!(self.context, Context::Container | Context::Artifact)
    }

    /// Whether the baseline makes a call, with some arguments.
    pub(crate) fn usually_made(&self, arch: Arch, call: Syscall) -> bool {
        let made = self.baseline.as_ref().and_then(|base| base.made.get(&arch));
        made.is_some_and(|made| made.binary_search(&call).is_ok())
    }

    /// The calls of an arch that the baseline makes, with some arguments.
    pub(crate) fn usual(&self, arch: Arch) -> &[Syscall] {
        let made = self.baseline.as_ref().and_then(|base| base.made.get(&arch));
        made.map_or(&[], |made| made)
    }

    /// What the baseline says of a call with these arguments; none where it has nothing to say.
    pub(crate) fn usual_answer(&self, arch: Arch, nr: u32, args: &[u64; 6]) -> Option<Action> {
        let policy = &self.baseline.as_ref()?.resolved.policy;
        Some(answers(policy, arch, nr).action(args))
    }
}

impl Baseline {
    /// Docker's default for the machine of a target and with its capabilities, on every arch that the target may ask for.
    fn new(target: &Target) -> Option<Self> {
        let parsed = parse(builtin::DOCKER_DEFAULT.as_bytes(), &Options::default());
        let target = Target {
            engine: Engine::Callgate,
            arches: Some(Arch::ALL.to_vec()),
            caps: match target.caps == CapabilitySet::ALL {
                // With every capability nothing would be out of the ordinary.
                true => CapabilitySet::DOCKER,
                false => target.caps,
            },
            ..target.clone()
        };
        let resolved = read(&parsed.profile?, &target).ok()?;
        let made = |arch| {
            let all = all_answers(&resolved.policy, arch).into_iter();
            let made = all.filter(|(_, answers)| answers.may_make_the_call());
            let mut made: Vec<Syscall> = made.map(|(call, _)| call).collect();
            made.sort_unstable();
            (arch, made)
        };
        let sections = resolved.policy.sections().iter();
        let made = sections.map(|section| made(section.arch)).collect();
        Some(Self { resolved, made })
    }
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 5] = [
        Self::Container,
        Self::Artifact,
        Self::Host,
        Self::Service,
        Self::Sandbox,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Artifact => "artifact",
            Self::Host => "host",
            Self::Service => "service",
            Self::Sandbox => "sandbox",
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Context {
    type Err = ParseContextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|context| context.name() == text);
        found.ok_or(ParseContextError)
    }
}

impl fmt::Display for ParseContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a context is container, artifact, host, service or sandbox")
    }
}

impl std::error::Error for ParseContextError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_baseline_is_what_containers_have() {
        let standard = Standard::new(Target::default(), Context::default());
        let call = |name| Syscall::by_name(name).expect("a call");
        for (name, made) in [
            ("read", true),
            ("clone", true),
            ("mount", false),
            ("bpf", false),
        ] {
            for arch in [Arch::X86_64, Arch::Aarch64, Arch::Arm] {
                assert_eq!(
                    standard.usually_made(arch, call(name)),
                    made,
                    "{arch} {name}"
                );
            }
        }
    }

    #[test]
    fn contexts_read_back() {
        for context in Context::ALL {
            assert_eq!(context.name().parse(), Ok(context));
        }
        assert_eq!("cellar".parse::<Context>(), Err(ParseContextError));
    }
}
