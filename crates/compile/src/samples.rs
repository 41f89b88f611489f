//! The code of an argument block of few comparisons: one value of each span is tried, and stands for all of it.
//!
//! Apart from the diagrams, which bear any comparisons: nearly all blocks are as plain as this takes them,
//! and are then made in a small part of the time.

use alloc::vec;
use alloc::vec::Vec;

use callgate_bpf::Action;
use callgate_policy::Arg;
use callgate_syscalls::Endian;

use crate::chain::offset;
use crate::code::{Code, Node, Test};
use crate::dispatch::{Leaf, PRICE_OF_ARGS, dispatch};
use crate::few::{MOST, below_highest, first_without};
use crate::runs::{Clause, Meaning, Meanings};
use crate::spans::Span;
use crate::words::{Half, Plain, PlainTest, Word, WordTest};

/// How many clauses are few.
const MOST_CLAUSES: usize = 16;

/// How many samples of arguments are tried for one block.
const MOST_SAMPLES: usize = 400;

/// The code that answers by a meaning, entered with anything loaded; none where its comparisons are not few and plain.
pub(crate) fn block(
    code: &mut Code,
    endian: Endian,
    meanings: &Meanings,
    meaning: &Meaning,
) -> Option<Node> {
    if meaning.clauses.len() > MOST_CLAUSES {
        return None;
    }
    let clauses = meaning.clauses.iter();
    let clauses = clauses.map(|&clause| &meanings.clauses()[clause as usize]);
    let mut block = Block {
        code,
        endian,
        clauses: clauses.collect(),
        otherwise: meaning.otherwise,
        known: Vec::new(),
        samples: MOST_SAMPLES,
    };
    block.from(0, (1 << meaning.clauses.len()) - 1)
}

/// A bit for each of some clauses.
type Clauses = u32;

struct Block<'a> {
    code: &'a mut Code,
    endian: Endian,
    clauses: Vec<&'a Clause>,
    otherwise: Action,
    /// The code that looks at the arguments from one on, by the clauses that hold so far.
    known: Vec<(Arg, Clauses, Node)>,
    /// How many may still be tried.
    samples: usize,
}

/// The values of a word, as far as they are told apart.
enum Parts {
    /// By where they lie: the first values of the spans, ascending from zero.
    Spans(Vec<u32>),
    /// By the bits of one mask.
    Masked { mask: u32, value: u32 },
}

/// What a test may ask of a half of its argument.
enum Asked {
    Nothing,
    Is(u32),
    IsFrom(u32),
    Bits { mask: u32, value: u32 },
}

impl Block<'_> {
    /// The code that looks at the arguments from this index on, where these clauses hold so far.
    fn from(&mut self, index: usize, holding: Clauses) -> Option<Node> {
        let mut answer = self.otherwise;
        let mut open = 0;
        let mut next: Option<Arg> = None;
        for number in numbers(holding) {
            let clause = self.clauses[number];
            open |= 1 << number;
            let args = clause.tests.iter().filter_map(|test| test.arg());
            match args.filter(|arg| arg.index() >= index).min() {
                Some(arg) => next = Some(next.map_or(arg, |next| next.min(arg))),
                None => {
                    answer = clause.action;
                    break;
                }
            }
        }
        let Some(arg) = next else {
            return Some(self.code.ret(answer.to_ret()));
        };
        let is_known = |known: &&(Arg, Clauses, Node)| (known.0, known.1) == (arg, open);
        if let Some(&(.., node)) = self.known.iter().find(is_known) {
            return Some(node);
        }
        let node = self.arg(arg, open)?;
        self.known.push((arg, open, node));
        Some(node)
    }

    /// The code that looks at this argument and the later ones.
    fn arg(&mut self, arg: Arg, holding: Clauses) -> Option<Node> {
        let low = self.parts(arg, Half::Low, holding)?;
        let high = self.parts(arg, Half::High, holding)?;
        let word = |half| Word { arg, half };
        self.word(word(Half::Low), &low, |block, low| {
            block.word(word(Half::High), &high, |block, high| {
                block.after(arg, u64::from(high) << 32 | u64::from(low), holding)
            })
        })
    }

    /// The code after an argument with this value.
    fn after(&mut self, arg: Arg, value: u64, holding: Clauses) -> Option<Node> {
        self.samples = self.samples.checked_sub(1)?;
        let mut still = 0;
        for number in numbers(holding) {
            let mut tests = self.clauses[number].tests.iter();
            if tests.all(|test| test.arg() != Some(arg) || test.holds(value)) {
                still |= 1 << number;
            }
        }
        self.from(arg.index() + 1, still)
    }

    /// How the clauses tell the values of a half of an argument apart, where that is by spans or one mask.
    fn parts(&self, arg: Arg, half: Half, holding: Clauses) -> Option<Parts> {
        let mut firsts = vec![0];
        let mut masked = None;
        let tests = numbers(holding).flat_map(|number| &self.clauses[number].tests);
        for test in tests.filter(|test| test.arg() == Some(arg)) {
            match Asked::of(test, half)? {
                Asked::Nothing => {}
                Asked::IsFrom(first) => firsts.push(first),
                Asked::Is(value) => {
                    firsts.push(value);
                    firsts.extend(value.checked_add(1));
                }
                Asked::Bits { mask, value } if masked.is_none_or(|one| one == (mask, value)) => {
                    masked = Some((mask, value));
                }
                Asked::Bits { .. } => return None,
            }
        }
        match masked {
            Some((mask, value)) => (firsts.len() == 1).then_some(Parts::Masked { mask, value }),
            None => {
                firsts.sort_unstable();
                firsts.dedup();
                Some(Parts::Spans(firsts))
            }
        }
    }

    /// The code that tells the parts of a word apart, and for each goes on as one value of it does.
    fn word(
        &mut self,
        word: Word,
        parts: &Parts,
        mut to: impl FnMut(&mut Self, u32) -> Option<Node>,
    ) -> Option<Node> {
        let offset = offset(word, self.endian);
        let firsts = match *parts {
            Parts::Spans(ref firsts) => firsts,
            Parts::Masked { mask, value } => {
                let yes = to(self, value)?;
                let no = to(self, value ^ mask)?;
                let test = WordTest::MaskedEq { mask, value };
                return Some(self.code.branch(offset, test, yes, no));
            }
        };
        let mut spans: Vec<Span<Leaf>> = Vec::new();
        for (place, &first) in firsts.iter().enumerate() {
            let node = to(self, first)?;
            let last = firsts.get(place + 1).map_or(u32::MAX, |next| next - 1);
            match spans.last_mut() {
                Some(span) if span.to.node == node => span.last = last,
                _ => spans.push(Span {
                    first,
                    last,
                    to: Leaf { node, weight: 1 },
                }),
            }
        }
        let tree = self.tree(spans)?;
        Some(self.code.load(offset, tree))
    }

    /// The tests between spans that are few, or are few but for those that zero's mask takes out.
    fn tree(&mut self, mut spans: Vec<Span<Leaf>>) -> Option<Node> {
        if spans.len() <= MOST {
            return Some(self.between(&spans));
        }
        let zero = spans[0].to.node;
        let cube = zero_cube(&spans);
        spans.retain(|span| (span.first | below_highest(span.first ^ span.last)) & !cube != 0);
        spans.dedup_by(|span, before| {
            let is_alike = span.to == before.to;
            if is_alike {
                before.last = span.last;
            }
            is_alike
        });
        if spans.len() > MOST {
            return None;
        }
        let others = self.between(&spans);
        Some(self.code.test(Test::Set(!cube), others, zero))
    }

    /// The tests between spans: the one that parts them, or else those that a search finds.
    fn between(&mut self, spans: &[Span<Leaf>]) -> Node {
        let is_single = |span: Span<Leaf>| span.first == span.last;
        let (test, yes, no) = match *spans {
            [all] => return all.to.node,
            [one, others] if is_single(one) => (Test::Eq(one.first), one, others),
            [below, above] => (Test::Ge(above.first), above, below),
            [below, one, above] if is_single(one) && below.to == above.to => {
                (Test::Eq(one.first), one, below)
            }
            _ => return dispatch(self.code, spans, PRICE_OF_ARGS),
        };
        self.code.test(test, yes.to.node, no.to.node)
    }
}

impl Asked {
    /// None where it asks for what this file does not deal with: the half of a half.
    fn of(test: &Plain, half: Half) -> Option<Self> {
        let Plain::Test { bits, test, .. } = *test else {
            return Some(Self::Nothing);
        };
        Some(match test {
            _ if bits == 16 => return None,
            _ if bits == 32 && half == Half::High => Self::Nothing,
            PlainTest::Eq(value) => Self::Is(half.of(value)),
            PlainTest::Ge(value) => match half {
                Half::Low => Self::IsFrom(half.of(value)),
                // By the low half, from this one on or from the next.
                Half::High => Self::Is(half.of(value)),
            },
            PlainTest::MaskedEq { mask, value } => match (half.of(mask), half.of(value)) {
                (0, _) => Self::Nothing,
                (u32::MAX, value) => Self::Is(value),
                (mask, value) => Self::Bits { mask, value },
            },
        })
    }
}

/// Bits that may be set, in any combination, and the value leads to where zero does.
fn zero_cube(spans: &[Span<Leaf>]) -> u32 {
    let mut cube = 0;
    for bit in 0..32 {
        let grown = cube | 1 << bit;
        let mut others = spans.iter().filter(|span| span.to != spans[0].to);
        let is_without = |span: &Span<Leaf>| {
            first_without(span.first, !grown).is_none_or(|within| within > span.last)
        };
        if others.all(is_without) {
            cube = grown;
        }
    }
    cube
}

/// The numbers of the clauses, ascending.
fn numbers(clauses: Clauses) -> impl Iterator<Item = usize> {
    (0..MOST_CLAUSES).filter(move |number| clauses >> number & 1 == 1)
}
