//! The numbers of one arch as runs with one meaning each: the rules that can apply there, in order.
//!
//! Apart from what is made of a meaning, since equal meanings are met many times and made once.

use alloc::vec;
use alloc::vec::Vec;

use callgate_bpf::Action;
use callgate_policy::Rule;
use callgate_syscalls::Arch;

use crate::error::CompileError;
use crate::intern::Interner;
use crate::words::Plain;

/// How many rules, summed over the runs of one arch, are looked at.
///
/// A program holds a few thousand instructions, so whoever comes near this has no program anyway.
const LIMIT: usize = 1 << 22;

/// A run of numbers: from `first` up to the next run's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run<T> {
    pub(crate) first: u32,
    pub(crate) is: T,
}

/// What a call gets, by its arguments: the first clause that holds says, else the last word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Meaning {
    /// Numbers of clauses.
    pub(crate) clauses: Vec<u32>,
    pub(crate) otherwise: Action,
}

/// What of a rule is about arguments: where all of these hold, this action.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Clause {
    /// None constant, sorted, none twice, and at least one.
    pub(crate) tests: Vec<Plain>,
    pub(crate) action: Action,
}

/// All meanings of a policy, each once.
pub(crate) struct Meanings {
    meanings: Interner<Meaning>,
    clauses: Interner<Clause>,
}

impl Meanings {
    pub(crate) fn new() -> Self {
        Self {
            meanings: Interner::new(),
            clauses: Interner::new(),
        }
    }

    /// The meanings by their numbers.
    pub(crate) fn all(&self) -> &[Meaning] {
        self.meanings.items()
    }

    /// The clauses by their numbers.
    pub(crate) fn clauses(&self) -> &[Clause] {
        self.clauses.items()
    }

    /// The runs of an arch over all numbers, the first from zero; neighbours mean different lists of rules.
    pub(crate) fn runs(
        &mut self,
        arch: Arch,
        rules: &[Rule],
        otherwise: Action,
    ) -> Result<Vec<Run<u32>>, CompileError> {
        let shapes: Vec<Shape> = rules.iter().map(|rule| self.shape(rule, arch)).collect();
        let mut edges = edges(rules, &shapes);
        // They are nearly sorted, which only the stable sort makes use of.
        edges.sort();
        let mut runs: Vec<Run<u32>> = Vec::new();
        let mut applying = Applying::none_of(rules.len());
        let mut looked_at = 0;
        let mut edges = edges.into_iter().peekable();
        let mut first = 0;
        loop {
            while let Some(edge) = edges.next_if(|edge| edge.at() == first) {
                applying.set(edge.rule(), edge.begins());
            }
            let meaning = meaning(&applying, &shapes, otherwise, &mut looked_at);
            if looked_at > LIMIT {
                return Err(CompileError::Overlaps { arch, limit: LIMIT });
            }
            let is_last = |run: &Run<u32>| self.all()[run.is as usize] == meaning;
            if !runs.last().is_some_and(is_last) {
                let is = self.meanings.intern(meaning);
                runs.push(Run { first, is });
            }
            match edges.peek() {
                Some(edge) => first = edge.at(),
                None => return Ok(runs),
            }
        }
    }

    fn shape(&mut self, rule: &Rule, arch: Arch) -> Shape {
        let mut tests = Vec::with_capacity(rule.comparisons.len());
        for &comparison in &rule.comparisons {
            match Plain::of(comparison, arch) {
                Plain::Constant(true) => {}
                Plain::Constant(false) => return Shape::Never,
                test => tests.push(test),
            }
        }
        if tests.is_empty() {
            return Shape::Always(rule.action);
        }
        tests.sort_unstable();
        tests.dedup();
        Shape::Sometimes(self.clauses.intern(Clause {
            tests,
            action: rule.action,
        }))
    }
}

/// When a rule holds for a call of its numbers.
#[derive(Clone, Copy)]
enum Shape {
    Never,
    Always(Action),
    Sometimes(u32),
}

/// Where a rule's numbers begin, or have ended: the place, the number of the rule, and a bit that tells which.
///
/// One word, because many are sorted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge(u64);

impl Edge {
    fn begin(at: u32, rule: usize) -> Self {
        let rule = u32::try_from(rule * 2).expect("fewer than 2^31 rules");
        Self(u64::from(at) << 32 | u64::from(rule | 1))
    }

    fn end(at: u32, rule: usize) -> Self {
        Self(Self::begin(at, rule).0 & !1)
    }

    fn at(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn rule(self) -> usize {
        (self.0 as u32 >> 1) as usize
    }

    fn begins(self) -> bool {
        self.0 & 1 != 0
    }
}

fn edges(rules: &[Rule], shapes: &[Shape]) -> Vec<Edge> {
    let mut edges = Vec::with_capacity(rules.len() * 2);
    for (rule, each) in rules.iter().enumerate() {
        let (first, last) = (each.numbers.first, each.numbers.last);
        if first > last || matches!(shapes[rule], Shape::Never) {
            continue;
        }
        edges.push(Edge::begin(first, rule));
        if let Some(at) = last.checked_add(1) {
            edges.push(Edge::end(at, rule));
        }
    }
    edges
}

/// The rules that apply to a number.
///
/// Words of bits in two floors, because a hundred thousand rules may begin and end anywhere among others.
struct Applying {
    /// A bit for each rule.
    rules: Vec<u64>,
    /// A bit for each word of those that is not zero.
    words: Vec<u64>,
}

impl Applying {
    fn none_of(rules: usize) -> Self {
        let words = rules.div_ceil(64);
        Self {
            rules: vec![0; words],
            words: vec![0; words.div_ceil(64)],
        }
    }

    fn set(&mut self, rule: usize, applies: bool) {
        let word = rule / 64;
        set_bit(&mut self.rules, rule, applies);
        set_bit(&mut self.words, word, self.rules[word] != 0);
    }

    /// Ascending.
    fn rules(&self) -> impl Iterator<Item = usize> {
        bits(&self.words, 0).flat_map(|word| bits(&self.rules[word..=word], word * 64))
    }
}

fn set_bit(words: &mut [u64], place: usize, is_set: bool) {
    let bit = 1 << (place % 64);
    if is_set {
        words[place / 64] |= bit;
    } else {
        words[place / 64] &= !bit;
    }
}

/// The places of the bits that are set, ascending from the place of the first.
fn bits(words: &[u64], first: usize) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(move |(at, &word)| {
        let mut left = word;
        core::iter::from_fn(move || {
            let bit = left.trailing_zeros() as usize;
            (left != 0).then(|| {
                left &= left - 1;
                first + at * 64 + bit
            })
        })
    })
}

/// The rules that apply, up to the first that always holds, without what they say twice.
fn meaning(
    applying: &Applying,
    shapes: &[Shape],
    default: Action,
    looked_at: &mut usize,
) -> Meaning {
    let mut clauses = Vec::new();
    let mut otherwise = default;
    for rule in applying.rules() {
        *looked_at += 1;
        match shapes[rule] {
            Shape::Never => {}
            Shape::Sometimes(clause) if clauses.last() == Some(&clause) => {}
            Shape::Sometimes(clause) => clauses.push(clause),
            Shape::Always(action) => {
                otherwise = action;
                break;
            }
        }
    }
    Meaning { clauses, otherwise }
}
