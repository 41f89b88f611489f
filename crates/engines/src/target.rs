//! Who reads a document, and under which circumstances: everything that a meaning depends on besides the text.
//!
//! Apart from the readers, because the command line, the lints and the tests all speak about targets.

use std::fmt;
use std::str::FromStr;

use callgate_syscalls::{Arch, CapabilitySet, KERNEL, Release};

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

/// A program that reads profiles, as far as callgate models it.
///
/// Exhaustive: an engine is modelled or it can't be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// callgate's own reading: of all rules that match, the strictest action.
    Callgate,
    /// dockerd, and the runtime that it starts.
    Docker {
        /// The version of dockerd.
        version: Version,
        /// Who loads the filter.
        runtime: Runtime,
    },
}

/// A program that makes a filter of the OCI's `linux.seccomp`, as far as callgate models it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// runc of this version, with libseccomp.
    Runc(Version),
}

/// A text that names no engine that callgate models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseEngineError {
    message: String,
}

/// What callgate knows of, without a model; naming one gets a clear answer.
const WITHOUT_A_MODEL: &[&str] = &["podman", "crio", "containerd", "runc", "crun", "youki"];

/// The major and minor numbers of the first and the last of some versions.
type Lines = ((u16, u16), (u16, u16));

/// The lines of dockerd that are modelled; there was none between 20.10 and 23.
const DOCKER_LINES: &[Lines] = &[((20, 10), (20, 10)), ((23, 0), (29, u16::MAX))];

/// The lines of runc that are modelled.
const RUNC_LINES: &[Lines] = &[((1, 1), (1, 5))];

/// How a target is written.
const FORM: &str = "ENGINE[@VERSION][+RUNTIME[@VERSION]]";

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

impl Engine {
    /// The newest Docker whose filters were read back, with its runtime.
    pub const DOCKER: Self = Self::docker(Version::new(28, None, None));

    /// Docker of this version with the runc that came with it: 1.1.5, from 23 on 1.1.14, from 28 on 1.3.
    #[must_use]
    pub const fn docker(version: Version) -> Self {
        let runc = if version.at_least(28, 0, 0) {
            Version::new(1, Some(3), None)
        } else if version.at_least(23, 0, 0) {
            Version::new(1, Some(1), Some(14))
        } else {
            Version::new(1, Some(1), Some(5))
        };
        Self::Docker {
            version,
            runtime: Runtime::Runc(runc),
        }
    }

    /// Its name without versions: `docker`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Callgate => "callgate",
            Self::Docker { .. } => "docker",
        }
    }
}

impl FromStr for Engine {
    type Err = ParseEngineError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (reader, runtime) = match text.split_once('+') {
            Some((reader, runtime)) => (reader, Some(runtime)),
            None => (text, None),
        };
        let (name, version) = named(reader)?;
        match name {
            "callgate" if version.is_none() && runtime.is_none() => Ok(Self::Callgate),
            "callgate" => Err(ParseEngineError::new(format!(
                "`{text}`: target `callgate` has neither a version nor a runtime"
            ))),
            "docker" => docker(version, runtime),
            _ if WITHOUT_A_MODEL.contains(&name) => Err(ParseEngineError::new(format!(
                "target `{name}` has no model yet; known are `callgate` and `docker`"
            ))),
            _ => Err(ParseEngineError::new(format!(
                "unknown target `{name}`; known are `callgate` and `docker`, written {FORM}"
            ))),
        }
    }
}

fn docker(version: Option<Version>, runtime: Option<&str>) -> Result<Engine, ParseEngineError> {
    if let Some(version) = version.filter(|&version| !is_one_of(DOCKER_LINES, version)) {
        return Err(ParseEngineError::new(format!(
            "docker {version} has no model; there is one of docker 20.10 and of 23 to 29"
        )));
    }
    let engine = version.map_or(Engine::DOCKER, Engine::docker);
    let (Engine::Docker { version, .. }, Some(runtime)) = (engine, runtime) else {
        return Ok(engine);
    };
    match named(runtime)? {
        ("runc", None) => Ok(engine),
        ("runc", Some(runc)) if !is_one_of(RUNC_LINES, runc) => Err(ParseEngineError::new(
            format!("runc {runc} has no model; there is one of runc 1.1 to 1.5"),
        )),
        ("runc", Some(runc)) => Ok(Engine::Docker {
            version,
            runtime: Runtime::Runc(runc),
        }),
        (name, _) if WITHOUT_A_MODEL.contains(&name) => Err(ParseEngineError::new(format!(
            "runtime `{name}` has no model yet; known is `runc`"
        ))),
        (name, _) => Err(ParseEngineError::new(format!(
            "unknown runtime `{name}`; known is `runc`"
        ))),
    }
}

fn is_one_of(lines: &[Lines], version: Version) -> bool {
    let mut lines = lines.iter();
    lines.any(|&(first, last)| version.is_within(first, last))
}

/// A name, and the version behind its `@`.
fn named(text: &str) -> Result<(&str, Option<Version>), ParseEngineError> {
    let Some((name, version)) = text.split_once('@') else {
        return Ok((text, None));
    };
    let wrong = |error| ParseEngineError::new(format!("`{text}`: {error}"));
    Ok((name, Some(version.parse().map_err(wrong)?)))
}

impl FromStr for Target {
    type Err = ParseEngineError;

    /// The engine that the text names; the rest is as [`Target::new`] has it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::new)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callgate => f.write_str("callgate"),
            Self::Docker { version, runtime } => write!(f, "docker@{version}+{runtime}"),
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runc(version) => write!(f, "runc@{version}"),
        }
    }
}

/// The engine with its versions; it reads back.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.engine.fmt(f)
    }
}

impl ParseEngineError {
    fn new(message: String) -> Self {
        Self { message }
    }
}

impl fmt::Display for ParseEngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseEngineError {}

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
                "podman",
                "target `podman` has no model yet; known are `callgate` and `docker`",
            ),
            (
                "runc@1.5.1",
                "target `runc` has no model yet; known are `callgate` and `docker`",
            ),
            (
                "docker+crun@1.27",
                "runtime `crun` has no model yet; known is `runc`",
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
            ("docker+kata", "unknown runtime `kata`; known is `runc`"),
            (
                "callgate@1",
                "`callgate@1`: target `callgate` has neither a version nor a runtime",
            ),
            (
                "Docker",
                "unknown target `Docker`; known are `callgate` and `docker`, written ENGINE[@VERSION][+RUNTIME[@VERSION]]",
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
