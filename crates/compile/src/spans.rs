//! What a diagram says of its first word, as spans of values that are answered alike.
//!
//! Apart from the diagram, which knows bits and no values.

use alloc::vec::Vec;

use crate::diagram::{Diagram, Diagrams, WORD_BITS};

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

/// The nodes of a function in the word where it begins, each with where its two sides are.
pub(crate) struct Word {
    /// Children before their parents, so the function is the last.
    nodes: Vec<WordNode>,
    rank: u16,
}

#[derive(Clone, Copy)]
struct WordNode {
    level: u16,
    clear: Side,
    set: Side,
}

/// Where a side of a node is: the place of another node of the word, or none, and the function that it is.
#[derive(Clone, Copy)]
struct Side {
    place: Option<usize>,
    function: Diagram,
    level: u16,
}

/// Which nodes were met, so that a word is read without a search for each.
#[derive(Default)]
pub(crate) struct Marks {
    /// By diagram: the number of the reading that met it last, and its place then.
    met: Vec<(usize, usize)>,
    readings: usize,
}

impl Word {
    /// The word of this rank, where the function begins.
    pub(crate) fn of(diagrams: &Diagrams, marks: &mut Marks, function: Diagram, rank: u16) -> Self {
        let mut all = Vec::new();
        marks.begin(function);
        let mut todo = alloc::vec![function];
        while let Some(node) = todo.pop() {
            if !diagrams.begins_in(node, rank) || !marks.meet(node) {
                continue;
            }
            all.push(node);
            let (clear, set) = diagrams.halves(node, diagrams.level(node));
            todo.extend([set, clear]);
        }
        // Children are made before their parents.
        all.sort_unstable();
        for (place, &node) in all.iter().enumerate() {
            marks.put(node, place);
        }
        let side = |function: Diagram| {
            let level = diagrams.level(function);
            Side {
                place: (level / WORD_BITS == rank).then(|| marks.place(function)),
                function,
                level,
            }
        };
        let nodes = all.iter().map(|&node| {
            let level = diagrams.level(node);
            let (clear, set) = diagrams.halves(node, level);
            WordNode {
                level,
                clear: side(clear),
                set: side(set),
            }
        });
        Self {
            nodes: nodes.collect(),
            rank,
        }
    }

    /// How the function looks at it.
    pub(crate) fn shape(&self) -> Shape {
        let mut support = 0;
        for node in &self.nodes {
            support |= 1 << bit(node.level);
        }
        let mut ends: Vec<Ends> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let below = |side: Side| -> Ends {
                let known = match side.place {
                    Some(place) => ends[place],
                    None => Ends {
                        first: side.function,
                        last: side.function,
                        spans: 1,
                        masked_spans: 1,
                    },
                };
                known.raised(between(node.level + 1, side.level, self.rank), support)
            };
            let (clear, set) = (below(node.clear), below(node.set));
            let joint = u64::from(clear.last == set.first);
            ends.push(Ends {
                first: clear.first,
                last: set.last,
                spans: clear.spans.saturating_add(set.spans - joint),
                masked_spans: clear.masked_spans.saturating_add(set.masked_spans - joint),
            });
        }
        let top = self.nodes.len() - 1;
        let above = between(self.rank * WORD_BITS, self.nodes[top].level, self.rank);
        let ends = ends[top].raised(above, support);
        Shape {
            spans: ends.spans,
            masked_spans: ends.masked_spans,
            support,
            nodes: self.nodes.len(),
        }
    }

    /// Where the function goes on after the word, each once, in the order of their making.
    pub(crate) fn targets(&self) -> Vec<Diagram> {
        let sides = self.nodes.iter().flat_map(|node| [node.clear, node.set]);
        let targets = sides.filter(|side| side.place.is_none());
        let mut targets: Vec<Diagram> = targets.map(|side| side.function).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// Bits that may be set, in any combination, and the answer stays that of zero.
    pub(crate) fn zero_cube(&self) -> u32 {
        let mut zero = self.nodes[self.nodes.len() - 1].clear;
        while let Some(place) = zero.place {
            zero = self.nodes[place].clear;
        }
        let mut free = 0;
        // Whether all values below a node that have no other bits than the free ones are answered as zero is.
        let mut alike = Vec::with_capacity(self.nodes.len());
        for added in 0..WORD_BITS {
            let allowed = free | 1 << added;
            alike.clear();
            for node in &self.nodes {
                let is_alike = |side: Side| match side.place {
                    Some(place) => alike[place],
                    None => side.function == zero.function,
                };
                let may_be_set = allowed & 1 << bit(node.level) != 0;
                alike.push(is_alike(node.clear) && (!may_be_set || is_alike(node.set)));
            }
            if alike[alike.len() - 1] {
                free = allowed;
            }
        }
        free
    }
}

impl Marks {
    /// Begins a reading of a function, than which all that it leads to are less.
    fn begin(&mut self, function: Diagram) {
        self.readings += 1;
        if self.met.len() <= function.index() {
            self.met.resize(function.index() + 1, (0, 0));
        }
    }

    /// Whether it is the first time in this reading.
    fn meet(&mut self, node: Diagram) -> bool {
        core::mem::replace(&mut self.met[node.index()].0, self.readings) != self.readings
    }

    fn put(&mut self, node: Diagram, place: usize) {
        self.met[node.index()].1 = place;
    }

    fn place(&self, node: Diagram) -> usize {
        self.met[node.index()].1
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
    if end / WORD_BITS != rank || level >= end {
        return 0;
    }
    // All below the first level, but for those from the end on.
    (u32::MAX >> (level % WORD_BITS)) & !(u32::MAX >> (end % WORD_BITS))
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
