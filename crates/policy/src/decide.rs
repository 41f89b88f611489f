//! The policy, and the reference meaning that everything else is held against.

use alloc::vec::Vec;
use core::fmt;

use callgate_bpf::{Action, SeccompData};
use callgate_syscalls::Arch;

use crate::rule::{Rule, RuleId};

/// A meaning: what every possible call gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    default: Action,
    bad_arch: Action,
    sections: Vec<Section>,
}

/// The rules of one arch; the first that matches a call decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Whose calls they are about.
    pub arch: Arch,
    /// The rules, in the order of precedence.
    ///
    /// Their numbers are those that a filter sees: x32's have [`X32_BIT`](callgate_syscalls::X32_BIT) set.
    pub rules: Vec<Rule>,
}

/// What a call gets, and which rule says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// What it gets.
    pub action: Action,
    /// The rule; none where no rule matched, or the arch is not named.
    pub rule: Option<RuleId>,
}

impl Policy {
    /// A policy with a section for each arch that it names.
    ///
    /// `default` is for calls of a named arch that no rule matches, `bad_arch` for every call of another.
    ///
    /// # Errors
    /// Two sections of one arch.
    pub fn new(
        default: Action,
        bad_arch: Action,
        sections: Vec<Section>,
    ) -> Result<Self, PolicyError> {
        for (at, section) in sections.iter().enumerate() {
            if sections[..at]
                .iter()
                .any(|other| other.arch == section.arch)
            {
                return Err(PolicyError { arch: section.arch });
            }
        }
        Ok(Self {
            default,
            bad_arch,
            sections,
        })
    }

    /// What a call gets: the action of the first rule that matches.
    #[must_use]
    pub fn decide(&self, call: &SeccompData) -> Decision {
        let arch = Arch::of_call(call.arch, call.nr);
        let Some(section) = arch.and_then(|arch| self.section(arch)) else {
            return Decision {
                action: self.bad_arch,
                rule: None,
            };
        };
        match section
            .rules
            .iter()
            .find(|rule| rule.matches(section.arch, call.nr, &call.args))
        {
            Some(rule) => Decision {
                action: rule.action,
                rule: Some(rule.id),
            },
            None => Decision {
                action: self.default,
                rule: None,
            },
        }
    }

    /// What a call of a named arch gets when no rule matches.
    #[must_use]
    pub const fn default(&self) -> Action {
        self.default
    }

    /// What a call of an arch that is not named gets.
    #[must_use]
    pub const fn bad_arch(&self) -> Action {
        self.bad_arch
    }

    /// The named arches with their rules, no arch twice.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The section of an arch; none where the policy does not name it.
    #[must_use]
    pub fn section(&self, arch: Arch) -> Option<&Section> {
        self.sections.iter().find(|section| section.arch == arch)
    }
}

/// Two sections of one arch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The arch.
    pub arch: Arch,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the policy has two sections for {}", self.arch)
    }
}

impl core::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Arg, Comparison, Numbers, Test};
    use alloc::vec;
    use callgate_syscalls::X32_BIT;

    fn call(arch: Arch, nr: u32, first: u64) -> SeccompData {
        SeccompData {
            arch: arch.audit(),
            nr,
            args: [first, 0, 0, 0, 0, 0],
            ..SeccompData::default()
        }
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rule = |id, test, action| Rule {
            id: RuleId(id),
            numbers: Numbers { first: 5, last: 6 },
            comparisons: vec![Comparison::new(Arg::A0, test)],
            action,
        };
        let rules = vec![
            rule(0, Test::Eq(1), Action::Errno(1)),
            rule(1, Test::Lt(3), Action::Log),
        ];
        let section = Section {
            arch: Arch::X86_64,
            rules,
        };
        let policy =
            Policy::new(Action::Allow, Action::KillProcess, vec![section]).expect("a policy");
        for (nr, first, action, rule) in [
            (5, 1, Action::Errno(1), Some(RuleId(0))),
            (6, 0, Action::Log, Some(RuleId(1))),
            (6, 3, Action::Allow, None),
            (4, 1, Action::Allow, None),
            (7, 1, Action::Allow, None),
        ] {
            assert_eq!(
                policy.decide(&call(Arch::X86_64, nr, first)),
                Decision { action, rule }
            );
        }
    }

    #[test]
    fn an_arch_without_a_section_is_a_bad_one() {
        let section = |arch| Section {
            arch,
            rules: vec![],
        };
        let both = vec![section(Arch::X86_64), section(Arch::X32)];
        let one = Policy::new(
            Action::Allow,
            Action::KillThread,
            vec![section(Arch::X86_64)],
        )
        .expect("a policy");
        let two = Policy::new(Action::Allow, Action::KillThread, both).expect("a policy");
        for (nr, by_one) in [
            (0, Action::Allow),
            (X32_BIT, Action::KillThread),
            (u32::MAX, Action::Allow),
        ] {
            assert_eq!(one.decide(&call(Arch::X86_64, nr, 0)).action, by_one);
            assert_eq!(two.decide(&call(Arch::X86_64, nr, 0)).action, Action::Allow);
        }
        assert_eq!(
            two.decide(&call(Arch::X86, 0, 0)).action,
            Action::KillThread
        );
    }

    #[test]
    fn an_arch_has_one_section() {
        let sections = vec![
            Section {
                arch: Arch::Arm,
                rules: vec![]
            };
            2
        ];
        assert_eq!(
            Policy::new(Action::Allow, Action::Allow, sections),
            Err(PolicyError { arch: Arch::Arm })
        );
    }
}
