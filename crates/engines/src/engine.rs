//! The engines and runtimes that are modelled, how they are written, and which versions there is a model of.
//!
//! Apart from the target, which has an engine and the circumstances besides.

use std::fmt;
use std::str::FromStr;

use crate::version::Version;

/// A program that reads profiles, as far as callgate models it.
///
/// Exhaustive: an engine is modelled or it can't be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// callgate's own reading: of all rules that match, the strictest action.
    Callgate,
    /// An engine, and the runtime that it starts.
    Container {
        /// Which engine.
        kind: Kind,
        /// Its version.
        version: Version,
        /// Who loads the filter.
        runtime: Runtime,
    },
    /// A runtime alone, which reads an OCI document.
    Oci(Runtime),
}

/// An engine that reads a dialect of its own, or hands the text on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// dockerd, with the dialect of moby/profiles.
    Docker,
    /// Podman, with the dialect of containers/common.
    Podman,
    /// CRI-O, which reads a profile that a pod names as Podman does.
    Crio,
    /// containerd, which takes a Localhost profile of Kubernetes for the OCI's `linux.seccomp`.
    Containerd,
}

/// A program that makes a filter of the OCI's `linux.seccomp`, as far as callgate models it; with libseccomp, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// runc of this version.
    Runc(Version),
    /// crun of this version.
    Crun(Version),
    /// youki of this version.
    Youki(Version),
}

/// A text that names no engine that callgate models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseEngineError {
    message: String,
}

/// The major and minor numbers of the first and the last of some versions.
type Lines = ((u16, u16), (u16, u16));

/// How a target is written.
const FORM: &str = "ENGINE[@VERSION][+RUNTIME[@VERSION]]";

impl Engine {
    /// The newest Docker whose filters were read back, with its runtime.
    pub const DOCKER: Self = Self::docker(Version::new(28, None, None));

    /// One of each engine and runtime, the newest that is modelled; callgate's own reading first.
    pub const ALL: [Self; 8] = [
        Self::Callgate,
        Self::DOCKER,
        Self::Container {
            kind: Kind::Podman,
            version: Kind::Podman.newest(),
            runtime: Runtime::CRUN,
        },
        Self::Container {
            kind: Kind::Crio,
            version: Kind::Crio.newest(),
            runtime: Runtime::CRUN,
        },
        Self::Container {
            kind: Kind::Containerd,
            version: Kind::Containerd.newest(),
            runtime: Runtime::RUNC,
        },
        Self::Oci(Runtime::RUNC),
        Self::Oci(Runtime::CRUN),
        Self::Oci(Runtime::YOUKI),
    ];

    /// Docker of this version with the runc that came with it: 1.1.5, from 23 on 1.1.14, from 28 on 1.3.
    #[must_use]
    pub const fn docker(version: Version) -> Self {
        Self::Container {
            kind: Kind::Docker,
            version,
            runtime: Kind::Docker.runtime(version),
        }
    }

    /// Its name without versions: `docker`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Callgate => "callgate",
            Self::Container { kind, .. } => kind.name(),
            Self::Oci(runtime) => runtime.name(),
        }
    }
}

impl Kind {
    const ALL: [Self; 4] = [Self::Docker, Self::Podman, Self::Crio, Self::Containerd];

    const fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Crio => "crio",
            Self::Containerd => "containerd",
        }
    }

    const fn newest(self) -> Version {
        match self {
            Self::Docker => Version::new(28, None, None),
            Self::Podman => Version::new(5, None, None),
            Self::Crio => Version::new(1, None, None),
            Self::Containerd => Version::new(2, None, None),
        }
    }

    /// The runtime that an engine starts if nobody says otherwise.
    const fn runtime(self, version: Version) -> Runtime {
        match self {
            Self::Docker if version.at_least(28, 0, 0) => Runtime::RUNC,
            Self::Docker if version.at_least(23, 0, 0) => {
                Runtime::Runc(Version::new(1, Some(1), Some(14)))
            }
            Self::Docker => Runtime::Runc(Version::new(1, Some(1), Some(5))),
            Self::Podman | Self::Crio => Runtime::CRUN,
            Self::Containerd => Runtime::RUNC,
        }
    }

    /// The lines that are modelled, with how they are told; there was no Docker between 20.10 and 23.
    const fn lines(self) -> (&'static [Lines], &'static str) {
        const LAST: u16 = u16::MAX;
        match self {
            Self::Docker => (
                &[((20, 10), (20, 10)), ((23, 0), (29, LAST))],
                "20.10 and of 23 to 29",
            ),
            Self::Podman => (&[((4, 0), (5, LAST))], "4 and 5"),
            Self::Crio => (&[((1, 20), (1, LAST))], "1.20 and later of 1"),
            Self::Containerd => (&[((1, 6), (2, LAST))], "1.6 to 2"),
        }
    }
}

impl Runtime {
    const RUNC: Self = Self::Runc(Version::new(1, Some(3), None));
    const CRUN: Self = Self::Crun(Version::new(1, Some(27), None));
    const YOUKI: Self = Self::Youki(Version::new(0, None, None));

    const ALL: [Self; 3] = [Self::RUNC, Self::CRUN, Self::YOUKI];

    /// Its name without the version: `runc`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runc(_) => "runc",
            Self::Crun(_) => "crun",
            Self::Youki(_) => "youki",
        }
    }

    /// Its version.
    #[must_use]
    pub const fn version(self) -> Version {
        match self {
            Self::Runc(version) | Self::Crun(version) | Self::Youki(version) => version,
        }
    }

    const fn with(self, version: Version) -> Self {
        match self {
            Self::Runc(_) => Self::Runc(version),
            Self::Crun(_) => Self::Crun(version),
            Self::Youki(_) => Self::Youki(version),
        }
    }

    const fn lines(self) -> (&'static [Lines], &'static str) {
        match self {
            Self::Runc(_) => (&[((1, 1), (1, 5))], "1.1 to 1.5"),
            Self::Crun(_) => (&[((1, 8), (1, 28))], "1.8 to 1.28"),
            Self::Youki(_) => (&[((0, 0), (0, u16::MAX))], "0"),
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
        if name == "callgate" {
            return match (version, runtime) {
                (None, None) => Ok(Self::Callgate),
                _ => Err(ParseEngineError::new(format!(
                    "`{text}`: target `callgate` has neither a version nor a runtime"
                ))),
            };
        }
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == name) {
            let version = modelled(name, version, kind.lines())?.unwrap_or(kind.newest());
            let runtime = match runtime {
                Some(runtime) => self::runtime(runtime, Some(kind.runtime(version)))?,
                None => kind.runtime(version),
            };
            return Ok(Self::Container {
                kind,
                version,
                runtime,
            });
        }
        if Runtime::ALL.iter().any(|runtime| runtime.name() == name) {
            return match runtime {
                None => self::runtime(reader, None).map(Self::Oci),
                Some(_) => Err(ParseEngineError::new(format!(
                    "`{text}`: `{name}` is a runtime itself and starts no other"
                ))),
            };
        }
        let known: Vec<String> = Self::ALL
            .iter()
            .map(|engine| format!("`{}`", engine.name()))
            .collect();
        Err(ParseEngineError::new(format!(
            "unknown target `{name}`; known are {}, written {FORM}",
            known.join(" ")
        )))
    }
}

/// A runtime as it is written; its version, where none is, as the engine has it.
fn runtime(text: &str, usual: Option<Runtime>) -> Result<Runtime, ParseEngineError> {
    let (name, version) = named(text)?;
    let Some(known) = Runtime::ALL.into_iter().find(|known| known.name() == name) else {
        return Err(ParseEngineError::new(format!(
            "unknown runtime `{name}`; known are `runc` `crun` `youki`"
        )));
    };
    let usual = usual.filter(|usual| usual.name() == name).unwrap_or(known);
    let version = modelled(name, version, known.lines())?;
    Ok(version.map_or(usual, |version| known.with(version)))
}

/// A version if it is one of those that are modelled.
fn modelled(
    name: &str,
    version: Option<Version>,
    (lines, told): (&[Lines], &str),
) -> Result<Option<Version>, ParseEngineError> {
    match version {
        Some(version) if !is_one_of(lines, version) => Err(ParseEngineError::new(format!(
            "{name} {version} has no model; there is one of {name} {told}"
        ))),
        version => Ok(version),
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

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callgate => f.write_str("callgate"),
            Self::Container {
                kind,
                version,
                runtime,
            } => write!(f, "{}@{version}+{runtime}", kind.name()),
            Self::Oci(runtime) => runtime.fmt(f),
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name(), self.version())
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
