//! A tree of comparisons that leads from a word to the span that it lies in: short, and shortest for what is met often.
//!
//! Apart from what the spans are of: call numbers and the words of arguments are told apart the same way.

use alloc::vec;
use alloc::vec::Vec;

use crate::code::{Code, Node, Test};
use crate::few::{Ends, Few, MOST};
use crate::spans::Span;

/// Where a span leads, and how often it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) node: Node,
    pub(crate) weight: u64,
}

/// How hard to look for the best tree.
#[derive(Clone, Copy)]
struct Effort {
    /// More spans than this are halved first: the best tree takes the square of their number in time.
    part: usize,
    /// So many neighbours are searched exactly, which takes their number's power of two.
    few: usize,
}

impl Effort {
    const fn for_spans(count: usize) -> Self {
        match count {
            0..=400 => Self {
                part: 400,
                few: MOST,
            },
            // A tree that may just fit a program.
            401..=16_384 => Self { part: 24, few: 4 },
            _ => Self { part: 3, few: 3 },
        }
    }
}

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
    let total: u64 = spans.iter().map(|span| span.to.weight).sum();
    let share = total / (spans.len() as u64 * 64) + 1;
    for span in &mut spans {
        span.to.weight += share;
    }
    let total: u64 = spans.iter().map(|span| span.to.weight).sum();
    let effort = Effort::for_spans(spans.len());
    halve(code, &spans, total * price / 1024, effort)
}

/// Neighbours that lead to the same place as one.
fn merged(spans: impl Iterator<Item = Span<Leaf>>) -> Vec<Span<Leaf>> {
    let mut merged: Vec<Span<Leaf>> = Vec::with_capacity(spans.size_hint().0);
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

/// Cuts in two parts of about equal weight until the parts are few.
///
/// As deep as the logarithm of the number of spans, since each has its share of the weight.
fn halve(code: &mut Code, spans: &[Span<Leaf>], price: u64, effort: Effort) -> Node {
    if spans.len() <= effort.part {
        return best(code, spans, price, effort);
    }
    let total: u64 = weight(spans);
    let mut before = 0;
    let mut cut = 0;
    while cut + 1 < spans.len() && (cut == 0 || (before + spans[cut].to.weight) * 2 <= total) {
        before += spans[cut].to.weight;
        cut += 1;
    }
    let below = halve(code, &spans[..cut], price, effort);
    let above = halve(code, &spans[cut..], price, effort);
    code.test(Test::Ge(spans[cut].first), above, below)
}

/// The cheapest tree, perhaps with tests of single values in front.
fn best(code: &mut Code, spans: &[Span<Leaf>], price: u64, effort: Effort) -> Node {
    let total = weight(spans);
    let mut singles: Vec<usize> = (0..spans.len())
        .filter(|&at| spans[at].first == spans[at].last)
        .filter(|&at| spans[at].to.weight > total / HEAVY)
        .collect();
    singles.sort_by_key(|&at| core::cmp::Reverse(spans[at].to.weight));
    // One span is what remains when no test holds.
    singles.truncate(IN_FRONT.min(spans.len() - 1));
    let mut cheapest = Tree::of(spans.to_vec(), price, effort.few, None);
    let mut least = cheapest.cost();
    let mut in_front = 0;
    // The tree that was tried last, where it is not the cheapest.
    let mut last: Option<Tree> = None;
    let (mut left, mut spent) = (total, 0);
    for count in 1..=singles.len() {
        spent += left + price;
        left -= spans[singles[count - 1]].to.weight;
        let rest = (0..spans.len()).filter(|at| !singles[..count].contains(at));
        let rest = merged(rest.map(|at| spans[at]));
        let tree = Tree::of(rest, price, effort.few, last.as_ref().or(Some(&cheapest)));
        if spent + tree.cost() < least {
            least = spent + tree.cost();
            in_front = count;
            (cheapest, last) = (tree, None);
        } else {
            last = Some(tree);
        }
    }
    let mut node = cheapest.node(code);
    for &single in singles[..in_front].iter().rev() {
        let span = spans[single];
        node = code.test(Test::Eq(span.first), span.to.node, node);
    }
    node
}

fn weight(spans: &[Span<Leaf>]) -> u64 {
    spans.iter().map(|span| span.to.weight).sum()
}

/// How far beyond those bounds a cut is looked for.
const SLACK: usize = 2;

/// The cheapest way to begin in each stretch of spans.
struct Tree {
    few: Few,
    /// How many spans are few here.
    most: usize,
    /// By begin and end: the cost.
    costs: Vec<u64>,
    /// By begin and end: where to cut; stretches of few spans are not here.
    cuts: Vec<u16>,
}

impl Tree {
    /// The trees over spans; what another one knows of the first and the last of them, which it has too, is taken over.
    fn of(spans: Vec<Span<Leaf>>, price: u64, most: usize, other: Option<&Self>) -> Self {
        let count = spans.len();
        let mut weights = Vec::with_capacity(count + 1);
        let mut sum = 0;
        for span in &spans {
            weights.push(sum);
            sum += span.to.weight;
        }
        weights.push(sum);
        let mut tree = Self {
            few: Few::new(spans, price),
            most,
            costs: vec![0; count * (count + 1) / 2],
            cuts: vec![0; count * (count + 1) / 2],
        };
        let ends = other.map_or(Ends::default(), |other| tree.take_over(other));
        for length in 1..=count {
            for begin in 0..=count - length {
                let end = begin + length;
                if end <= ends.front || begin >= count - ends.back {
                    continue;
                }
                let place = tree.place(begin, end);
                if length <= most {
                    tree.costs[place] = tree.few.cost(begin, end);
                } else {
                    let (cost, cut) = tree.best_cut(begin, end);
                    tree.costs[place] = cost + weights[end] - weights[begin] + price;
                    tree.cuts[place] = u16::try_from(cut).expect("larger ones are halved");
                }
            }
        }
        tree
    }

    /// Takes over what a tree of as many spans, or more, knows of those that both begin and end with.
    fn take_over(&mut self, other: &Self) -> Ends {
        let (own, others) = (self.few.spans(), other.few.spans());
        let skip = others.len() - own.len();
        let alike = |(one, two): &(&Span<Leaf>, &Span<Leaf>)| one == two;
        let front = own.iter().zip(others).take_while(alike).count();
        let rest = own[front..].iter().rev().zip(others[front..].iter().rev());
        let back = rest.take_while(alike).count();
        let count = own.len();
        for begin in 0..front {
            let (from, to) = (other.row(begin), self.row(begin));
            let length = front - begin;
            self.costs[to..][..length].copy_from_slice(&other.costs[from..][..length]);
            self.cuts[to..][..length].copy_from_slice(&other.cuts[from..][..length]);
        }
        // The rows of the last are last.
        let (from, to) = (other.row(count - back + skip), self.row(count - back));
        self.costs[to..].copy_from_slice(&other.costs[from..]);
        for (cut, others) in self.cuts[to..].iter_mut().zip(&other.cuts[from..]) {
            *cut = others.saturating_sub(skip as u16);
        }
        let ends = Ends { front, back };
        self.few.take_over(&other.few, ends);
        ends
    }

    /// The cut whose two sides cost least, and the cost of both; the first of several.
    ///
    /// It lies between those of the two stretches that are shorter by one (Knuth 1971),
    /// which holds for trees of cuts alone and nearly for these.
    fn best_cut(&self, begin: usize, end: usize) -> (u64, usize) {
        let long = end - begin > self.most + 1;
        let (first, last) = if long {
            let shorter = [self.place(begin, end - 1), self.place(begin + 1, end)];
            let [first, last] = shorter.map(|place| usize::from(self.cuts[place]));
            (
                first.min(last) - SLACK.min(first.min(last) - begin - 1),
                (first.max(last) + SLACK).min(end - 1),
            )
        } else {
            (begin + 1, end - 1)
        };
        let below = &self.costs[self.place(begin, first)..=self.place(begin, last)];
        let mut above = self.place(first, end);
        let mut best = (u64::MAX, first);
        for (below, cut) in below.iter().zip(first..) {
            let cost = below + self.costs[above];
            if cost < best.0 {
                best = (cost, cut);
            }
            // The same end in the next row.
            above += self.few.spans().len() - cut - 1;
        }
        best
    }

    fn cost(&self) -> u64 {
        self.costs[self.place(0, self.few.spans().len())]
    }

    fn node(&mut self, code: &mut Code) -> Node {
        self.stretch(code, 0, self.few.spans().len())
    }

    fn stretch(&mut self, code: &mut Code, begin: usize, end: usize) -> Node {
        if end - begin <= self.most {
            return self.few.node(code, begin, end);
        }
        let cut = usize::from(self.cuts[self.place(begin, end)]);
        let below = self.stretch(code, begin, cut);
        let above = self.stretch(code, cut, end);
        code.test(Test::Ge(self.few.spans()[cut].first), above, below)
    }

    /// Where the costs of a stretch stand, which is not empty.
    fn place(&self, begin: usize, end: usize) -> usize {
        self.row(begin) + end - begin - 1
    }

    /// Where the stretches from `begin` stand, one for each end after it.
    fn row(&self, begin: usize) -> usize {
        begin * (2 * self.few.spans().len() + 1 - begin) / 2
    }
}
