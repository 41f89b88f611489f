//! The same rules at the width at which the kernel looks at each argument.
//!
//! Apart from the reference meaning, which takes comparisons as they are: this is the one place that asks what a call does with them.

use alloc::vec::Vec;

use callgate_syscalls::{Arch, Syscall};

use crate::decide::{Policy, Section};
use crate::rule::{Comparison, Numbers, Rule, Width};

impl Policy {
    /// The policy whose comparisons look at as many bits of an argument as the kernel takes.
    ///
    /// The kernel drops the upper half of a register that holds an `int`, and a comparison of the whole register does not;
    /// so two calls that are one to the kernel may get two answers. Of this policy they get one.
    ///
    /// A value that is a negative number of the narrower type is taken as that number;
    /// one that does not fit is never equal, and above all that do.
    /// Arguments whose types the tables do not know are compared as before.
    ///
    /// ```
    /// use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, SeccompData, Test};
    /// use callgate_syscalls::Arch;
    ///
    /// let no_such_group = Rule {
    ///     id: RuleId(0),
    ///     numbers: Numbers::one(121), // getpgid(pid_t pid)
    ///     comparisons: vec![Comparison::new(Arg::A0, Test::Eq(5))],
    ///     action: Action::Errno(3),
    /// };
    /// let section = Section { arch: Arch::X86_64, rules: vec![no_such_group] };
    /// let policy = Policy::new(Action::Allow, Action::KillProcess, vec![section])?;
    /// let five = SeccompData {
    ///     arch: Arch::X86_64.audit(),
    ///     nr: 121,
    ///     args: [0x1_0000_0005, 0, 0, 0, 0, 0],
    ///     ..SeccompData::default()
    /// };
    /// assert_eq!(policy.decide(&five).action, Action::Allow);
    /// assert_eq!(policy.typed().decide(&five).action, Action::Errno(3));
    /// # Ok::<(), callgate_policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn typed(&self) -> Self {
        let typed = |sections: &[Section]| {
            let sections = sections.iter().map(|section| Section {
                arch: section.arch,
                rules: section
                    .rules
                    .iter()
                    .flat_map(|rule| typed_rules(section.arch, rule))
                    .collect(),
            });
            sections.collect()
        };
        let named = Self::new(self.default(), self.bad_arch(), typed(self.sections()));
        named
            .and_then(|policy| policy.with_unnamed(typed(self.unnamed())))
            .expect("the arches are those of a policy")
    }
}

/// The rule by the calls that it is about: those that look at less of an argument each by itself, the others in runs.
fn typed_rules(arch: Arch, rule: &Rule) -> Vec<Rule> {
    if rule.comparisons.is_empty() {
        return Vec::from([rule.clone()]);
    }
    let mut typed = Vec::new();
    let mut next = rule.numbers.first;
    for (nr, call) in Syscall::numbers(arch).filter(|&(nr, _)| rule.numbers.contain(nr)) {
        let comparisons: Vec<Comparison> = rule
            .comparisons
            .iter()
            .map(|&each| narrowed(arch, call, each))
            .collect();
        if comparisons == rule.comparisons {
            continue;
        }
        if next < nr {
            typed.push(of_numbers(rule, next, nr - 1));
        }
        typed.push(Rule {
            comparisons,
            ..of_numbers(rule, nr, nr)
        });
        if nr == rule.numbers.last {
            return typed;
        }
        next = nr + 1;
    }
    typed.push(of_numbers(rule, next, rule.numbers.last));
    typed
}

fn of_numbers(rule: &Rule, first: u32, last: u32) -> Rule {
    Rule {
        numbers: Numbers { first, last },
        ..rule.clone()
    }
}

/// The comparison at the width at which the call takes its argument, where that is less than it looks at.
fn narrowed(arch: Arch, call: Syscall, comparison: Comparison) -> Comparison {
    let params = call.params_on(arch).unwrap_or_default();
    let Some(param) = params.get(comparison.arg.index()) else {
        return comparison;
    };
    let width = match param.kind.bits(arch) {
        16 => Width::Short,
        32 => Width::Int,
        _ => Width::Whole,
    };
    let bits = width.bits(arch);
    if bits >= comparison.width.bits(arch) {
        return comparison;
    }
    Comparison {
        width,
        test: comparison.test.map(|value| cut(value, bits)),
        ..comparison
    }
}

/// A negative number of so many bits, which stands extended to 64, in those bits; any other value as it is.
const fn cut(value: u64, bits: u32) -> u64 {
    let is_negative = value >> (bits - 1) == u64::MAX >> (bits - 1);
    if is_negative {
        value & (u64::MAX >> (64 - bits))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Arg, RuleId, SeccompData, Test};
    use alloc::vec;

    fn policy(arch: Arch, numbers: Numbers, comparison: Comparison) -> Policy {
        let rule = Rule {
            id: RuleId(7),
            numbers,
            comparisons: vec![comparison],
            action: Action::Errno(1),
        };
        let section = Section {
            arch,
            rules: vec![rule],
        };
        Policy::new(Action::Allow, Action::KillProcess, vec![section]).expect("one section")
    }

    fn nr(arch: Arch, name: &str) -> u32 {
        let call = Syscall::by_name(name).expect(name);
        call.number(arch).expect(name)
    }

    /// Every pair of calls that differ only above the width gets one answer, and a value in its range the one that it got.
    #[test]
    fn what_the_kernel_drops_never_matters() {
        let low = [0, 1, 2, 0x7fff, 0x8000, 0xffff];
        let tests: [fn(u64) -> Test; 7] = [
            Test::Ne,
            Test::Lt,
            Test::Le,
            Test::Eq,
            Test::Ge,
            Test::Gt,
            |value| Test::MaskedEq {
                mask: value | 1,
                value,
            },
        ];
        for arch in [Arch::X86_64, Arch::S390x, Arch::X86] {
            for (name, arg, bits) in [("getpgid", Arg::A0, 32), ("mkdirat", Arg::A2, 16)] {
                let nr = nr(arch, name);
                for test in tests.into_iter().flat_map(|test| low.map(test)) {
                    let plain = policy(arch, Numbers::one(nr), Comparison::new(arg, test));
                    let typed = plain.typed();
                    for value in low {
                        let decided = |policy: &Policy, value| {
                            let mut args = [0; 6];
                            args[arg.index()] = value;
                            let call = SeccompData {
                                arch: arch.audit(),
                                nr,
                                args,
                                ..SeccompData::default()
                            };
                            policy.decide(&call)
                        };
                        let expected = decided(&plain, value);
                        for above in [0, 1 << bits, u64::MAX << bits] {
                            let found = decided(&typed, value | above);
                            assert_eq!(found, expected, "{arch} {name} {test:?} {value:#x}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_negative_value_is_taken_as_one() {
        let minus_one = Comparison::new(Arg::A0, Test::Eq(u64::MAX));
        let nr = nr(Arch::X86_64, "getpgid");
        let typed = policy(Arch::X86_64, Numbers::one(nr), minus_one).typed();
        let rule = &typed.sections()[0].rules[0];
        assert_eq!(rule.comparisons[0].test, Test::Eq(0xffff_ffff));
        let large = Comparison::new(Arg::A0, Test::Eq(0x1_0000_0005));
        let typed = policy(Arch::X86_64, Numbers::one(nr), large).typed();
        let rule = &typed.sections()[0].rules[0];
        assert!(!rule.matches(Arch::X86_64, nr, &[0x1_0000_0005, 0, 0, 0, 0, 0]));
    }

    #[test]
    fn a_run_of_numbers_is_parted_where_widths_are() {
        let arch = Arch::X86_64;
        let comparison = Comparison::new(Arg::A0, Test::Gt(9));
        let typed = policy(arch, Numbers::ALL, comparison).typed();
        let rules = &typed.sections()[0].rules;
        let mut next = Some(0);
        for rule in rules {
            assert_eq!(
                Some(rule.numbers.first),
                next,
                "nothing is lost or told twice"
            );
            assert_eq!(rule.id, RuleId(7));
            next = rule.numbers.last.checked_add(1);
            let width = rule.comparisons[0].width;
            assert!(width == Width::Whole || rule.numbers.first == rule.numbers.last);
        }
        assert_eq!(next, None);
        let width_of = |name| {
            let nr = nr(arch, name);
            let rule = rules.iter().find(|rule| rule.numbers.contain(nr));
            rule.expect("every number").comparisons[0].width
        };
        assert_eq!(width_of("close"), Width::Int);
        assert_eq!(width_of("umask"), Width::Int);
        assert_eq!(width_of("munmap"), Width::Whole);
    }
}
