//! The kernel's order among actions, laid over the rules of a policy.

use callgate_bpf::Action;

use crate::rule::Rule;

/// Orders rules so that the strictest that matches comes first.
///
/// By action, then by the smaller data, so that two errnos have an order, too.
/// What a policy then answers does not depend on the order in which the rules were given.
pub fn strictest(rules: &mut [Rule]) {
    rules.sort_by_key(|rule| rule.action);
}

/// Of what the filters on a process answer to a call, the oldest's first: which counts, and its place; none of no filter.
///
/// The reference for stacks, as the kernel does it (`seccomp_run_filters`): it asks the newest first, and an older one counts
/// only where its action is stricter. So between equal actions it is the newest filter's data that the caller sees.
pub fn of_stack(answers: impl IntoIterator<Item = Action>) -> Option<(usize, Action)> {
    let mut counts: Option<(usize, Action)> = None;
    for (place, action) in answers.into_iter().enumerate() {
        match counts {
            Some((_, older)) if older.strictness() < action.strictness() => {}
            _ => counts = Some((place, action)),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Arg, Comparison, Numbers, Policy, RuleId, SeccompData, Section, Test};
    use alloc::vec::Vec;
    use arbtest::arbitrary::{Result, Unstructured};
    use callgate_syscalls::Arch;

    #[test]
    fn the_order_of_the_rules_never_matters() {
        arbtest::arbtest(|u| {
            let mut rules = u
                .arbitrary_iter::<[u8; 6]>()?
                .take(12)
                .map(|seed| rule(seed?))
                .collect::<Result<Vec<_>>>()?;
            let calls = u
                .arbitrary_iter::<[u8; 3]>()?
                .take(32)
                .collect::<Result<Vec<_>>>()?;
            let given = laid(rules.clone());
            shuffle(&mut rules, u)?;
            let shuffled = laid(rules);
            for [nr, a, b] in calls {
                let call = SeccompData {
                    arch: Arch::Aarch64.audit(),
                    nr: (nr % 4).into(),
                    args: [(a % 4).into(), (b % 4).into(), 0, 0, 0, 0],
                    ..SeccompData::default()
                };
                assert_eq!(given.decide(&call).action, shuffled.decide(&call).action);
                let matching = given.sections()[0].rules.iter();
                let matching =
                    matching.filter(|rule| rule.matches(Arch::Aarch64, call.nr, &call.args));
                let strictest = matching
                    .map(|rule| rule.action)
                    .min()
                    .unwrap_or(Action::Allow);
                assert_eq!(given.decide(&call).action, strictest);
            }
            Ok(())
        });
    }

    #[test]
    fn of_equal_actions_the_newest_data_counts() {
        let (one, two) = (Action::Errno(1), Action::Errno(2));
        for (answers, counts) in [
            (&[][..], None),
            (&[Action::Allow, Action::Allow], Some((1, Action::Allow))),
            (&[two, one], Some((1, one))),
            (&[one, two], Some((1, two))),
            (&[two, Action::Allow], Some((0, two))),
            (
                &[Action::Trap(9), one, Action::Log],
                Some((0, Action::Trap(9))),
            ),
        ] {
            assert_eq!(of_stack(answers.iter().copied()), counts);
        }
    }

    fn laid(mut rules: Vec<Rule>) -> Policy {
        strictest(&mut rules);
        let section = Section {
            arch: Arch::Aarch64,
            rules,
        };
        Policy::new(Action::Allow, Action::KillProcess, alloc::vec![section]).expect("one section")
    }

    fn rule([nr, a, b, value, action, data]: [u8; 6]) -> Result<Rule> {
        let tests = [Test::Ne, Test::Lt, Test::Le, Test::Eq, Test::Ge, Test::Gt];
        let comparison = |arg, which: u8| {
            Comparison::new(arg, tests[usize::from(which % 6)]((value % 4).into()))
        };
        let data = u16::from(data % 3);
        let actions = [
            Action::KillProcess,
            Action::KillThread,
            Action::Trap(data),
            Action::Errno(data),
            Action::Notify,
            Action::Trace(data),
            Action::Log,
        ];
        Ok(Rule {
            id: RuleId(value.into()),
            numbers: Numbers::one((nr % 4).into()),
            comparisons: alloc::vec![comparison(Arg::A0, a), comparison(Arg::A1, b)],
            action: actions[usize::from(action % 7)],
        })
    }

    fn shuffle(rules: &mut [Rule], u: &mut Unstructured<'_>) -> Result<()> {
        for at in (1..rules.len()).rev() {
            rules.swap(at, u.choose_index(at + 1)?);
        }
        Ok(())
    }
}
