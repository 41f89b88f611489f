//! Calls at the edges of a policy: where its answers change, and right beside.

use callgate_policy::{Comparison, Policy, Rule, SeccompData, Test};
use callgate_syscalls::{Arch, X32_BIT};

/// Every number at an edge, with zero arguments, and with every interesting argument of the rules there:
/// one argument at a time, and all pairs within a rule.
pub(crate) fn interesting(policy: &Policy) -> Vec<SeccompData> {
    let mut calls = Vec::new();
    for section in policy.sections() {
        for nr in numbers(&section.rules) {
            let call = SeccompData {
                nr,
                arch: section.arch.audit(),
                instruction_pointer: 0x7f12_3456_789a,
                args: [0; 6],
            };
            calls.push(call);
            for rule in &section.rules {
                if rule.numbers.contain(nr) {
                    around_rule(call, rule, &mut calls);
                }
            }
        }
    }
    for arch in Arch::ALL {
        for nr in [0, 1, X32_BIT - 1, X32_BIT, u32::MAX - 1, u32::MAX] {
            calls.push(SeccompData {
                nr,
                arch: arch.audit(),
                ..SeccompData::default()
            });
        }
    }
    for arch in [0, 1, u32::MAX, Arch::X86_64.audit() ^ 1] {
        calls.push(SeccompData {
            nr: 1,
            arch,
            ..SeccompData::default()
        });
    }
    calls
}

fn numbers(rules: &[Rule]) -> Vec<u32> {
    let mut numbers = vec![0, X32_BIT - 1, X32_BIT, u32::MAX - 1, u32::MAX];
    for rule in rules {
        for edge in [rule.numbers.first, rule.numbers.last] {
            numbers.extend([edge.wrapping_sub(1), edge, edge.wrapping_add(1)]);
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn around_rule(call: SeccompData, rule: &Rule, calls: &mut Vec<SeccompData>) {
    // A call that passes the rule, if the comparisons allow one to be found this simply.
    let mut passing = call;
    for comparison in &rule.comparisons {
        let values = values(comparison.test);
        let fitting = values.iter().find(|&&value| comparison.test.holds(value));
        passing.args[comparison.arg.index()] = fitting.copied().unwrap_or(0);
    }
    calls.push(passing);
    for base in [call, passing] {
        for one in &rule.comparisons {
            for with_one in with_values(base, one) {
                calls.push(with_one);
                if base == call {
                    continue;
                }
                for two in &rule.comparisons {
                    if two.arg > one.arg {
                        calls.extend(with_values(with_one, two));
                    }
                }
            }
        }
    }
}

fn with_values(call: SeccompData, comparison: &Comparison) -> impl Iterator<Item = SeccompData> {
    let arg = comparison.arg.index();
    values(comparison.test).into_iter().map(move |value| {
        let mut with = call;
        with.args[arg] = value;
        with
    })
}

/// The value, its neighbours, its masked bits flipped, nothing and everything, each also with another high half.
fn values(test: Test) -> Vec<u64> {
    let mut values = vec![0, u64::MAX];
    match test {
        Test::Ne(value)
        | Test::Lt(value)
        | Test::Le(value)
        | Test::Eq(value)
        | Test::Ge(value)
        | Test::Gt(value) => {
            values.extend([value, value.wrapping_sub(1), value.wrapping_add(1)]);
        }
        Test::MaskedEq { mask, value } => {
            values.extend([value, value | !mask, mask]);
            for bit in 0..64 {
                if mask & (1 << bit) != 0 {
                    values.extend([value ^ (1 << bit), (value ^ (1 << bit)) | !mask]);
                }
            }
        }
    }
    for at in 0..values.len() {
        values.push(values[at] ^ 0x8000_0001_0000_0000);
        values.push(values[at] & 0xffff_ffff);
        values.push(values[at] & 0xffff);
        values.push(values[at] ^ 0x8001_0000);
    }
    values.sort_unstable();
    values.dedup();
    values
}
