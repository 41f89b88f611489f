//! Why libseccomp made no program.

use std::fmt;
use std::io;

use callgate_bpf::BytesError;
use callgate_policy::RuleId;

use crate::sys::{Failure, Recipe};

/// Why libseccomp made no program.
#[derive(Debug)]
pub enum OracleError {
    /// The policy says what libseccomp has no words for.
    Inexpressible {
        /// The rule; none where it is about the whole.
        rule: Option<RuleId>,
        /// What libseccomp demands.
        why: &'static str,
    },
    /// libseccomp does not have the arch.
    Arch {
        /// Its token.
        token: u32,
    },
    /// libseccomp refuses a rule.
    Rule {
        /// The rule.
        rule: RuleId,
        /// The error number that it gave.
        errno: i32,
    },
    /// libseccomp refuses the filter as a whole.
    Filter {
        /// What it was asked for.
        step: &'static str,
        /// The error number that it gave.
        errno: i32,
    },
    /// libseccomp did not come back within two seconds of processor time, of which it needs a hundredth for a large profile.
    WouldNotReturn,
    /// libseccomp crashed.
    Crashed {
        /// The signal.
        signal: i32,
    },
    /// What libseccomp made is nothing that the kernel takes.
    Program(BytesError),
    /// The child process could not be made or read.
    Child(io::Error),
}

impl OracleError {
    pub(crate) fn of(failure: Failure, recipe: &Recipe) -> Self {
        match failure {
            Failure::Arch { section } => Self::Arch {
                token: recipe.sections[section].token,
            },
            Failure::Rule {
                section,
                rule,
                errno,
            } => Self::Rule {
                rule: recipe.sections[section].rules[rule].id,
                errno,
            },
            Failure::Filter { step, errno } => Self::Filter { step, errno },
            Failure::OutOfTime => Self::WouldNotReturn,
            Failure::Signal(signal) => Self::Crashed { signal },
            Failure::Child(error) => Self::Child(error),
        }
    }
}

impl OracleError {
    /// The rule that it is about; none where it is about the whole.
    #[must_use]
    pub const fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Inexpressible { rule, .. } => *rule,
            Self::Rule { rule, .. } => Some(*rule),
            _ => None,
        }
    }
}

impl fmt::Display for OracleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inexpressible {
                rule: Some(RuleId(rule)),
                why,
            } => write!(f, "rule {rule} can't be said to libseccomp: {why}"),
            Self::Inexpressible { rule: None, why } => {
                write!(f, "the policy can't be said to libseccomp: {why}")
            }
            Self::Arch { token } => write!(f, "libseccomp does not have the arch {token:#x}"),
            Self::Rule {
                rule: RuleId(rule),
                errno,
            } => write!(f, "libseccomp refuses rule {rule} with errno {errno}"),
            Self::Filter { step, errno } => {
                write!(f, "libseccomp refuses to {step} with errno {errno}")
            }
            Self::WouldNotReturn => {
                f.write_str("libseccomp did not come back within 2 seconds of processor time")
            }
            Self::Crashed { signal } => write!(f, "libseccomp ended with signal {signal}"),
            Self::Program(error) => {
                write!(f, "libseccomp made what the kernel does not take: {error}")
            }
            Self::Child(error) => write!(f, "the child that runs libseccomp: {error}"),
        }
    }
}

impl std::error::Error for OracleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Program(error) => Some(error),
            Self::Child(error) => Some(error),
            _ => None,
        }
    }
}
