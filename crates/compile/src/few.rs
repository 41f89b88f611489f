//! The best tree for a few neighbouring spans, by trying every cut, every single value and every mask that parts them.
//!
//! Apart from the tree over many, because this search is exact and would not end with many:
//! after a single value or a mask, what remains is no longer a stretch but any choice of the spans.

use alloc::vec::Vec;

use crate::code::{Code, Node, Test};
use crate::dispatch::Leaf;
use crate::spans::Span;

/// How many spans are few at most.
pub(crate) const MOST: usize = 5;

/// Neighbouring spans, and what is known of the choices among them.
pub(crate) struct Few {
    spans: Vec<Span<Leaf>>,
    /// Of each span.
    bits: Vec<Bits>,
    /// Of each span: which of it and the next ones lead to its place.
    alike: Vec<usize>,
    /// By the first span that remains, and which of it and the next ones do.
    known: Vec<Known>,
}

/// What is known of the best tree of a choice of spans.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// It costs no less: where two places remain, all weight passes a test.
    least: u64,
    /// Whether it costs no more.
    is_all: bool,
}

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

impl Few {
    pub(crate) fn new(spans: Vec<Span<Leaf>>, price: u64) -> Self {
        let bits = spans.iter().map(Bits::of).collect();
        let mut alike = Vec::with_capacity(spans.len());
        let mut known = Vec::with_capacity(spans.len() << (MOST - 1));
        for (at, span) in spans.iter().enumerate() {
            let begin = known.len();
            known.push(Known {
                least: span.to.weight + price,
                is_all: false,
            });
            let mut to_same_place = 1;
            // Each next span comes to all choices that there are without it; past the last, none is asked for.
            for place in 1..MOST {
                let next = spans.get(at + place).map(|span| span.to);
                let weight = next.map_or(0, |leaf| leaf.weight);
                if next.is_some_and(|leaf| leaf.node == span.to.node) {
                    to_same_place |= 1 << place;
                }
                for choice in begin..known.len() {
                    known.push(Known {
                        least: known[choice].least + weight,
                        is_all: false,
                    });
                }
            }
            for (choice, known) in known[begin..].iter_mut().enumerate() {
                let others = choice << 1 & !to_same_place;
                if others == 0 {
                    known.least = 0;
                }
                // One test parts two spans.
                known.is_all = others == 0 || choice.is_power_of_two();
            }
            alike.push(to_same_place);
        }
        Self {
            spans,
            bits,
            alike,
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
        if remaining.bits & !self.alike[remaining.base] == 0 {
            return self.spans[remaining.base].to.node;
        }
        // After this, all is known of the sides of the best test; what is not known of others is no less.
        self.best(remaining);
        let mut least = u64::MAX;
        let mut best = None;
        self.tests(remaining, |test, passing| {
            let (yes, no) = remaining.parted(passing);
            let [of_yes, of_no] = [yes, no].map(|side| self.known[side.place()]);
            if of_yes.is_all && of_no.is_all && of_yes.least + of_no.least < least {
                least = of_yes.least + of_no.least;
                best = Some((test, yes, no));
            }
        });
        let (test, yes, no) = best.expect("spans that lead to two places can be parted");
        let (yes, no) = (self.tree(code, yes), self.tree(code, no));
        code.test(test, yes, no)
    }

    fn best(&mut self, remaining: Remaining) -> u64 {
        match self.known[remaining.place()] {
            Known {
                least,
                is_all: true,
            } => least,
            _ => self.look(remaining),
        }
    }

    fn look(&mut self, remaining: Remaining) -> u64 {
        let sides = self.sides(remaining);
        let known = &mut self.known[remaining.place()];
        known.least += sides;
        known.is_all = true;
        known.least
    }

    /// What both sides of the best first test cost together.
    fn sides(&mut self, remaining: Remaining) -> u64 {
        // Choices of five spans are 32: a bit for each that some test lets pass.
        let mut choices = 0u32;
        self.tests(remaining, |_, passing| choices |= 1 << passing);
        let mut cheapest = u64::MAX;
        while choices != 0 && cheapest != 0 {
            let passing = choices.trailing_zeros() as usize;
            choices &= !(1 << passing | 1 << (remaining.bits & !passing));
            let (yes, no) = remaining.parted(passing);
            let least = |side: Remaining| self.known[side.place()].least;
            if least(yes) + least(no) < cheapest {
                cheapest = cheapest.min(self.best(yes) + self.best(no));
            }
        }
        cheapest
    }

    /// All tests that part what remains, each with the spans that pass it.
    fn tests(&self, remaining: Remaining, mut each: impl FnMut(Test, usize)) {
        let Remaining { base, bits } = remaining;
        let (spans, bits_of) = (&self.spans[base..], &self.bits[base..]);
        let mut above = bits;
        let mut below = spans[0].to.node;
        for at in places(bits) {
            let span = &spans[at];
            if span.to.node != below {
                each(Test::Ge(span.first), above);
            }
            if span.first == span.last {
                each(Test::Eq(span.first), 1 << at);
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
            let some = places(alike).fold(0, |some, at| some | bits_of[at].some);
            if let Some(passing @ 1..) = self.passing(base, bits & !alike, !some) {
                each(Test::Set(!some), passing);
            }
        }
        // Bits that each span has in all of its values or in none, some span has, and some has not.
        let (mut clean, mut had, mut by_all) = (u32::MAX, 0, u32::MAX);
        for at in places(bits) {
            let Bits { some, all } = bits_of[at];
            clean &= all | !some;
            had |= all;
            by_all &= all;
        }
        for bit in places((clean & had & !by_all) as usize) {
            let mut passing = 0;
            for at in places(bits) {
                passing |= ((bits_of[at].all >> bit & 1) as usize) << at;
            }
            each(Test::Set(1 << bit), passing);
        }
    }

    /// Which of some spans have a bit of the mask in every value; none where one has it in some of its values only.
    fn passing(&self, base: usize, these: usize, mask: u32) -> Option<usize> {
        let mut passing = 0;
        for at in places(these) {
            let Bits { some, all } = self.bits[base + at];
            if some & mask == 0 {
                continue;
            }
            if all & mask == 0 {
                let span = self.spans[base + at];
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

    /// Those that pass a test, and the others; neither is none.
    const fn parted(self, passing: usize) -> (Self, Self) {
        (self.only(passing), self.only(self.bits & !passing))
    }

    /// Of these spans, those of a choice of them, which is not empty.
    const fn only(self, bits: usize) -> Self {
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
pub(crate) fn below_highest(bits: u32) -> u32 {
    u32::MAX.checked_shr(bits.leading_zeros()).unwrap_or(0)
}

/// The first value from `from` upward that has no bit of the mask.
pub(crate) fn first_without(from: u32, mask: u32) -> Option<u32> {
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
