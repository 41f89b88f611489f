//! What a diagram says of its first word, as spans of values that are answered alike.
//!
//! Apart from the diagram, which knows bits and no values.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use crate::diagram::{Diagram, Diagrams, Entry, WORD_BITS};

/// Values from `first` to `last` that go to one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Span<T> {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) to: T,
}

/// How a function looks at one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The spans of values that it tells apart.
    pub(crate) spans: u64,
    /// The same among the values that have no bits but those that matter.
    pub(crate) masked_spans: u64,
    /// The bits that matter.
    pub(crate) support: u32,
    /// The nodes in the word.
    pub(crate) nodes: usize,
}

/// The shape of a function in the word of this rank, where it begins.
pub(crate) fn shape(diagrams: &Diagrams, function: Diagram, rank: u16) -> Shape {
    let nodes = nodes(diagrams, function, rank);
    // Children are made before their parents, so ascending order meets them first.
    let mut support = 0;
    for &node in &nodes {
        support |= 1 << bit(diagrams.level(node));
    }
    let mut ends: Vec<Ends> = Vec::with_capacity(nodes.len());
    for &node in &nodes {
        let Entry::Branch { level, clear, set } = diagrams.entry(node) else {
            unreachable!("a node in a word is a branch");
        };
        let below = |child: Diagram| -> Ends {
            let known = match nodes.binary_search(&child) {
                Ok(at) => ends[at],
                Err(_) => Ends {
                    first: child,
                    last: child,
                    spans: 1,
                    masked_spans: 1,
                },
            };
            known.raised(between(level + 1, diagrams.level(child), rank), support)
        };
        let (clear, set) = (below(clear), below(set));
        let joint = u64::from(clear.last == set.first);
        ends.push(Ends {
            first: clear.first,
            last: set.last,
            spans: clear.spans.saturating_add(set.spans - joint),
            masked_spans: clear.masked_spans.saturating_add(set.masked_spans - joint),
        });
    }
    let above = between(rank * WORD_BITS, diagrams.level(function), rank);
    let top = ends[ends.len() - 1].raised(above, support);
    Shape {
        spans: top.spans,
        masked_spans: top.masked_spans,
        support,
        nodes: nodes.len(),
    }
}

/// The spans of a function over the word of this rank, ascending; of all values, or of those within a mask.
pub(crate) fn spans(
    diagrams: &Diagrams,
    function: Diagram,
    rank: u16,
    mask: u32,
) -> Vec<Span<Diagram>> {
    let mut walk = Walk {
        diagrams,
        rank,
        mask,
        spans: Vec::new(),
    };
    walk.walk(function, rank * WORD_BITS, 0);
    walk.spans
}

/// Where a function goes on after the word of this rank, each once, in the order of their making.
pub(crate) fn targets(diagrams: &Diagrams, function: Diagram, rank: u16) -> Vec<Diagram> {
    let mut targets = Vec::new();
    for node in nodes(diagrams, function, rank) {
        let (clear, set) = diagrams.halves(node, diagrams.level(node));
        targets.extend(
            [clear, set]
                .into_iter()
                .filter(|&to| !diagrams.begins_in(to, rank)),
        );
    }
    targets.sort_unstable();
    targets.dedup();
    targets
}

/// The nodes of a function in the word of this rank, children before their parents.
fn nodes(diagrams: &Diagrams, function: Diagram, rank: u16) -> Vec<Diagram> {
    let mut nodes = Vec::new();
    // Parents are greater than their children, so all that lead to a node come before it.
    let mut todo = BinaryHeap::from([function]);
    while let Some(node) = todo.pop() {
        if nodes.last() == Some(&node) || !diagrams.begins_in(node, rank) {
            continue;
        }
        nodes.push(node);
        let (clear, set) = diagrams.halves(node, diagrams.level(node));
        todo.extend([clear, set]);
    }
    nodes.reverse();
    nodes
}

/// What a function does with the least and the greatest value, and how many spans are between.
#[derive(Clone, Copy)]
struct Ends {
    first: Diagram,
    last: Diagram,
    spans: u64,
    masked_spans: u64,
}

impl Ends {
    /// The same below some bits that it does not look at, of which others may.
    fn raised(mut self, bits: u32, support: u32) -> Self {
        let joint = u64::from(self.first == self.last);
        for _ in 0..bits.count_ones() {
            self.spans = self.spans.saturating_add(self.spans - joint);
        }
        for _ in 0..(bits & support).count_ones() {
            self.masked_spans = self.masked_spans.saturating_add(self.masked_spans - joint);
        }
        self
    }
}

/// The bits of a word from one level up to another; none where the other is past the word.
fn between(level: u16, end: u16, rank: u16) -> u32 {
    if end / WORD_BITS != rank {
        return 0;
    }
    (level..end).fold(0, |bits, level| bits | 1 << bit(level))
}

/// The distance of a level's bit from the lowest of its word.
fn bit(level: u16) -> u16 {
    WORD_BITS - 1 - level % WORD_BITS
}

struct Walk<'a> {
    diagrams: &'a Diagrams,
    rank: u16,
    mask: u32,
    spans: Vec<Span<Diagram>>,
}

impl Walk<'_> {
    /// The values that have these upper bits, from this level downward; 32 calls deep at most.
    fn walk(&mut self, function: Diagram, level: u16, upper: u32) {
        if !self.diagrams.begins_in(function, self.rank) {
            // All bits from this level down; none past the word's last.
            let bits = (self.rank + 1) * WORD_BITS - level;
            let below = ((1u64 << bits) - 1) as u32;
            self.push(upper, upper | (below & self.mask), function);
            return;
        }
        let bit = 1 << bit(level);
        let (clear, set) = self.diagrams.halves(function, level);
        self.walk(clear, level + 1, upper);
        if self.mask & bit != 0 {
            self.walk(set, level + 1, upper | bit);
        }
    }

    fn push(&mut self, first: u32, last: u32, to: Diagram) {
        match self.spans.last_mut() {
            Some(span) if span.to == to => span.last = last,
            _ => self.spans.push(Span { first, last, to }),
        }
    }
}
