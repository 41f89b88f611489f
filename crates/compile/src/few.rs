//! The best tree for a few neighbouring spans, by trying every cut, every single value and every mask that parts them.
//!
//! Apart from the tree over many, because this search is exact and would not end with many:
//! after a single value or a mask, what remains is no longer a stretch but any choice of the spans.

use alloc::vec;
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
    price: u64,
    /// By the first span that remains, and which of it and the next ones do: the cost of the best tree.
    known: Vec<u64>,
}

/// Not looked at yet; no tree costs so much.
const UNKNOWN: u64 = u64::MAX;

/// Which spans remain: the lowest bit is `base`, which does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Remaining {
    base: usize,
    bits: usize,
}

/// How many spans two lists have in common, at the front of both and, of the others, at the back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) front: usize,
    pub(crate) back: usize,
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

impl Few {
    pub(crate) fn new(spans: Vec<Span<Leaf>>, price: u64) -> Self {
        let known = vec![UNKNOWN; spans.len() << (MOST - 1)];
        let bits = spans.iter().map(Bits::of).collect();
        Self {
            spans,
            bits,
            price,
            known,
        }
    }

    /// Takes over what is known of the spans in common with a list that is not shorter.
    pub(crate) fn take_over(&mut self, other: &Self, ends: Ends) {
        let front = ends.front.saturating_sub(MOST - 1) << (MOST - 1);
        self.known[..front].copy_from_slice(&other.known[..front]);
        let back = ends.back << (MOST - 1);
        let (to, from) = (self.known.len() - back, other.known.len() - back);
        self.known[to..].copy_from_slice(&other.known[from..]);
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
        match self.search(remaining).1 {
            None => self.spans[remaining.base].to.node,
            Some(Parting { test, passing }) => {
                let yes = self.tree(code, remaining.only(passing));
                let no = self.tree(code, remaining.only(remaining.bits & !passing));
                code.test(test, yes, no)
            }
        }
    }

    fn best(&mut self, remaining: Remaining) -> u64 {
        let place = remaining.place();
        if self.known[place] == UNKNOWN {
            self.known[place] = self.search(remaining).0;
        }
        self.known[place]
    }

    /// What no tree costs less than: where two places remain, all weight passes a test.
    fn least(&self, remaining: Remaining) -> u64 {
        let known = self.known[remaining.place()];
        if known != UNKNOWN {
            return known;
        }
        let spans = &self.spans[remaining.base..];
        let first = spans[0].to.node;
        let (mut weight, mut parted) = (self.price, false);
        for at in places(remaining.bits) {
            weight += spans[at].to.weight;
            parted |= spans[at].to.node != first;
        }
        if parted { weight } else { 0 }
    }

    /// The least cost, and how to begin; no test where all that remain lead to one place.
    fn search(&mut self, remaining: Remaining) -> (u64, Option<Parting>) {
        let Remaining { base, bits } = remaining;
        let first = self.spans[base].to.node;
        if places(bits).all(|at| self.spans[base + at].to.node == first) {
            return (0, None);
        }
        let weight: u64 = places(bits).map(|at| self.spans[base + at].to.weight).sum();
        let mut best = (u64::MAX, None);
        // Choices of six spans are 64: a bit for each that was tried as the passing ones.
        let mut tried: u64 = 0;
        let mut consider = |few: &mut Self, test: Test, passing: usize| {
            let failing = bits & !passing;
            if passing == 0 || failing == 0 || tried & (1 << passing | 1 << failing) != 0 {
                return;
            }
            tried |= 1 << passing;
            let [yes, no] = [passing, failing].map(|bits| remaining.only(bits));
            if few.least(yes) + few.least(no) >= best.0 {
                return;
            }
            let parts = few.best(yes) + few.best(no);
            if parts < best.0 {
                best = (parts, Some(Parting { test, passing }));
            }
        };
        let mut above = bits;
        let mut below = first;
        for at in places(bits) {
            let span = self.spans[base + at];
            if span.to.node != below {
                consider(self, Test::Ge(span.first), above);
            }
            if span.first == span.last {
                consider(self, Test::Eq(span.first), 1 << at);
            }
            below = span.to.node;
            above &= !(1 << at);
        }
        for at in places(bits) {
            let node = self.spans[base + at].to.node;
            let is_alike = |&at: &usize| self.spans[base + at].to.node == node;
            if places(bits)
                .take_while(|&earlier| earlier < at)
                .any(|earlier| is_alike(&earlier))
            {
                continue;
            }
            // Bits that no value of the spans which lead to one place has.
            let alike = places(bits).filter(is_alike);
            let some = alike.fold(0, |some, at| some | self.bits[base + at].some);
            if let Some(passing) = self.parted(remaining, !some) {
                consider(self, Test::Set(!some), passing);
            }
        }
        // Bits that each span has in all of its values or in none.
        let clean = places(bits).fold(u32::MAX, |clean, at| {
            let Bits { some, all } = self.bits[base + at];
            clean & (all | !some)
        });
        let had = places(bits).fold(0, |had, at| had | self.bits[base + at].all);
        for bit in places((clean & had) as usize) {
            let passing = places(bits).filter(|&at| self.bits[base + at].all & 1 << bit != 0);
            let passing = passing.fold(0, |passing, at| passing | 1 << at);
            consider(self, Test::Set(1 << bit), passing);
        }
        (best.0 + weight + self.price, best.1)
    }

    /// Which spans have a bit of the mask in every value; none where a span has one in some of its values only.
    fn parted(&self, remaining: Remaining, mask: u32) -> Option<usize> {
        let mut passing = 0;
        for at in places(remaining.bits) {
            let span = self.spans[remaining.base + at];
            if self.bits[remaining.base + at].some & mask == 0 {
                continue;
            }
            match first_without(span.first, mask) {
                Some(without) if without <= span.last => return None,
                _ => passing |= 1 << at,
            }
        }
        Some(passing)
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
