//! The words that a profile may use: actions, operators, arches, flags.
//!
//! Apart from the document, because each is a closed list with one spelling, and a text outside of it is kept as written.

use callgate_syscalls::Arch;
use std::fmt;

macro_rules! words {
    (
        $(#[$type_doc:meta])* $type:ident {
            $($(#[$doc:meta])* $variant:ident = $word:literal,)*
        }
        $($(#[$other_doc:meta])* $other:ident,)*
    ) => {
        $(#[$type_doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $type {
            $($(#[$doc])* $variant,)*
            $($(#[$other_doc])* $other(String),)*
        }

        impl $type {
            /// Every word of the list.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word as the document writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    $(Self::$other(written) => written,)*
                }
            }

            fn known(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// The name of an action.
    ///
    /// Exhaustive: the kernel closed the list, and custom actions are names under `x-`.
    ActionName {
        /// Kill the process.
        KillProcess = "SCMP_ACT_KILL_PROCESS",
        /// Kill the thread.
        KillThread = "SCMP_ACT_KILL_THREAD",
        /// The old name of `SCMP_ACT_KILL_THREAD`.
        Kill = "SCMP_ACT_KILL",
        /// Send SIGSYS.
        Trap = "SCMP_ACT_TRAP",
        /// Return an errno.
        Errno = "SCMP_ACT_ERRNO",
        /// Ask a listener.
        Notify = "SCMP_ACT_NOTIFY",
        /// Ask a tracer.
        Trace = "SCMP_ACT_TRACE",
        /// Allow, and log.
        Log = "SCMP_ACT_LOG",
        /// Allow.
        Allow = "SCMP_ACT_ALLOW",
    }
    /// One of `x-actions`: `x-connect`.
    Custom,
    /// None of all these.
    Unknown,
}

words! {
    /// The name of a comparison operator.
    ///
    /// Exhaustive: libseccomp and OCI have these seven.
    OpName {
        /// Not equal.
        Ne = "SCMP_CMP_NE",
        /// Less than.
        Lt = "SCMP_CMP_LT",
        /// Less than or equal.
        Le = "SCMP_CMP_LE",
        /// Equal.
        Eq = "SCMP_CMP_EQ",
        /// Greater than or equal.
        Ge = "SCMP_CMP_GE",
        /// Greater than.
        Gt = "SCMP_CMP_GT",
        /// Equal under a mask.
        MaskedEq = "SCMP_CMP_MASKED_EQ",
    }
    /// None of these.
    Unknown,
}

words! {
    /// The name of a flag for loading the filter.
    ///
    /// Those of the runtime specification; not exhaustive in time, but a runtime must know a flag to use it.
    FlagName {
        /// Filter all threads of the process.
        Tsync = "SECCOMP_FILTER_FLAG_TSYNC",
        /// Log every answer but allow.
        Log = "SECCOMP_FILTER_FLAG_LOG",
        /// Leave the mitigation of speculative store bypass off.
        SpecAllow = "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
        /// Let only fatal signals interrupt a call that waits for the listener.
        WaitKillableRecv = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    }
    /// None of these.
    Unknown,
}

impl ActionName {
    /// What a document means by a word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        Self::known(word).unwrap_or_else(|| {
            if word.starts_with("x-") {
                Self::Custom(word.to_owned())
            } else {
                Self::Unknown(word.to_owned())
            }
        })
    }
}

impl OpName {
    /// What a document means by a word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        Self::known(word).unwrap_or_else(|| Self::Unknown(word.to_owned()))
    }
}

impl FlagName {
    /// What a document means by a word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        Self::known(word).unwrap_or_else(|| Self::Unknown(word.to_owned()))
    }
}

/// The name of an arch, in `architectures` and `archMap`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchName {
    /// One that libseccomp knows: `SCMP_ARCH_X86_64`.
    Known(Arch),
    /// `SCMP_ARCH_NATIVE`: whichever arch the engine runs on.
    Native,
    /// None of these.
    Unknown(String),
}

impl ArchName {
    /// What a document means by a word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match Arch::from_scmp_name(word) {
            Some(arch) => Self::Known(arch),
            None if word == NATIVE => Self::Native,
            None => Self::Unknown(word.to_owned()),
        }
    }

    /// The word as the document writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(arch) => arch.scmp_name(),
            Self::Native => NATIVE,
            Self::Unknown(written) => written,
        }
    }
}

impl fmt::Display for ArchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name of an arch in `includes` and `excludes`, where Docker and Podman use other names than elsewhere.
///
/// libseccomp's names, but `amd64` for x86_64 and `arm64` for aarch64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionArch {
    /// An arch.
    Known(Arch),
    /// None: no engine has this name, so it never matches.
    Unknown(String),
}

impl ConditionArch {
    /// What a document means by a word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        Arch::ALL
            .iter()
            .copied()
            .find(|&arch| condition_name(arch) == word)
            .map_or_else(|| Self::Unknown(word.to_owned()), Self::Known)
    }

    /// The word as the document writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(arch) => condition_name(*arch),
            Self::Unknown(written) => written,
        }
    }
}

impl fmt::Display for ConditionArch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name of an arch in `includes` and `excludes`.
#[must_use]
pub const fn condition_name(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "amd64",
        Arch::Aarch64 => "arm64",
        other => other.name(),
    }
}

pub(crate) const NATIVE: &str = "SCMP_ARCH_NATIVE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_itself() {
        for word in ActionName::WORDS {
            assert!(!matches!(ActionName::read(word), ActionName::Unknown(_)));
            assert_eq!(ActionName::read(word).as_str(), *word);
        }
        for word in OpName::WORDS {
            assert!(!matches!(OpName::read(word), OpName::Unknown(_)));
            assert_eq!(OpName::read(word).as_str(), *word);
        }
        for word in FlagName::WORDS {
            assert!(!matches!(FlagName::read(word), FlagName::Unknown(_)));
            assert_eq!(FlagName::read(word).as_str(), *word);
        }
        for &arch in Arch::ALL {
            assert_eq!(ArchName::read(arch.scmp_name()), ArchName::Known(arch));
            assert_eq!(
                ConditionArch::read(condition_name(arch)),
                ConditionArch::Known(arch)
            );
        }
    }

    #[test]
    fn another_word_is_kept_as_written() {
        for word in ["", "allow", "scmp_act_allow", "SCMP_ACT_ALLOW "] {
            assert_eq!(ActionName::read(word), ActionName::Unknown(word.to_owned()));
        }
        assert_eq!(
            ActionName::read("x-connect"),
            ActionName::Custom("x-connect".to_owned())
        );
        for word in ["x86_64", "aarch64", "SCMP_ARCH_X86_64", "AMD64"] {
            assert_eq!(
                ConditionArch::read(word),
                ConditionArch::Unknown(word.to_owned())
            );
        }
        assert_eq!(ArchName::read(NATIVE), ArchName::Native);
        assert_eq!(
            ArchName::read("x86_64"),
            ArchName::Unknown("x86_64".to_owned())
        );
    }
}
