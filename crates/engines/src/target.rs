//! Who reads a document, and under which circumstances: everything that a meaning depends on besides the text.
//!
//! Apart from the readers, because the command line, the lints and the tests all speak about targets.

use std::fmt;
use std::str::FromStr;

use callgate_syscalls::{Arch, CapabilitySet, KERNEL, Release};

use crate::engine::{Engine, ParseEngineError};
use crate::version::Version;

/// Who reads a document, on which machine, with which rights.
///
/// The text form, `ENGINE[@VERSION][+RUNTIME[@VERSION]]`, states the engine alone;
/// the rest has defaults that do not depend on the machine that asks, and is set field by field:
///
/// ```
/// use callgate_engines::Target;
/// use callgate_syscalls::Arch;
///
/// let target = Target { native: Arch::Aarch64, ..Target::new("docker@28".parse()?) };
/// assert_eq!(target.to_string(), "docker@28+runc@1.3");
/// # Ok::<(), callgate_engines::ParseEngineError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Who reads it.
    pub engine: Engine,
    /// The libseccomp of the runtime; none where it knows every call that the tables know.
    pub libseccomp: Option<Version>,
    /// The arch of the machine.
    pub native: Arch,
    /// The arches to give a meaning to; none for those that the document lists, else the native one.
    pub arches: Option<Vec<Arch>>,
    /// The bounding set of the process.
    pub caps: CapabilitySet,
    /// The kernel of the machine.
    pub kernel: Release,
    /// How much of an argument a comparison looks at.
    pub arguments: Arguments,
}

/// How much of an argument the comparisons of a document look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arguments {
    /// The whole register, as every engine does.
    Whole,
    /// What the kernel takes of it: [`Policy::typed`](callgate_policy::Policy::typed).
    ///
    /// No engine reads a document so; it is what the document means once it is compiled by callgate with `--typed-args`.
    Typed,
}

impl Target {
    /// This engine on x86_64, with Docker's capabilities and the newest kernel that the tables know.
    #[must_use]
    pub const fn new(engine: Engine) -> Self {
        Self {
            engine,
            libseccomp: None,
            native: Arch::X86_64,
            arches: None,
            caps: CapabilitySet::DOCKER,
            kernel: KERNEL,
            arguments: Arguments::Whole,
        }
    }
}

impl Default for Target {
    /// callgate's own reading.
    fn default() -> Self {
        Self::new(Engine::Callgate)
    }
}

impl FromStr for Target {
    type Err = ParseEngineError;

    /// The engine that the text names; the rest is as [`Target::new`] has it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::new)
    }
}

/// The engine with its versions; it reads back.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engine.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_read_back() {
        for (text, full) in [
            ("callgate", "callgate"),
            ("docker", "docker@28+runc@1.3"),
            ("docker@20.10", "docker@20.10+runc@1.1.5"),
            ("docker@24.0.7", "docker@24.0.7+runc@1.1.14"),
            ("docker+runc", "docker@28+runc@1.3"),
            ("docker@28+runc@1.5.1", "docker@28+runc@1.5.1"),
            ("docker@29.1", "docker@29.1+runc@1.3"),
            ("docker@20", "docker@20+runc@1.1.5"),
            ("docker@25.0+runc@1", "docker@25.0+runc@1"),
            ("docker@27+runc@1.1.15", "docker@27+runc@1.1.15"),
            ("docker@28+runc@1.2.9", "docker@28+runc@1.2.9"),
            ("docker@29+runc@1.3.6", "docker@29+runc@1.3.6"),
            ("docker+crun", "docker@28+crun@1.27"),
            ("docker@20.10+youki@0.5", "docker@20.10+youki@0.5"),
            ("podman", "podman@5+crun@1.27"),
            ("podman@4.9+runc", "podman@4.9+runc@1.3"),
            ("crio+crun@1.8.1", "crio@1+crun@1.8.1"),
            ("containerd", "containerd@2+runc@1.3"),
            ("runc@1.5.1", "runc@1.5.1"),
            ("crun", "crun@1.27"),
            ("youki", "youki@0"),
        ] {
            let target: Target = text.parse().expect(text);
            assert_eq!(target.to_string(), full);
            assert_eq!(full.parse(), Ok(target));
        }
    }

    #[test]
    fn other_texts_say_what_is_known() {
        for (text, words) in [
            (
                "runc+crun",
                "`runc+crun`: `runc` is a runtime itself and starts no other",
            ),
            (
                "crun@0.1",
                "crun 0.1 has no model; there is one of crun 1.8 to 1.28",
            ),
            (
                "podman@1",
                "podman 1 has no model; there is one of podman 4 and 5",
            ),
            (
                "docker@0",
                "docker 0 has no model; there is one of docker 20.10 and of 23 to 29",
            ),
            (
                "docker@1.9",
                "docker 1.9 has no model; there is one of docker 20.10 and of 23 to 29",
            ),
            (
                "docker@99",
                "docker 99 has no model; there is one of docker 20.10 and of 23 to 29",
            ),
            (
                "docker@28+runc@1.6.0",
                "runc 1.6.0 has no model; there is one of runc 1.1 to 1.5",
            ),
            (
                "docker+kata",
                "unknown runtime `kata`; known are `runc` `crun` `youki`",
            ),
            (
                "callgate@1",
                "`callgate@1`: target `callgate` has neither a version nor a runtime",
            ),
            (
                "Docker",
                "unknown target `Docker`; known are `callgate` `docker` `podman` `crio` `containerd` `runc` `crun` `youki`, written ENGINE[@VERSION][+RUNTIME[@VERSION]]",
            ),
            (
                "docker@",
                "`docker@`: a version is one to three numbers with dots between, such as 1.1.5",
            ),
        ] {
            let error = text.parse::<Target>().expect_err(text);
            assert_eq!(error.to_string(), words);
        }
    }
}
