//! What a policy means, as a tree: in the plainest words, from the last rule to the first.
//!
//! Trusted. It shares nothing with the compiler; the tests hold it against `Policy::decide` on every branch of the result.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use callgate_bpf::SeccompData;
use callgate_policy::{Arg, Comparison, Policy, Section, Test, Width};
use callgate_syscalls::{Arch, Endian, X32_BIT};

use crate::budget::Undecided;
use crate::forest::{Forest, Tree, level};
use crate::meaning::{Meaning, Numbers};
use crate::stretches::Stretches;

/// What a policy answers.
pub(crate) fn policy(forest: &mut Forest, policy: &Policy) -> Result<Meaning, Undecided> {
    let bad_arch = Stretches::all(forest.answer(policy.bad_arch().to_ret())?);
    let mut tokens: Vec<(u32, Rc<Numbers>)> = Vec::new();
    let (mut x86_64, mut x32) = (None, None);
    for (section, otherwise) in policy.all_sections() {
        let otherwise = forest.answer(otherwise.to_ret())?;
        let numbers = rules(forest, section, otherwise)?;
        match section.arch {
            Arch::X86_64 => x86_64 = Some(numbers),
            Arch::X32 => x32 = Some(numbers),
            arch => tokens.push((arch.audit(), Rc::new(numbers))),
        }
    }
    // Under x86_64's token x32 has the numbers from its bit upward, except the last one.
    if x86_64.is_some() || x32.is_some() {
        let mut numbers = Stretches::new();
        numbers.push_as(X32_BIT - 1, x86_64.as_ref().unwrap_or(&bad_arch));
        numbers.push_as(u32::MAX - 1, x32.as_ref().unwrap_or(&bad_arch));
        numbers.push_as(u32::MAX, x86_64.as_ref().unwrap_or(&bad_arch));
        tokens.push((Arch::X86_64.audit(), Rc::new(numbers)));
    }
    tokens.sort_unstable_by_key(|&(token, _)| token);
    Ok(Meaning(Stretches::of_values(tokens, Rc::new(bad_arch))))
}

/// The first rule that holds answers.
///
/// From each number at which a rule begins or has ended up to the next, the same rules can hold.
fn rules(forest: &mut Forest, section: &Section, default: Tree) -> Result<Numbers, Undecided> {
    let rules = &section.rules;
    let places = rules.iter().map(|rule| rule.numbers).zip(0..);
    let about_some = places.filter(|(numbers, _)| numbers.first <= numbers.last);
    let mut begin: Vec<(u32, u32)> = about_some
        .map(|(numbers, at)| (numbers.first, at))
        .collect();
    begin.sort_unstable();
    let mut begin = begin.into_iter().peekable();
    let mut numbers = Numbers::new();
    // The rules that can hold, in their order, and what those with comparisons were found to mean.
    let mut can_hold: Vec<u32> = Vec::new();
    let mut known: BTreeMap<Vec<u32>, Tree> = BTreeMap::new();
    let mut first = 0;
    loop {
        while let Some((_, at)) = begin.next_if(|&(number, _)| number == first) {
            let place = can_hold.partition_point(|&earlier| earlier < at);
            can_hold.insert(place, at);
        }
        for _ in 0..can_hold.len() / FREE {
            forest.spend()?;
        }
        let tree = match can_hold[..] {
            [] => default,
            [first, ..] if rules[first as usize].comparisons.is_empty() => {
                forest.answer(rules[first as usize].action.to_ret())?
            }
            _ => match known.get(&can_hold) {
                Some(&tree) => tree,
                None => {
                    let tree = first_that_holds(forest, section, &can_hold, default)?;
                    known.insert(can_hold.clone(), tree);
                    tree
                }
            },
        };
        let ends = can_hold.iter().map(|&at| rules[at as usize].numbers.last);
        let next = begin.peek().map(|&(next, _)| next - 1);
        let last = ends.chain(next).min().unwrap_or(u32::MAX);
        numbers.push(last, tree);
        let Some(next) = last.checked_add(1) else {
            return Ok(numbers);
        };
        can_hold.retain(|&at| rules[at as usize].numbers.last > last);
        first = next;
    }
}

/// So many rules that can hold for a stretch of numbers cost nothing of the budget.
const FREE: usize = 8;

/// The first of these rules of a section that holds for the arguments answers.
///
/// Among neighbours of one action it does not matter which is first, so those are taken together.
fn first_that_holds(
    forest: &mut Forest,
    section: &Section,
    these: &[u32],
    default: Tree,
) -> Result<Tree, Undecided> {
    let rule = |at: u32| &section.rules[at as usize];
    let mut tree = default;
    for alike in these
        .chunk_by(|&one, &next| rule(one).action == rule(next).action)
        .rev()
    {
        let answer = forest.answer(rule(alike[0]).action.to_ret())?;
        let lists = alike.iter().map(|&at| rule(at).comparisons.as_slice());
        let mut lists: Vec<&[Comparison]> = lists.collect();
        lists.sort_unstable();
        lists.dedup();
        let some = some_holds(forest, section.arch, &lists)?;
        tree = forest.choose(some, answer, tree)?;
    }
    Ok(tree)
}

/// All of one of these lists of comparisons hold; those that ask for a value of one argument are taken together.
fn some_holds(forest: &mut Forest, arch: Arch, lists: &[&[Comparison]]) -> Result<Tree, Undecided> {
    let mut some = Forest::NO;
    for alike in lists.chunk_by(|one, next| {
        let (one, next) = (asked_value(one), asked_value(next));
        one.zip(next).is_some_and(|(one, next)| one.0 == next.0)
    }) {
        let holds = if let Some((arg, _)) = asked_value(alike[0]) {
            let values = alike.iter().filter_map(|list| asked_value(list));
            one_of(forest, arch, arg, values.map(|(_, value)| value).collect())?
        } else {
            all_hold(forest, arch, alike[0])?
        };
        some = forest.or(holds, some)?;
    }
    Ok(some)
}

/// The argument and the value, where a list asks for nothing else than this value of the whole of it.
fn asked_value(list: &[Comparison]) -> Option<(Arg, u64)> {
    match *list {
        [
            Comparison {
                arg,
                test: Test::Eq(value),
                width: Width::Whole,
            },
        ] => Some((arg, value)),
        _ => None,
    }
}

/// The argument is one of these values.
fn one_of(forest: &mut Forest, arch: Arch, arg: Arg, values: Vec<u64>) -> Result<Tree, Undecided> {
    let halves = halves(arch, arg, Width::Whole);
    // By the word that is asked for first, then by the other one, which is zero where there is none.
    let mut pairs: Vec<[u32; 2]> = values
        .into_iter()
        .map(|value| match halves.first {
            Half::Low => [low(value), high(value)],
            Half::High => [high(value), low(value)],
        })
        .collect();
    let words = match halves.first {
        Half::Low => [halves.low, halves.high],
        Half::High => [halves.high, halves.low],
    };
    pairs.sort_unstable();
    let mut firsts = Vec::new();
    let mut rest: (&[[u32; 2]], Tree) = (&[], Forest::NO);
    for alike in pairs.chunk_by(|one, next| one[0] == next[0]) {
        // Most values are small, and what follows them is the same.
        if !others(alike).eq(others(rest.0)) {
            let values = others(alike).map(|other| (other, Forest::YES));
            rest = (
                alike,
                Stretches::of_values(values, Forest::NO).tree(forest, words[1])?,
            );
        }
        firsts.push((alike[0][0], rest.1));
    }
    Stretches::of_values(firsts, Forest::NO).tree(forest, words[0])
}

fn others(pairs: &[[u32; 2]]) -> impl Iterator<Item = u32> {
    pairs.iter().map(|pair| pair[1])
}

/// All of these hold.
fn all_hold(forest: &mut Forest, arch: Arch, list: &[Comparison]) -> Result<Tree, Undecided> {
    let mut all = Forest::YES;
    for &comparison in list.iter().rev() {
        let holds = self::comparison(forest, arch, comparison)?;
        all = forest.and(holds, all)?;
    }
    Ok(all)
}

/// Whether a comparison holds of its argument.
fn comparison(forest: &mut Forest, arch: Arch, it: Comparison) -> Result<Tree, Undecided> {
    let argument = halves(arch, it.arg, it.width);
    let (no, yes) = (Forest::NO, Forest::YES);
    // What follows where the argument is below the value, where it is the same, and where it is above.
    let (value, follow) = match it.test {
        Test::Eq(value) => (value, [no, yes, no]),
        Test::Ne(value) => (value, [yes, no, yes]),
        Test::Lt(value) => (value, [yes, no, no]),
        Test::Le(value) => (value, [yes, yes, no]),
        Test::Ge(value) => (value, [no, yes, yes]),
        Test::Gt(value) => (value, [no, no, yes]),
        Test::MaskedEq { mask, value } => {
            let low = |forest: &mut Forest, then| {
                masked(forest, argument.low, low(mask), low(value), then)
            };
            let high = |forest: &mut Forest, then| {
                masked(forest, argument.high, high(mask), high(value), then)
            };
            return match argument.first {
                Half::Low => high(forest, yes).and_then(|then| low(forest, then)),
                Half::High => low(forest, yes).and_then(|then| high(forest, then)),
            };
        }
    };
    by_order_wide(forest, argument, value, follow)
}

/// A value of 64 bits in two words.
#[derive(Clone, Copy)]
struct Halves {
    low: Word,
    high: Word,
    /// The one that diagrams ask for first.
    first: Half,
}

/// A half of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Low,
    High,
}

/// A word of the call at an offset, or one of which less is seen; the rest is zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Nothing is seen.
    Zero,
    /// The low 16 bits are seen.
    Short(u32),
    /// All is seen.
    At(u32),
}

impl Word {
    /// Where it stands, and how many bits of it are seen.
    const fn seen(self) -> (u32, u32) {
        match self {
            Self::Zero => (0, 0),
            Self::Short(offset) => (offset, 16),
            Self::At(offset) => (offset, u32::BITS),
        }
    }
}

/// The words of an argument, of which so much is seen.
fn halves(arch: Arch, arg: Arg, width: Width) -> Halves {
    let index = arg.index() as u32;
    let low = SeccompData::low_of_arg(index, arch.endian());
    let high = SeccompData::high_of_arg(index, arch.endian());
    let (low, high) = match width.bits(arch) {
        16 => (Word::Short(low), Word::Zero),
        32 => (Word::At(low), Word::Zero),
        _ => (Word::At(low), Word::At(high)),
    };
    let first = match arch.endian() {
        Endian::Little => Half::Low,
        Endian::Big => Half::High,
    };
    Halves { low, high, first }
}

/// What follows by how two words compare with a value: below it, the same, or above.
fn by_order_wide(
    forest: &mut Forest,
    it: Halves,
    value: u64,
    [below, same, above]: [Tree; 3],
) -> Result<Tree, Undecided> {
    let (high, low) = (high(value), low(value));
    match it.first {
        Half::High => {
            let by_low = by_order(forest, it.low, low, [below, same, above])?;
            by_order(forest, it.high, high, [below, by_low, above])
        }
        // The low half has its say where the high one is the same.
        Half::Low => {
            let mut by_high = [below, same, above];
            for follow in &mut by_high {
                *follow = by_order(forest, it.high, high, [below, *follow, above])?;
            }
            by_order(forest, it.low, low, by_high)
        }
    }
}

/// What follows by how a word compares with a value, which the highest bit decides where they differ; that asks for later words only.
pub(crate) fn by_order(
    forest: &mut Forest,
    word: Word,
    value: u32,
    [below, same, above]: [Tree; 3],
) -> Result<Tree, Undecided> {
    let (offset, bits) = word.seen();
    if u64::from(value) >> bits != 0 {
        return Ok(below);
    }
    let mut tree = same;
    for bit in 0..bits {
        tree = if value & 1 << bit == 0 {
            forest.branch(level(offset, bit), tree, above)?
        } else {
            forest.branch(level(offset, bit), below, tree)?
        };
    }
    Ok(tree)
}

/// What follows where the bits of the word that the mask has are the value, and else "no"; that asks for later words only.
pub(crate) fn masked(
    forest: &mut Forest,
    word: Word,
    mask: u32,
    value: u32,
    then: Tree,
) -> Result<Tree, Undecided> {
    if value & !mask != 0 {
        return Ok(Forest::NO);
    }
    let (offset, bits) = word.seen();
    if u64::from(value) >> bits != 0 {
        return Ok(Forest::NO);
    }
    let mut tree = then;
    for bit in 0..bits {
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
