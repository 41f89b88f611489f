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
    unnamed: Vec<Section>,
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
        each_once(&sections)?;
        Ok(Self {
            default,
            bad_arch,
            sections,
            unnamed: Vec::new(),
        })
    }

    /// The same policy, with rules for some calls of arches that it does not name; the other calls of those get `bad_arch` still.
    ///
    /// runc's ceiling is such a rule: it can answer numbers that lie among those of x32 where a profile names x86_64 alone.
    ///
    /// # Errors
    /// Two sections of one arch, named or not.
    pub fn with_unnamed(mut self, unnamed: Vec<Section>) -> Result<Self, PolicyError> {
        each_once(self.sections.iter().chain(&unnamed))?;
        self.unnamed = unnamed;
        Ok(self)
    }

    /// What a call gets: the action of the first rule that matches.
    #[must_use]
    pub fn decide(&self, call: &SeccompData) -> Decision {
        let Some(arch) = Arch::of_call(call.arch, call.nr) else {
            return Decision {
                action: self.bad_arch,
                rule: None,
            };
        };
        let (rules, otherwise) = self.rules_of(arch);
        let matches = |rule: &&Rule| rule.matches(arch, call.nr, &call.args);
        let first = rules.iter().find(matches);
        Decision {
            action: first.map_or(otherwise, |rule| rule.action),
            rule: first.map(|rule| rule.id),
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

    /// The arches that are not named and of which some calls get another action than `bad_arch`; no arch twice.
    #[must_use]
    pub fn unnamed(&self) -> &[Section] {
        &self.unnamed
    }

    /// All sections, of named arches and of others, each with what a call gets that none of its rules matches.
    pub fn all_sections(&self) -> impl Iterator<Item = (&Section, Action)> {
        let named = self.sections.iter().map(|section| (section, self.default));
        let unnamed = self.unnamed.iter();
        named.chain(unnamed.map(|section| (section, self.bad_arch)))
    }

    /// The rules about an arch, named or not, and what a call gets that none of them matches.
    #[must_use]
    pub fn rules_of(&self, arch: Arch) -> (&[Rule], Action) {
        let mut sections = self.all_sections();
        match sections.find(|(section, _)| section.arch == arch) {
            Some((section, otherwise)) => (&section.rules, otherwise),
            None => (&[], self.bad_arch),
        }
    }
}

fn each_once<'s>(sections: impl IntoIterator<Item = &'s Section>) -> Result<(), PolicyError> {
    let mut seen: Vec<Arch> = Vec::new();
    for &Section { arch, .. } in sections {
        if seen.contains(&arch) {
            return Err(PolicyError { arch });
        }
        seen.push(arch);
    }
    Ok(())
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
    fn an_unnamed_arch_can_have_rules_and_is_a_bad_one_for_the_rest() {
        let numbers = Numbers {
            first: 2 * X32_BIT,
            last: 3 * X32_BIT - 1,
        };
        let above = Rule {
            id: RuleId(0),
            numbers,
            comparisons: vec![],
            action: Action::Errno(38),
        };
        let named = Section {
            arch: Arch::X86_64,
            rules: vec![],
        };
        let unnamed = Section {
            arch: Arch::X32,
            rules: vec![above],
        };
        let policy = Policy::new(Action::Allow, Action::KillThread, vec![named])
            .and_then(|policy| policy.with_unnamed(vec![unnamed]))
            .expect("two arches");
        assert_eq!(policy.section(Arch::X32), None);
        for (nr, action) in [
            (2 * X32_BIT - 1, Action::KillThread),
            (2 * X32_BIT, Action::Errno(38)),
            (3 * X32_BIT, Action::KillThread),
            (u32::MAX, Action::Allow),
        ] {
            assert_eq!(policy.decide(&call(Arch::X86_64, nr, 0)).action, action);
        }
    }

    #[test]
    fn an_arch_has_one_section() {
        let section = || Section {
            arch: Arch::Arm,
            rules: vec![],
        };
        let of = |sections| Policy::new(Action::Allow, Action::Allow, sections);
        let twice = Err(PolicyError { arch: Arch::Arm });
        assert_eq!(of(vec![section(), section()]), twice);
        let named = of(vec![section()]).expect("one section");
        assert_eq!(named.with_unnamed(vec![section()]), twice);
    }
}
