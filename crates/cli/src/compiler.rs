//! Who makes a program of what a profile means: callgate, or the real libseccomp where it is built in, under the same proof.
//!
//! Apart from the verbs that ask for a program, which take one as good as the other.

use callgate_bpf::Program;
use callgate_compile::{CompileError, Options, Proof};
use callgate_engines::Version;
use clap::ValueEnum;

use crate::failure::{Failure, Status};
use crate::reading::Reading;

/// Who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compiler {
    /// callgate
    Callgate,
    /// The real libseccomp, as crun and runc before 1.2 call it: one comparison after another
    Libseccomp,
    /// The real libseccomp, as runc from 1.2 on calls it for more than 32 rules: a binary tree
    LibseccompTree,
}

impl Compiler {
    /// All that are built in.
    pub(crate) const fn built_in() -> &'static [Self] {
        if cfg!(feature = "libseccomp") {
            &[Self::Callgate, Self::Libseccomp, Self::LibseccompTree]
        } else {
            &[Self::Callgate]
        }
    }

    /// The release of libseccomp that it is; none for callgate, which knows every call.
    pub(crate) fn libseccomp(self) -> Option<Version> {
        match self {
            Self::Callgate => None,
            Self::Libseccomp | Self::LibseccompTree => libseccomp::version(),
        }
    }

    /// Its name, as `--with` takes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Callgate => "callgate",
            Self::Libseccomp => "libseccomp",
            Self::LibseccompTree => "libseccomp-tree",
        }
    }
}

/// The program of what a profile means, as proved as the options demand.
pub(crate) fn program(
    reading: &Reading,
    compiler: Compiler,
    options: &Options,
) -> Result<Program, Failure> {
    match compiler {
        Compiler::Callgate => ours(reading, options),
        Compiler::Libseccomp | Compiler::LibseccompTree => {
            libseccomp::program(reading, compiler, options.proof)
        }
    }
}

fn ours(reading: &Reading, options: &Options) -> Result<Program, Failure> {
    callgate_compile::compile(&reading.resolved.policy, options)
        .map_err(|error| not_compiled(&reading.document.name, error))
}

/// Why there is no program of callgate's.
pub(crate) fn not_compiled(name: &str, error: CompileError) -> Failure {
    let status = match error {
        CompileError::Unproved { .. } | CompileError::Cache { .. } => Status::Fault,
        _ => Status::Meaningless,
    };
    let failure = Failure::new(status, format_args!("{name}: {error}"));
    match error {
        CompileError::Unproved { .. } | CompileError::Cache { .. } => {
            failure.help("this is a fault of callgate's: please report it with the profile")
        }
        CompileError::Undecided(_) => {
            failure.help("`callgate compile --unproved -o FILE.bpf` makes the program without a proof, and `callgate run -p FILE.bpf` takes it")
        }
        _ => failure,
    }
}

#[cfg(feature = "libseccomp")]
mod libseccomp {
    use super::*;
    use crate::{render, words};
    use callgate_analyze::Call;
    use callgate_engines::Engine;
    use callgate_oracle::{Level, OracleError};
    use callgate_syscalls::Arch;

    /// The release that is built in.
    pub(super) fn version() -> Option<Version> {
        let callgate_oracle::Version {
            major,
            minor,
            micro,
        } = callgate_oracle::version();
        let [major, minor, micro] = [major, minor, micro].map(|part| u16::try_from(part).ok());
        Some(Version::new(major?, minor, micro))
    }

    pub(super) fn program(
        reading: &Reading,
        compiler: Compiler,
        proof: Proof,
    ) -> Result<Program, Failure> {
        let level = match compiler {
            Compiler::LibseccompTree => Level::Tree,
            _ => Level::Linear,
        };
        let name = &reading.document.name;
        let version = callgate_oracle::version();
        let policy = &reading.resolved.policy;
        let program =
            callgate_oracle::compile(policy, level).map_err(|error| refused(reading, &error))?;
        let Proof::Required(budget) = proof else {
            return Ok(program);
        };
        match callgate_compile::prove(policy, &program, budget) {
            Ok(()) => Ok(program),
            Err(CompileError::Unproved { witness }) => {
                let [theirs, expected] = [
                    callgate_bpf::run(&program, &witness).action,
                    policy.decide(&witness).action,
                ];
                let arch = Arch::of_call(witness.arch, witness.nr).unwrap_or(reading.target.native);
                let call = Call {
                    arch,
                    nr: witness.nr,
                    args: witness.args,
                };
                Err(Failure::new(
                    Status::No,
                    format_args!(
                        "{name}: libseccomp {version} makes a program that answers {arch} {call} with {}, and the profile says {}",
                        words::action(theirs, arch),
                        words::action(expected, arch)
                    ),
                )
                .help("callgate's own program is proved to answer as the profile does; --unproved writes libseccomp's all the same"))
            }
            Err(CompileError::Cache { arch, nr }) => Err(Failure::new(
                Status::No,
                format_args!(
                    "{name}: libseccomp {version} makes a program of which the kernel's cache would not hold call {nr} of {arch}, which is always allowed"
                ),
            )),
            Err(error) => Err(Failure::new(
                Status::Meaningless,
                format_args!("{name}: {error}"),
            )),
        }
    }

    /// Why there is no program of libseccomp's, at the place of the rule.
    fn refused(reading: &Reading, error: &OracleError) -> Failure {
        let origin = error.rule().map(|rule| reading.resolved.origin(rule));
        let place = match origin {
            Some(origin) => render::Source::of(&reading.document).located(origin.name.start),
            None => reading.document.name.clone(),
        };
        let failure = Failure::new(Status::Meaningless, format_args!("{place}: {error}"));
        match error {
            OracleError::Inexpressible { .. } if reading.target.engine == Engine::Callgate => failure
                .help("`--target docker` leaves out what this libseccomp has no words for, as the engines do"),
            _ => failure,
        }
    }
}

#[cfg(not(feature = "libseccomp"))]
mod libseccomp {
    use super::*;

    pub(super) const fn version() -> Option<Version> {
        None
    }

    pub(super) fn program(_: &Reading, compiler: Compiler, _: Proof) -> Result<Program, Failure> {
        Err(Failure::new(
            Status::NotPossible,
            format_args!("{} is not built in here", compiler.name()),
        )
        .help("a build with `--features libseccomp` has it, where the library is installed"))
    }
}
