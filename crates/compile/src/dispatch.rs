//! A tree of comparisons that leads from a word to the span that it lies in: short, and shortest for what is met often.
//!
//! Apart from what the spans are of: call numbers and the words of arguments are told apart the same way.

use alloc::vec;
use alloc::vec::Vec;

use crate::code::{Code, Node, Test};
use crate::few::{Few, MOST};
use crate::spans::Span;

/// Where a span leads, and how often it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) node: Node,
    pub(crate) weight: u64,
}

/// What an instruction more is worth among arguments, of which nobody knows how often each is met.
pub(crate) const PRICE_OF_ARGS: u64 = 512;

/// How hard to look for the best tree.
#[derive(Clone, Copy)]
struct Effort {
    /// More spans than this are halved first: the best tree takes the square of their number in memory.
    part: usize,
    /// So many neighbours are searched exactly, which takes their number's power of two.
    few: usize,
}

impl Effort {
    const fn for_spans(count: usize) -> Self {
        match count {
            0..=400 => Self {
                part: PART,
                few: MOST,
            },
            // A tree that may just fit a program.
            401..=16_384 => Self { part: 24, few: 4 },
            _ => Self { part: 3, few: 3 },
        }
    }
}

/// So many spans get the best tree of all; of more, the halves do.
const PART: usize = 120;

/// A single value of more than this part of all weight may get a test of its own in front.
const HEAVY: u64 = 16;

/// How many of the heaviest single values are tried as tests in front of the tree.
const IN_FRONT: usize = 4;

/// The tree over ascending spans, entered with the word loaded, which lies in one of them.
///
/// An instruction more is worth `price` of a step for all of the weight, in 1/1024.
pub(crate) fn dispatch(code: &mut Code, spans: &[Span<Leaf>], price: u64) -> Node {
    let mut spans = merged(spans.iter().copied());
    // Every span gets a share, so that no path grows long, however rarely it is taken.
    let share = weight(&spans) / (spans.len() as u64 * 100) + 1;
    for span in &mut spans {
        span.to.weight += share;
    }
    let price = weight(&spans) * price / 1024;
    let effort = Effort::for_spans(spans.len());
    let (in_front, rest) = parted(spans, price);
    let mut node = halve(code, &rest, price, effort);
    for span in in_front.iter().rev() {
        node = code.test(Test::Eq(span.first), span.to.node, node);
    }
    node
}

/// Neighbours that lead to the same place as one.
fn merged(spans: impl Iterator<Item = Span<Leaf>>) -> Vec<Span<Leaf>> {
    let mut merged: Vec<Span<Leaf>> = Vec::with_capacity(spans.size_hint().1.unwrap_or(0));
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.to.node == span.to.node => {
                last.last = span.last;
                last.to.weight += span.to.weight;
            }
            _ => merged.push(span),
        }
    }
    merged
}

/// The single values that get tests in front, the heaviest first, and what the tree has to part then.
///
/// One more is taken as long as that pays, by trees of halves: these cost more than the best, but by about as much each.
fn parted(spans: Vec<Span<Leaf>>, price: u64) -> (Vec<Span<Leaf>>, Vec<Span<Leaf>>) {
    let total = weight(&spans);
    let is_heavy = |span: &&Span<Leaf>| span.first == span.last && span.to.weight > total / HEAVY;
    let mut singles: Vec<Span<Leaf>> = spans.iter().filter(is_heavy).copied().collect();
    singles.sort_by_key(|span| core::cmp::Reverse(span.to.weight));
    // One span is what remains when no test holds.
    singles.truncate(IN_FRONT.min(spans.len() - 1));
    if singles.is_empty() {
        return (singles, spans);
    }
    let mut least = estimate(&spans, price);
    let mut cheapest = (0, spans.clone());
    let (mut left, mut spent) = (total, 0);
    for count in 1..=singles.len() {
        spent += left + price;
        left -= singles[count - 1].to.weight;
        let rest = spans.iter().filter(|span| !singles[..count].contains(span));
        let rest = merged(rest.copied());
        let cost = spent + estimate(&rest, price);
        if cost >= least {
            break;
        }
        (least, cheapest) = (cost, (count, rest));
    }
    let (count, rest) = cheapest;
    singles.truncate(count);
    (singles, rest)
}

/// About what the best tree costs: that of one which parts its spans in halves, and has as many tests as it takes.
fn estimate(spans: &[Span<Leaf>], price: u64) -> u64 {
    let total = weight(spans);
    let passed = |span: &Span<Leaf>| span.to.weight * halvings(total, span.to.weight);
    let tests = spans.len() as u64 - 1;
    spans.iter().map(passed).sum::<u64>() + tests * price
}

/// How often a weight is halved until it is no more than a part of it, which is not zero.
fn halvings(total: u64, part: u64) -> u64 {
    let digits = part.leading_zeros() - total.leading_zeros();
    u64::from(digits) + u64::from(part << digits < total)
}

/// Cuts in two parts of about equal weight until the parts are few.
///
/// As deep as the logarithm of the number of spans, since each has its share of the weight.
fn halve(code: &mut Code, spans: &[Span<Leaf>], price: u64, effort: Effort) -> Node {
    if spans.len() <= effort.part {
        return Tree::of(spans, price, effort.few).node(code);
    }
    let cut = half(spans);
    let below = halve(code, &spans[..cut], price, effort);
    let above = halve(code, &spans[cut..], price, effort);
    code.test(Test::Ge(spans[cut].first), above, below)
}

/// How many of several spans have about half of their weight; never none or all.
fn half(spans: &[Span<Leaf>]) -> usize {
    let total = weight(spans);
    let mut before = spans[0].to.weight;
    let mut cut = 1;
    while cut + 1 < spans.len() && (before + spans[cut].to.weight) * 2 <= total {
        before += spans[cut].to.weight;
        cut += 1;
    }
    cut
}

fn weight(spans: &[Span<Leaf>]) -> u64 {
    spans.iter().map(|span| span.to.weight).sum()
}

/// How many places before and after the middle of a stretch, by weight, are tried as its cut.
const AROUND: (usize, usize) = (3, 2);

/// A stretch of more spans is long.
const LONG: usize = 24;

/// The same of a long stretch, whose sides make up for a cut that is not the best.
const AROUND_LONG: (usize, usize) = (2, 1);

/// The cheapest way to begin in each stretch of spans that a good tree may come to.
struct Tree {
    few: Few,
    /// How many spans are few here.
    most: usize,
    price: u64,
    /// What all spans before a place weigh; the stretches are between two of these places.
    before: Vec<u64>,
    /// The cost of each stretch by its [`place`]; zero where it was not looked at.
    costs: Vec<u64>,
}

impl Tree {
    fn of(spans: &[Span<Leaf>], price: u64, most: usize) -> Self {
        let count = spans.len();
        let mut before = Vec::with_capacity(count + 1);
        let mut sum = 0;
        before.push(sum);
        for span in spans {
            sum += span.to.weight;
            before.push(sum);
        }
        Self {
            few: Few::new(spans.to_vec(), price),
            most,
            price,
            before,
            costs: vec![0; place(0, count + 1)],
        }
    }

    /// What the best tree of a stretch costs.
    fn cost(&mut self, begin: usize, end: usize) -> u64 {
        match self.costs[place(begin, end)] {
            0 => self.look(begin, end),
            known => known,
        }
    }

    fn look(&mut self, begin: usize, end: usize) -> u64 {
        let cost = if end - begin <= self.most {
            self.few.cost(begin, end)
        } else {
            let (sides, _) = self.best_cut(begin, end);
            sides + self.before[end] - self.before[begin] + self.price
        };
        self.costs[place(begin, end)] = cost;
        cost
    }

    /// The cut whose two sides cost least, and the cost of both; the first of several.
    ///
    /// It hardly ever lies far from the middle, where both sides weigh the same.
    fn best_cut(&mut self, begin: usize, end: usize) -> (u64, usize) {
        let ends = self.before[begin] + self.before[end];
        let middle = begin + self.before[begin..end].partition_point(|before| before * 2 < ends);
        let (before, after) = if end - begin > LONG {
            AROUND_LONG
        } else {
            AROUND
        };
        let first = middle.saturating_sub(before).max(begin + 1);
        let last = (middle + after).min(end - 1);
        let mut best = (u64::MAX, first);
        for cut in first..=last {
            let sides = self.cost(begin, cut) + self.cost(cut, end);
            if sides < best.0 {
                best = (sides, cut);
            }
        }
        best
    }

    fn node(&mut self, code: &mut Code) -> Node {
        self.stretch(code, 0, self.few.spans().len())
    }

    fn stretch(&mut self, code: &mut Code, begin: usize, end: usize) -> Node {
        if end - begin <= self.most {
            return self.few.node(code, begin, end);
        }
        let (_, cut) = self.best_cut(begin, end);
        let below = self.stretch(code, begin, cut);
        let above = self.stretch(code, cut, end);
        code.test(Test::Ge(self.few.spans()[cut].first), above, below)
    }
}

/// Where a stretch stands among all: those that end earlier come before.
const fn place(begin: usize, end: usize) -> usize {
    end * (end - 1) / 2 + begin
}
