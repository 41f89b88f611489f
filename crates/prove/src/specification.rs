//! What a policy means, as a tree: in the plainest words, from the last rule to the first.
//!
//! Trusted. It shares nothing with the compiler; the tests hold it against `Policy::decide` on every branch of the result.

use alloc::vec::Vec;

use callgate_bpf::SeccompData;
use callgate_policy::{Comparison, Numbers, Policy, Rule, Section, Test};
use callgate_syscalls::{Arch, X32_BIT};

use crate::budget::Undecided;
use crate::forest::{Forest, Tree, level};

/// What a policy answers.
pub(crate) fn policy(forest: &mut Forest, policy: &Policy) -> Result<Tree, Undecided> {
    let mut tree = forest.answer(policy.bad_arch().to_ret())?;
    for section in policy.sections() {
        let default = forest.answer(policy.default().to_ret())?;
        let rules = rules(forest, section, default)?;
        let owned = owned(forest, section.arch)?;
        tree = forest.choose(owned, rules, tree)?;
    }
    Ok(tree)
}

/// The first rule that holds answers.
///
/// Among neighbours of one action it does not matter which is first, so those are taken together.
fn rules(forest: &mut Forest, section: &Section, default: Tree) -> Result<Tree, Undecided> {
    let mut tree = default;
    let stretches = section
        .rules
        .chunk_by(|one, next| one.action == next.action);
    for stretch in stretches.rev() {
        let answer = forest.answer(stretch[0].action.to_ret())?;
        for (comparisons, range) in joined(stretch) {
            // Arguments first: what is put in front of a tree should ask for earlier bits than the tree.
            let mut holds = Forest::YES;
            for &comparison in comparisons.iter().rev() {
                let comparison = self::comparison(forest, section.arch, comparison)?;
                holds = forest.and(comparison, holds)?;
            }
            let numbers = numbers(forest, range)?;
            holds = forest.and(numbers, holds)?;
            tree = forest.choose(holds, answer, tree)?;
        }
    }
    Ok(tree)
}

/// The rules of one action as pairs of comparisons and numbers; numbers that touch are one range.
fn joined(rules: &[Rule]) -> Vec<(&[Comparison], Numbers)> {
    let mut pairs: Vec<(&[Comparison], Numbers)> = rules
        .iter()
        .filter(|rule| rule.numbers.first <= rule.numbers.last)
        .map(|rule| (rule.comparisons.as_slice(), rule.numbers))
        .collect();
    pairs.sort_unstable();
    pairs.dedup_by(|next, kept| {
        let touches = next.0 == kept.0 && u64::from(next.1.first) <= u64::from(kept.1.last) + 1;
        if touches {
            kept.1.last = kept.1.last.max(next.1.last);
        }
        touches
    });
    pairs
}

/// The number is one of these.
fn numbers(forest: &mut Forest, numbers: Numbers) -> Result<Tree, Undecided> {
    let number = Word::At(SeccompData::NR);
    if numbers.first == numbers.last {
        return equal(forest, number, numbers.first);
    }
    let above = greater(forest, number, numbers.last)?;
    let not_above = forest.not(above)?;
    let first = at_least(forest, number, numbers.first)?;
    forest.and(first, not_above)
}

/// The calls of an arch: x32's are those of x86_64's token from its bit upward, except the last number.
fn owned(forest: &mut Forest, arch: Arch) -> Result<Tree, Undecided> {
    let token = equal(forest, Word::At(SeccompData::ARCH), arch.audit())?;
    if arch.audit() != Arch::X86_64.audit() {
        return Ok(token);
    }
    let number = Word::At(SeccompData::NR);
    let from_bit = at_least(forest, number, X32_BIT)?;
    let last = equal(forest, number, u32::MAX)?;
    let not_last = forest.not(last)?;
    let mut numbers = forest.and(from_bit, not_last)?;
    if arch != Arch::X32 {
        numbers = forest.not(numbers)?;
    }
    forest.and(token, numbers)
}

/// Whether a comparison holds of its argument, whose upper half is zero on an arch of 32 bits.
fn comparison(forest: &mut Forest, arch: Arch, it: Comparison) -> Result<Tree, Undecided> {
    let index = it.arg.index() as u32;
    let argument = Halves {
        low: Word::At(SeccompData::low_of_arg(index, arch.endian())),
        high: match arch.bits() {
            32 => Word::Zero,
            _ => Word::At(SeccompData::high_of_arg(index, arch.endian())),
        },
    };
    match it.test {
        Test::Eq(value) => equal_wide(forest, argument, value),
        Test::Gt(value) => greater_wide(forest, argument, value),
        Test::Ne(value) => {
            let equal = equal_wide(forest, argument, value)?;
            forest.not(equal)
        }
        Test::Le(value) => {
            let greater = greater_wide(forest, argument, value)?;
            forest.not(greater)
        }
        Test::Ge(value) => at_least_wide(forest, argument, value),
        Test::Lt(value) => {
            let at_least = at_least_wide(forest, argument, value)?;
            forest.not(at_least)
        }
        Test::MaskedEq { mask, value } => {
            let high = masked(forest, argument.high, high(mask), high(value))?;
            let low = masked(forest, argument.low, low(mask), low(value))?;
            forest.and(high, low)
        }
    }
}

/// A value of 64 bits in two words.
#[derive(Clone, Copy)]
struct Halves {
    low: Word,
    high: Word,
}

/// A word of the call, or one that is zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Zero,
    At(u32),
}

fn equal_wide(forest: &mut Forest, it: Halves, value: u64) -> Result<Tree, Undecided> {
    let high = equal(forest, it.high, high(value))?;
    let low = equal(forest, it.low, low(value))?;
    forest.and(high, low)
}

fn greater_wide(forest: &mut Forest, it: Halves, value: u64) -> Result<Tree, Undecided> {
    let above = greater(forest, it.high, high(value))?;
    let level = equal(forest, it.high, high(value))?;
    let low = greater(forest, it.low, low(value))?;
    let by_low = forest.and(level, low)?;
    forest.or(above, by_low)
}

fn at_least_wide(forest: &mut Forest, it: Halves, value: u64) -> Result<Tree, Undecided> {
    let greater = greater_wide(forest, it, value)?;
    let equal = equal_wide(forest, it, value)?;
    forest.or(greater, equal)
}

/// The word is this.
pub(crate) fn equal(forest: &mut Forest, word: Word, value: u32) -> Result<Tree, Undecided> {
    masked(forest, word, u32::MAX, value)
}

/// The word is above this: at the highest bit where they differ, it has it.
pub(crate) fn greater(forest: &mut Forest, word: Word, value: u32) -> Result<Tree, Undecided> {
    let Word::At(offset) = word else {
        return Ok(Forest::NO);
    };
    let mut tree = Forest::NO;
    for bit in 0..u32::BITS {
        tree = if value & 1 << bit == 0 {
            forest.branch(level(offset, bit), tree, Forest::YES)?
        } else {
            forest.branch(level(offset, bit), Forest::NO, tree)?
        };
    }
    Ok(tree)
}

fn at_least(forest: &mut Forest, word: Word, value: u32) -> Result<Tree, Undecided> {
    match value.checked_sub(1) {
        Some(below) => greater(forest, word, below),
        None => Ok(Forest::YES),
    }
}

/// The bits of the word that the mask has are the value.
pub(crate) fn masked(
    forest: &mut Forest,
    word: Word,
    mask: u32,
    value: u32,
) -> Result<Tree, Undecided> {
    if value & !mask != 0 {
        return Ok(Forest::NO);
    }
    let Word::At(offset) = word else {
        return Ok(if value == 0 { Forest::YES } else { Forest::NO });
    };
    let mut tree = Forest::YES;
    for bit in 0..u32::BITS {
        if mask & 1 << bit == 0 {
            continue;
        }
        tree = if value & 1 << bit == 0 {
            forest.branch(level(offset, bit), tree, Forest::NO)?
        } else {
            forest.branch(level(offset, bit), Forest::NO, tree)?
        };
    }
    Ok(tree)
}

const fn low(value: u64) -> u32 {
    value as u32
}

const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}
