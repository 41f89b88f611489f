//! The condition that an argument is one of many values, made at once.
//!
//! Apart from the conditions of single rules, since thousands of those, one laid over the other, take long.

use alloc::vec::Vec;

use callgate_policy::Arg;

use crate::diagram::{Diagram, Diagrams, Full, WORD_BITS};
use crate::function::rank_of;
use crate::runs::Clause;
use crate::words::{Half, Plain, PlainTest, Word};

/// What a clause that asks for one value of whole words of one argument asks for: the argument, its bits, and the value.
pub(crate) fn single_value(clause: &Clause) -> Option<(Arg, u16, u64)> {
    match clause.tests[..] {
        [
            Plain::Test {
                arg,
                bits: bits @ (32 | 64),
                wanted: true,
                test: PlainTest::Eq(value),
            },
        ] => Some((arg, bits, value)),
        _ => None,
    }
}

/// The condition that the argument, of which so many bits are looked at, is one of these.
pub(crate) fn one_of(
    diagrams: &mut Diagrams,
    arg: Arg,
    bits: u16,
    values: impl Iterator<Item = u64>,
) -> Result<Diagram, Full> {
    let low = rank_of(Word {
        arg,
        half: Half::Low,
    });
    let mut words: Vec<[u32; 2]> = values
        .map(|value| [value as u32, (value >> 32) as u32])
        .collect();
    words.sort_unstable();
    words.dedup();
    Set {
        diagrams,
        first: low * WORD_BITS,
        end: low * WORD_BITS + bits,
    }
    .of(&words, low * WORD_BITS)
}

struct Set<'a> {
    diagrams: &'a mut Diagrams,
    first: u16,
    end: u16,
}

impl Set<'_> {
    /// Of words that agree in all bits before this level: 64 calls deep at most.
    fn of(&mut self, words: &[[u32; 2]], level: u16) -> Result<Diagram, Full> {
        if words.is_empty() {
            return Ok(Diagrams::NEVER);
        }
        if level == self.end {
            return Ok(Diagrams::ALWAYS);
        }
        let half = usize::from((level - self.first) / WORD_BITS);
        let bit = 1 << (WORD_BITS - 1 - level % WORD_BITS);
        let cut = words.partition_point(|word| word[half] & bit == 0);
        let clear = self.of(&words[..cut], level + 1)?;
        let set = self.of(&words[cut..], level + 1)?;
        self.diagrams.bit(level, clear, set)
    }
}
