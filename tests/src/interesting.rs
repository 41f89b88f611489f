//! The calls on which two readings of one policy are likeliest to differ.
//!
//! Every number of every arch that the policy names, and for each word that a rule compares:
//! its value, one below, one above, every bit of a mask flipped, zero, all ones, each also with other high halves, of the word and of
//! its low half;
//! one argument at a time, and all pairs within a rule.

use std::collections::BTreeSet;

use callgate_policy::{Arg, Comparison, Policy, Rule, SeccompData, Section, Test};
use callgate_syscalls::{Arch, Syscall, X32_BIT};

/// The interesting calls of a policy.
#[must_use]
pub fn calls(policy: &Policy) -> Vec<SeccompData> {
    let mut calls = Vec::new();
    for &arch in Arch::ALL {
        match policy.section(arch) {
            Some(section) => section_calls(section, &mut calls),
            None => calls.extend(edges(arch).map(|nr| call(arch.audit(), nr, [0; 6]))),
        }
    }
    for token in [
        0,
        1,
        u32::MAX,
        Arch::X86_64.audit() ^ 1,
        Arch::X86_64.audit() ^ 0x4000_0000,
    ] {
        calls.extend([0, 1, X32_BIT, u32::MAX].map(|nr| call(token, nr, [0; 6])));
    }
    calls
}

/// Whether a comparison holds for any value that an argument of this arch has, as far as interesting values do.
#[must_use]
pub fn can_hold(arch: Arch, comparison: Comparison) -> bool {
    with_other_halves(comparison.test)
        .into_iter()
        .any(|value| comparison.holds(arch, &[value; 6]))
}

fn section_calls(section: &Section, calls: &mut Vec<SeccompData>) {
    let arch = section.arch;
    let mut numbers: BTreeSet<u32> = Syscall::numbers(arch).map(|(nr, _)| nr).collect();
    numbers.extend(edges(arch));
    for rule in &section.rules {
        let (first, last) = (rule.numbers.first, rule.numbers.last);
        numbers.extend([first.wrapping_sub(1), first, last, last.wrapping_add(1)]);
    }
    let ends: BTreeSet<u32> = section
        .rules
        .iter()
        .flat_map(|rule| [rule.numbers.first, rule.numbers.last])
        .collect();
    for nr in numbers {
        let rules: Vec<_> = section
            .rules
            .iter()
            .filter(|rule| rule.numbers.contain(nr) && !rule.comparisons.is_empty())
            .collect();
        // Inside of a range one number is as good as another.
        let arguments = if ends.contains(&nr) {
            arguments(arch, &rules)
        } else {
            rules
                .iter()
                .map(|rule| matching(arch, rule))
                .chain([[0; 6], [u64::MAX; 6]])
                .collect()
        };
        calls.extend(
            arguments
                .into_iter()
                .map(|args| call(arch.audit(), nr, args)),
        );
    }
}

/// Numbers at which the tables and the ABIs end.
fn edges(arch: Arch) -> impl Iterator<Item = u32> {
    let first = Syscall::numbers(arch).next().map_or(0, |(nr, _)| nr);
    let last = Syscall::numbers(arch).last().map_or(0, |(nr, _)| nr);
    let near = [first, first.wrapping_sub(1), last, last + 1, last + 1000];
    let abi = [
        0,
        335,
        512,
        1023,
        X32_BIT - 1,
        X32_BIT,
        X32_BIT + 335,
        X32_BIT + 512,
        i32::MAX as u32,
        1 << 31,
        u32::MAX - 1,
        u32::MAX,
    ];
    near.into_iter().chain(abi)
}

const fn call(arch: u32, nr: u32, args: [u64; 6]) -> SeccompData {
    SeccompData {
        nr,
        arch,
        instruction_pointer: 0,
        args,
    }
}

/// The arguments for calls of a number that these rules compare.
fn arguments(arch: Arch, rules: &[&Rule]) -> BTreeSet<[u64; 6]> {
    let mut all = BTreeSet::from([[0; 6], [u64::MAX; 6]]);
    for rule in rules {
        let compared: Vec<(Arg, Vec<u64>)> = compared(rule)
            .map(|arg| (arg, values_of(rule, arg)))
            .collect();
        let matching = matching(arch, rule);
        for (at, (one, ones)) in compared.iter().enumerate() {
            for &value in ones {
                for base in [[0; 6], [u64::MAX; 6], matching] {
                    all.insert(with(base, *one, value));
                }
                for (other, others) in &compared[..at] {
                    for &second in others {
                        all.insert(with(with(matching, *one, value), *other, second));
                    }
                }
            }
        }
    }
    all
}

/// The arguments that a rule compares, each once.
fn compared(rule: &Rule) -> impl Iterator<Item = Arg> {
    let compared: BTreeSet<Arg> = rule.comparisons.iter().map(|each| each.arg).collect();
    compared.into_iter()
}

/// Arguments that a rule matches, as far as interesting values do.
fn matching(arch: Arch, rule: &Rule) -> [u64; 6] {
    let mut args = [0; 6];
    for arg in compared(rule) {
        args[arg.index()] = value_that_passes(arch, rule, arg, &values_of(rule, arg));
    }
    args
}

fn with(mut args: [u64; 6], arg: Arg, value: u64) -> [u64; 6] {
    args[arg.index()] = value;
    args
}

/// The first of the values that passes every comparison of an argument; the first of all where none does.
fn value_that_passes(arch: Arch, rule: &Rule, arg: Arg, values: &[u64]) -> u64 {
    let passes = |value: &u64| {
        let args = [*value; 6];
        rule.comparisons
            .iter()
            .filter(|each| each.arg == arg)
            .all(|each| each.holds(arch, &args))
    };
    values.iter().copied().find(passes).unwrap_or(values[0])
}

fn values_of(rule: &Rule, arg: Arg) -> Vec<u64> {
    let tests = rule
        .comparisons
        .iter()
        .filter(|each| each.arg == arg)
        .map(|each| each.test);
    let values: BTreeSet<u64> = tests.flat_map(with_other_halves).collect();
    values.into_iter().collect()
}

/// The values near a test, and each with other high halves: none, and garbage.
fn with_other_halves(test: Test) -> BTreeSet<u64> {
    let halves = |value: u64| {
        [
            value,
            value & 0xffff_ffff,
            value & 0xffff_ffff | 0xdead_beef << 32,
            value & 0xffff,
            value & 0xffff | 0xdead_0000,
        ]
    };
    values_near(test).into_iter().flat_map(halves).collect()
}

fn values_near(test: Test) -> Vec<u64> {
    const HIGH: u64 = 1 << 32;
    let mut values = vec![0, u64::MAX];
    let mut near = |value: u64| {
        for step in [0, 1, HIGH] {
            values.extend([value.wrapping_add(step), value.wrapping_sub(step)]);
        }
    };
    match test {
        Test::Ne(value)
        | Test::Lt(value)
        | Test::Le(value)
        | Test::Eq(value)
        | Test::Ge(value)
        | Test::Gt(value) => {
            near(value);
        }
        Test::MaskedEq { mask, value } => {
            near(value);
            near(mask);
            values.extend([value | !mask, !value, !mask]);
            let bits = (0..64).map(|bit| 1 << bit).filter(|bit| mask & bit != 0);
            values.extend(bits.flat_map(|bit| [value ^ bit, (value | !mask) ^ bit]));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_policy::{Action, Numbers, RuleId};

    #[test]
    fn a_call_reaches_each_of_many_comparisons() {
        let test = |test| Comparison::new(Arg::A2, test);
        let masked = Test::MaskedEq {
            mask: 0x7e02_0000,
            value: 0x2_0000,
        };
        let high = 0x1_0000_0000;
        for (at, tests) in [
            vec![Test::Eq(0x40)],
            vec![masked],
            vec![Test::Ge(high), Test::Le(high + 1)],
            vec![Test::Lt(u64::MAX), Test::Ne(0)],
            vec![Test::Gt(high - 1)],
        ]
        .into_iter()
        .enumerate()
        {
            let comparisons: Vec<_> = tests.into_iter().map(test).collect();
            let rule = Rule {
                id: RuleId(0),
                numbers: Numbers::one(7),
                comparisons,
                action: Action::Log,
            };
            let section = Section {
                arch: Arch::X86_64,
                rules: vec![rule],
            };
            let policy =
                Policy::new(Action::Allow, Action::Allow, vec![section]).expect("one section");
            let decisions: BTreeSet<bool> = calls(&policy)
                .iter()
                .filter(|call| call.nr == 7 && call.arch == Arch::X86_64.audit())
                .map(|call| policy.decide(call).rule.is_some())
                .collect();
            assert_eq!(decisions, BTreeSet::from([false, true]), "case {at}");
        }
    }

    #[test]
    fn every_bit_of_a_mask_is_flipped() {
        let test = Test::MaskedEq {
            mask: 0b1101 << 30,
            value: 0b1001 << 30,
        };
        let values = values_near(test);
        for bit in [30, 32, 33] {
            assert!(values.contains(&((0b1001 << 30) ^ (1 << bit))), "{bit}");
        }
    }
}
