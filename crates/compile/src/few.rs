//! The best tree for a few neighbouring spans, by trying every cut, every single value and every mask that parts them.
//!
//! Apart from the tree over many, because this search is exact and would not end with many:
//! after a single value or a mask, what remains is no longer a stretch but any choice of the spans.

use alloc::vec::Vec;

use crate::code::{Code, Node, Test};
use crate::dispatch::Leaf;
use crate::spans::Span;

/// How many spans are few at most.
pub(crate) const MOST: usize = 6;

/// Neighbouring spans, and what is known of the choices among them.
pub(crate) struct Few {
    spans: Vec<Span<Leaf>>,
    /// Of each span.
    bits: Vec<Bits>,
    /// Of each span: which of it and the next ones lead to its place.
    alike: Vec<usize>,
    price: u64,
    /// By the first span that remains, and which of it and the next ones do.
    known: Vec<Known>,
}

/// What is known of a choice of spans.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The sum of their weights.
    weight: u64,
    /// The cost of the best tree, or [`UNKNOWN`].
    cost: u64,
}

/// Not looked at yet; no tree costs so much.
const UNKNOWN: u64 = u64::MAX;

/// Which spans remain: the lowest bit is `base`, which does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Remaining {
    base: usize,
    bits: usize,
}

/// The bits of the values of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits {
    /// Those that some value has.
    some: u32,
    /// Those that every value has.
    all: u32,
}

/// A first test, and which of the spans pass it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parting {
    test: Test,
    passing: usize,
}

/// A look for the best parting of what remains.
struct Search {
    remaining: Remaining,
    /// Choices of six spans are 64: a bit for each that was tried as the passing ones.
    tried: u64,
    /// The least that both sides together cost, and how they are parted.
    best: (u64, Option<Parting>),
}

impl Few {
    pub(crate) fn new(spans: Vec<Span<Leaf>>, price: u64) -> Self {
        let bits = spans.iter().map(Bits::of).collect();
        let neighbours = |at: usize| &spans[at..spans.len().min(at + MOST)];
        let alike = (0..spans.len()).map(|at| {
            let places = neighbours(at).iter().enumerate();
            let alike = places.filter(|(_, span)| span.to.node == spans[at].to.node);
            alike.fold(0, |alike, (place, _)| alike | 1 << place)
        });
        let alike = alike.collect();
        let mut known = Vec::with_capacity(spans.len() << (MOST - 1));
        for at in 0..spans.len() {
            let begin = known.len();
            known.push(Known {
                weight: spans[at].to.weight,
                cost: UNKNOWN,
            });
            // Each next span comes to all choices that there are without it; past the last, none is asked for.
            for place in 1..MOST {
                let weight = spans.get(at + place).map_or(0, |span| span.to.weight);
                for choice in begin..known.len() {
                    known.push(Known {
                        weight: known[choice].weight + weight,
                        cost: UNKNOWN,
                    });
                }
            }
        }
        Self {
            spans,
            bits,
            alike,
            price,
            known,
        }
    }

    /// All the spans.
    pub(crate) fn spans(&self) -> &[Span<Leaf>] {
        &self.spans
    }

    /// What the best tree of a stretch costs: its weight for each test passed, and the price of each test.
    pub(crate) fn cost(&mut self, begin: usize, end: usize) -> u64 {
        self.best(stretch(begin, end))
    }

    /// The best tree of a stretch.
    pub(crate) fn node(&mut self, code: &mut Code, begin: usize, end: usize) -> Node {
        self.tree(code, stretch(begin, end))
    }

    fn tree(&mut self, code: &mut Code, remaining: Remaining) -> Node {
        if self.is_alike(remaining) {
            return self.spans[remaining.base].to.node;
        }
        let (_, parting) = self.search(remaining);
        let Parting { test, passing } =
            parting.expect("spans that lead to two places can be parted");
        let yes = self.tree(code, remaining.only(passing));
        let no = self.tree(code, remaining.only(remaining.bits & !passing));
        code.test(test, yes, no)
    }

    fn best(&mut self, remaining: Remaining) -> u64 {
        if self.is_alike(remaining) {
            return 0;
        }
        let place = remaining.place();
        let Known { weight, cost } = self.known[place];
        if cost != UNKNOWN {
            return cost;
        }
        let cost = self.search(remaining).0 + weight + self.price;
        self.known[place].cost = cost;
        cost
    }

    /// What no tree costs less than: where two places remain, all weight passes a test.
    fn least(&self, remaining: Remaining) -> u64 {
        if self.is_alike(remaining) {
            return 0;
        }
        let Known { weight, cost } = self.known[remaining.place()];
        if cost == UNKNOWN {
            weight + self.price
        } else {
            cost
        }
    }

    /// Whether all that remain lead to one place.
    fn is_alike(&self, remaining: Remaining) -> bool {
        remaining.bits & !self.alike[remaining.base] == 0
    }

    /// What both sides of the best first test cost, and that test, where two places remain.
    fn search(&mut self, remaining: Remaining) -> (u64, Option<Parting>) {
        let Remaining { base, bits } = remaining;
        let mut search = Search {
            remaining,
            tried: 0,
            best: (u64::MAX, None),
        };
        let mut above = bits;
        let mut below = self.spans[base].to.node;
        for at in places(bits) {
            let span = self.spans[base + at];
            if span.to.node != below {
                search.consider(self, Test::Ge(span.first), above);
            }
            if span.first == span.last {
                search.consider(self, Test::Eq(span.first), 1 << at);
            }
            below = span.to.node;
            above &= !(1 << at);
        }
        let mut others = bits;
        while others != 0 {
            let at = others.trailing_zeros() as usize;
            let alike = self.alike[base + at] << at & bits;
            others &= !alike;
            // Bits that no value of the spans which lead to one place has.
            let some = places(alike).fold(0, |some, at| some | self.bits[base + at].some);
            if let Some(passing) = self.parted(remaining, !some) {
                search.consider(self, Test::Set(!some), passing);
            }
        }
        // Bits that each span has in all of its values or in none, some span has, and some has not.
        let (mut clean, mut had, mut by_all) = (u32::MAX, 0, u32::MAX);
        for at in places(bits) {
            let Bits { some, all } = self.bits[base + at];
            clean &= all | !some;
            had |= all;
            by_all &= all;
        }
        for bit in places((clean & had & !by_all) as usize) {
            let mut passing = 0;
            for at in places(bits) {
                passing |= ((self.bits[base + at].all >> bit & 1) as usize) << at;
            }
            search.consider(self, Test::Set(1 << bit), passing);
        }
        search.best
    }

    /// Which spans have a bit of the mask in every value; none where a span has one in some of its values only.
    fn parted(&self, remaining: Remaining, mask: u32) -> Option<usize> {
        let mut passing = 0;
        for at in places(remaining.bits) {
            let Bits { some, all } = self.bits[remaining.base + at];
            if some & mask == 0 {
                continue;
            }
            if all & mask == 0 {
                let span = self.spans[remaining.base + at];
                let without = first_without(span.first, mask);
                if without.is_some_and(|without| without <= span.last) {
                    return None;
                }
            }
            passing |= 1 << at;
        }
        Some(passing)
    }
}

impl Search {
    /// Takes a test if its sides cost less than those of all before; `passing` are the spans that pass it.
    fn consider(&mut self, few: &mut Few, test: Test, passing: usize) {
        let failing = self.remaining.bits & !passing;
        if passing == 0 || failing == 0 || self.tried & (1 << passing | 1 << failing) != 0 {
            return;
        }
        self.tried |= 1 << passing;
        let [yes, no] = [passing, failing].map(|bits| self.remaining.only(bits));
        if few.least(yes) + few.least(no) >= self.best.0 {
            return;
        }
        let parts = few.best(yes) + few.best(no);
        if parts < self.best.0 {
            self.best = (parts, Some(Parting { test, passing }));
        }
    }
}

impl Bits {
    fn of(span: &Span<Leaf>) -> Self {
        let varying = below_highest(span.first ^ span.last);
        Self {
            some: span.first | span.last | varying,
            all: span.first & span.last & !varying,
        }
    }
}

impl Remaining {
    /// Where it stands among what is known; its lowest bit is always set.
    const fn place(self) -> usize {
        self.base << (MOST - 1) | self.bits >> 1
    }

    /// Of these spans, those of a choice of them, which is not empty.
    fn only(self, bits: usize) -> Self {
        let skip = bits.trailing_zeros();
        Self {
            base: self.base + skip as usize,
            bits: bits >> skip,
        }
    }
}

fn stretch(begin: usize, end: usize) -> Remaining {
    Remaining {
        base: begin,
        bits: (1 << (end - begin)) - 1,
    }
}

/// The places of the bits that are set, ascending.
fn places(mut bits: usize) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        if bits == 0 {
            return None;
        }
        let place = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        Some(place)
    })
}

/// The highest bit and all below.
fn below_highest(bits: u32) -> u32 {
    u32::MAX.checked_shr(bits.leading_zeros()).unwrap_or(0)
}

/// The first value from `from` upward that has no bit of the mask.
fn first_without(from: u32, mask: u32) -> Option<u32> {
    let mut value = from;
    while value & mask != 0 {
        value = (value | below_highest(value & mask)).checked_add(1)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_without_some_bits() {
        for mask in 0..64 {
            for from in 0..70 {
                let expected = (from..).find(|value| value & mask == 0);
                assert_eq!(first_without(from, mask), expected, "{from} {mask}");
            }
        }
        assert_eq!(first_without(0x8000_0000, 0x8000_0000), None);
    }
}
