//! Whether two lists of rules answer every call alike: by a few calls where these decide it, else by diagrams.
//!
//! Apart from the filter that asks, because the few calls need an argument of their own.

use callgate_policy::{Arg, Policy, SeccompData, Test, Width};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;

/// How many calls are tried at most before diagrams are quicker.
const CALLS: usize = 512;

/// Whether two policies about one number of an arch answer alike; not, if that takes more than the budget.
pub(super) fn is_equal(
    arch: Arch,
    number: u32,
    one: &Policy,
    two: &Policy,
    budget: Budget,
) -> bool {
    if let Some((arg, values)) = telling(arch, one, two) {
        return values.into_iter().all(|value| {
            let mut call = SeccompData {
                nr: number,
                arch: arch.audit(),
                ..SeccompData::default()
            };
            call.args[arg.index()] = value;
            one.decide(&call).action == two.decide(&call).action
        });
    }
    let [one, two] = [one, two].map(|policy| Diagram::of_policy(policy, budget));
    matches!((one, two), (Ok(one), Ok(two)) if one == two)
}

/// Values of the one argument that both policies look at which stand for all of its values; none where there are no such few.
///
/// Each comparison parts the values of each half at most where its own half begins and where the next value does.
/// Between two such places all values of a half are answered alike, whatever the other half is,
/// so the first of each stretch of one half with the first of each of the other stand for all.
fn telling(arch: Arch, one: &Policy, two: &Policy) -> Option<(Arg, Vec<u64>)> {
    let sections = [one, two]
        .into_iter()
        .filter_map(|policy| policy.section(arch));
    let rules = sections.flat_map(|section| &section.rules);
    let (mut low, mut high) = (vec![0], vec![0]);
    let mut only = None;
    for comparison in rules.flat_map(|rule| &rule.comparisons) {
        if comparison.width != Width::Whole || *only.get_or_insert(comparison.arg) != comparison.arg
        {
            return None;
        }
        let value = match comparison.test {
            Test::Ne(value)
            | Test::Lt(value)
            | Test::Le(value)
            | Test::Eq(value)
            | Test::Ge(value)
            | Test::Gt(value) => value,
            Test::MaskedEq { mask, value } => {
                if [mask as u32, (mask >> 32) as u32]
                    .iter()
                    .any(|half| ![0, u32::MAX].contains(half))
                {
                    return None;
                }
                value
            }
        };
        for (halves, half) in [(&mut low, value as u32), (&mut high, (value >> 32) as u32)] {
            halves.extend([half, half.wrapping_add(1)]);
        }
    }
    for halves in [&mut low, &mut high] {
        halves.sort_unstable();
        halves.dedup();
    }
    let values = high.iter().flat_map(|&high| {
        low.iter()
            .map(move |&low| u64::from(high) << 32 | u64::from(low))
    });
    (low.len() * high.len() <= CALLS).then(|| (only.unwrap_or(Arg::ALL[0]), values.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_policy::{Action, Comparison, Numbers, Rule, RuleId, Section};

    const NUMBER: u32 = 41;

    fn policy(arch: Arch, rules: &[(&[Test], Action)]) -> Policy {
        let rule = |(at, (tests, action)): (usize, &(&[Test], Action))| Rule {
            id: RuleId(at as u32),
            numbers: Numbers::one(NUMBER),
            comparisons: tests
                .iter()
                .map(|&test| Comparison::new(Arg::A1, test))
                .collect(),
            action: *action,
        };
        let section = Section {
            arch,
            rules: rules.iter().enumerate().map(rule).collect(),
        };
        Policy::new(Action::Errno(1), Action::KillThread, vec![section]).expect("one section")
    }

    #[test]
    fn the_few_calls_tell_what_diagrams_tell() {
        const HIGH: u64 = 0xffff_ffff_0000_0000;
        let masked = |mask, value| Test::MaskedEq { mask, value };
        let mut tests = vec![
            masked(HIGH, 0),
            masked(HIGH, 1 << 32),
            masked(!HIGH, 7),
            masked(0, 0),
        ];
        for value in [
            0,
            1,
            7,
            8,
            1 << 32,
            (1 << 32) + 7,
            !HIGH,
            u64::MAX - 1,
            u64::MAX,
        ] {
            tests.extend([
                Test::Ne(value),
                Test::Lt(value),
                Test::Le(value),
                Test::Eq(value),
                Test::Ge(value),
                Test::Gt(value),
            ]);
        }
        let budget = Budget::default();
        let mut equal = [0; 2];
        for arch in [Arch::X86_64, Arch::X86] {
            let made: Vec<_> = tests
                .iter()
                .flat_map(|&test| {
                    [
                        policy(arch, &[(&[test], Action::Allow)]),
                        policy(arch, &[(&[test, Test::Ne(7)], Action::Allow)]),
                        policy(
                            arch,
                            &[(&[Test::Lt(8)], Action::Log), (&[test], Action::Allow)],
                        ),
                    ]
                })
                .collect();
            let diagrams: Vec<_> = made
                .iter()
                .map(|policy| Diagram::of_policy(policy, budget).expect("it is small"))
                .collect();
            for (one, its) in made.iter().zip(&diagrams) {
                for (two, others) in made.iter().zip(&diagrams) {
                    assert!(telling(arch, one, two).is_some());
                    let told = is_equal(arch, NUMBER, one, two, budget);
                    assert_eq!(told, its == others, "{arch}\n{one:?}\n{two:?}");
                    equal[usize::from(told)] += 1;
                }
            }
        }
        assert!(equal[0] > 10_000 && equal[1] > 500, "{equal:?}");
    }

    #[test]
    fn a_part_of_a_half_is_left_to_diagrams() {
        let test = Test::MaskedEq {
            mask: 0xf0,
            value: 0x10,
        };
        let one = policy(Arch::X86_64, &[(&[test], Action::Allow)]);
        let two = policy(Arch::X86_64, &[(&[test, Test::Ne(0)], Action::Allow)]);
        assert!(telling(Arch::X86_64, &one, &two).is_none());
        assert!(is_equal(
            Arch::X86_64,
            NUMBER,
            &one,
            &two,
            Budget::default()
        ));
        let other = policy(Arch::X86_64, &[(&[test, Test::Ne(0x11)], Action::Allow)]);
        assert!(!is_equal(
            Arch::X86_64,
            NUMBER,
            &one,
            &other,
            Budget::default()
        ));
    }
}
