//! The same policy through the real libseccomp: what the peers make of it.
//!
//! An oracle reports; it doesn't model.
//! Where libseccomp swallows a rule, reorders rules or cuts a value to 32 bits, the program shows it, and nobody here corrects it.
//!
//! ```
//! use callgate_oracle::{Level, compile};
//! use callgate_policy::{Action, Numbers, Policy, Rule, RuleId, Section};
//! use callgate_syscalls::Arch;
//!
//! let rule = Rule { id: RuleId(0), numbers: Numbers::one(39), comparisons: vec![], action: Action::Errno(1) };
//! let section = Section { arch: Arch::X86_64, rules: vec![rule] };
//! let policy = Policy::new(Action::Allow, Action::KillThread, vec![section]).expect("one section");
//! assert!(compile(&policy, Level::Linear).is_ok());
//! ```
//!
//! # How a policy gets there
//! libseccomp's API takes names of the machine's own arch and translates them for the others.
//! A policy has numbers for each arch, so each section is built in a context of its own, where a number of that arch is looked up by
//! the name that libseccomp has for it, and the contexts are merged.
//! A number that libseccomp has no name for can be said on the machine's own arch only.
//! Rules over ranges of numbers that come first, as runc's ceiling does, stand before the program, as runc's do.
//! As in runc and crun, a rule whose action is the default's is not handed over: libseccomp refuses such rules.

mod ceiling;
mod error;
#[allow(unsafe_code)]
mod sys;

use std::collections::HashSet;
use std::fmt;

use callgate_bpf::{BytesError, Program};
use callgate_policy::{Action, Comparison, Policy, Rule, Section, Test, Width};
use callgate_syscalls::{Arch, Endian};

pub use error::OracleError;

/// How libseccomp lays out the numbers (`SCMP_FLTATR_CTL_OPTIMIZE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// One comparison after another: 1, the library's default.
    Linear,
    /// A binary tree: 2, which runc takes for more than 32 rules.
    Tree,
}

impl Level {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Linear, Self::Tree];
}

/// A release of libseccomp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 2 in 2.5.4.
    pub major: u32,
    /// 5 in 2.5.4.
    pub minor: u32,
    /// 4 in 2.5.4.
    pub micro: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

/// The release that this process runs with.
#[must_use]
pub fn version() -> Version {
    sys::version()
}

/// Whether this release has a name for a number of an arch, so that a rule about it can be said wherever it runs.
#[must_use]
pub fn knows(arch: Arch, nr: u32) -> bool {
    i32::try_from(nr).is_ok_and(|nr| sys::native_number(token(arch), nr).is_some())
}

/// The program that libseccomp makes of a policy, its rules added in their order.
///
/// The work is done in a child process, which is ended after two seconds of processor time.
///
/// # Errors
/// What libseccomp has no words for, what it refuses, and what it doesn't come back from.
pub fn compile(policy: &Policy, level: Level) -> Result<Program, OracleError> {
    let first = first(policy)?;
    let recipe = recipe(policy, level)?;
    let bytes = sys::cook(&recipe).map_err(|failure| OracleError::of(failure, &recipe))?;
    let program = Program::from_bytes(&bytes, first.arch.endian()).map_err(OracleError::Program)?;
    ceiling::before(policy, program)
        .map_err(|error| OracleError::Program(BytesError::Program(error)))
}

/// Work for libseccomp to be done in this process and in one context for all arches, as runc does it: for measuring.
///
/// What libseccomp doesn't come back from, this doesn't either; and what it crashes on ends the process.
pub struct InPlace {
    recipe: sys::Recipe,
    endian: Endian,
}

impl InPlace {
    /// What is to be done for a policy each of whose arches says the same of a call of the same name.
    ///
    /// Rules over ranges that come first are left out: they are never libseccomp's work.
    ///
    /// # Errors
    /// What libseccomp has no words for.
    pub fn of(policy: &Policy, level: Level) -> Result<Self, OracleError> {
        let endian = first(policy)?.arch.endian();
        let mut recipe = recipe(policy, level)?;
        let mut said = HashSet::new();
        for section in &mut recipe.sections {
            section.rules.retain(|rule| said.insert(rule.key()));
        }
        Ok(Self { recipe, endian })
    }

    /// Does it.
    ///
    /// # Errors
    /// What libseccomp refuses.
    pub fn compile(&self) -> Result<Program, OracleError> {
        let bytes = sys::cook_in_place(&self.recipe)
            .map_err(|failure| OracleError::of(failure, &self.recipe))?;
        Program::from_bytes(&bytes, self.endian).map_err(OracleError::Program)
    }
}

fn first(policy: &Policy) -> Result<&Section, OracleError> {
    policy.sections().first().ok_or(OracleError::Inexpressible {
        rule: None,
        why: "a filter has at least one arch",
    })
}

fn recipe(policy: &Policy, level: Level) -> Result<sys::Recipe, OracleError> {
    for section in policy.unnamed() {
        if let Some(rule) = section.rules.get(ceiling::of(section).len()) {
            return Err(OracleError::Inexpressible {
                rule: Some(rule.id),
                why: "an arch that is not named has no rules but ranges of numbers",
            });
        }
    }
    Ok(sys::Recipe {
        default: policy.default().to_ret(),
        bad_arch: policy.bad_arch().to_ret(),
        optimize: match level {
            Level::Linear => 1,
            Level::Tree => 2,
        },
        sections: policy
            .sections()
            .iter()
            .map(|section| prepared(section, policy.default()))
            .collect::<Result<_, _>>()?,
    })
}

/// A section in libseccomp's terms.
fn prepared(section: &Section, default: Action) -> Result<sys::Section, OracleError> {
    let token = token(section.arch);
    let said = |rule: &&Rule| rule.action != default && rule.numbers.first <= rule.numbers.last;
    Ok(sys::Section {
        token,
        rules: section.rules[ceiling::of(section).len()..]
            .iter()
            .filter(said)
            .map(|rule| {
                Ok(sys::Rule {
                    id: rule.id,
                    action: rule.action.to_ret(),
                    nr: native_number(token, rule)?,
                    comparisons: comparisons(rule)?,
                })
            })
            .collect::<Result<_, _>>()?,
    })
}

/// The audit token, save for x32, which libseccomp tells from x86_64 by a token of its own.
const fn token(arch: Arch) -> u32 {
    match arch {
        Arch::X32 => libseccomp_sys::SCMP_ARCH_X32,
        _ => arch.audit(),
    }
}

/// The number under which a rule is added: the machine's own, or a pseudo number, for the name that the arch's number has.
fn native_number(token: u32, rule: &Rule) -> Result<i32, OracleError> {
    let inexpressible = |why| OracleError::Inexpressible {
        rule: Some(rule.id),
        why,
    };
    if rule.numbers.first != rule.numbers.last {
        return Err(inexpressible("a rule is about one number"));
    }
    let nr = i32::try_from(rule.numbers.first)
        .map_err(|_| inexpressible("a number is below 0x80000000"))?;
    if sys::is_native(token) {
        return Ok(nr);
    }
    sys::native_number(token, nr).ok_or_else(|| {
        inexpressible("a number of another arch is one that libseccomp has a name for")
    })
}

fn comparisons(rule: &Rule) -> Result<Vec<libseccomp_sys::scmp_arg_cmp>, OracleError> {
    let mut seen = [false; 6];
    for comparison in &rule.comparisons {
        if comparison.width != Width::Whole {
            return Err(OracleError::Inexpressible {
                rule: Some(rule.id),
                why: "a rule compares the whole of an argument",
            });
        }
        if std::mem::replace(&mut seen[comparison.arg.index()], true) {
            return Err(OracleError::Inexpressible {
                rule: Some(rule.id),
                why: "a rule compares an argument once",
            });
        }
    }
    Ok(rule.comparisons.iter().map(compared).collect())
}

fn compared(comparison: &Comparison) -> libseccomp_sys::scmp_arg_cmp {
    use libseccomp_sys::scmp_compare as op;
    let (op, datum_a, datum_b) = match comparison.test {
        Test::Ne(value) => (op::SCMP_CMP_NE, value, 0),
        Test::Lt(value) => (op::SCMP_CMP_LT, value, 0),
        Test::Le(value) => (op::SCMP_CMP_LE, value, 0),
        Test::Eq(value) => (op::SCMP_CMP_EQ, value, 0),
        Test::Ge(value) => (op::SCMP_CMP_GE, value, 0),
        Test::Gt(value) => (op::SCMP_CMP_GT, value, 0),
        Test::MaskedEq { mask, value } => (op::SCMP_CMP_MASKED_EQ, mask, value),
    };
    libseccomp_sys::scmp_arg_cmp {
        arg: comparison.arg.index() as u32,
        op,
        datum_a,
        datum_b,
    }
}

#[cfg(test)]
mod tests;
