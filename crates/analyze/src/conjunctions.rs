//! What a part of a diagram says of the arguments, as rules: conjunctions of comparisons of which no two hold for one call.
//!
//! Apart from the rules of all numbers, because here is the one hard step back from bits to comparisons.
//! No two overlap, so that every reader's order of rules comes to the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use callgate_policy::{Action, Arg, Comparison, SeccompData, Test};
use callgate_prove::{Diagram, Look, Part};
use callgate_syscalls::{Arch, Endian};

use crate::rules::Unwritable;

/// Comparisons that all have to hold, and what a call then gets.
pub(crate) type Conjunction = (Vec<Comparison>, Action);

/// A part, and lists of tests of which exactly one holds, all of it, where that part follows.
type Followed = (Part, Vec<Vec<Test>>);

/// Which comparisons may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Style {
    /// All, and two of one argument.
    Any,
    /// All, and one of each argument: runtimes take two of one argument for alternatives.
    OneEach,
    /// Equality of masked bits alone, of each argument once.
    Masks,
}

/// The most runs that a word of an argument is cut into before its values are taken for bits and not for ranges.
const MOST_RUNS: usize = 64;

/// Writes parts of one diagram, for one arch.
pub(crate) struct Writer<'d> {
    diagram: &'d Diagram,
    arch: Arch,
    style: Style,
    limit: usize,
    known: HashMap<Part, Vec<Conjunction>>,
}

impl<'d> Writer<'d> {
    /// A writer that gives up past so many conjunctions.
    pub(crate) fn new(diagram: &'d Diagram, arch: Arch, style: Style, limit: usize) -> Self {
        Self {
            diagram,
            arch,
            style,
            limit,
            known: HashMap::new(),
        }
    }

    /// The conjunctions of a part; together they hold for every call.
    pub(crate) fn write(&mut self, part: Part) -> Result<Vec<Conjunction>, Unwritable> {
        let offset = match self.diagram.look(part) {
            Look::Answer(action) => return Ok(vec![(Vec::new(), action)]),
            Look::Ask { offset, .. } => offset,
        };
        if let Some(known) = self.known.get(&part) {
            return Ok(known.clone());
        }
        let arg = Arg::new(u64::from(offset.wrapping_sub(SeccompData::ARGS) / 8))
            .filter(|_| offset >= SeccompData::ARGS)
            .ok_or(Unwritable::InstructionPointer { arch: self.arch })?;
        let mut written = Vec::new();
        for (child, tests) in self.tests(part, arg)? {
            let below = self.write(child)?;
            for test in &tests {
                for (rest, action) in &below {
                    let own = test.iter().map(|&test| Comparison::new(arg, test));
                    written.push((own.chain(rest.iter().copied()).collect(), *action));
                }
            }
            if written.len() > self.limit {
                return Err(Unwritable::TooMany { limit: self.limit });
            }
        }
        self.known.insert(part, written.clone());
        Ok(written)
    }

    /// What follows the values of an argument, and tests of which exactly one holds where that does.
    fn tests(&self, part: Part, arg: Arg) -> Result<Vec<Followed>, Unwritable> {
        let words = self.words(arg);
        let ranges = match self.style {
            Style::Masks => None,
            Style::Any | Style::OneEach => self.ranges(part, &words),
        };
        // Where there are ranges, bits are worth a look as long as they are few.
        let most = match &ranges {
            Some(ranges) => ranges.len() * 4,
            None => self.limit,
        };
        let mut cubes: BTreeMap<Part, Vec<(u64, u64)>> = BTreeMap::new();
        let mut count = 0;
        let are_few = self.cubes(part, &words, (0, 0), &mut |child, cube| {
            count += 1;
            cubes.entry(child).or_default().push(cube);
            count <= most
        })?;
        let by_bits = |cubes: &[(u64, u64)]| -> Vec<Vec<Test>> {
            let masked = |&(mask, value): &(u64, u64)| self.masked(mask, value);
            cubes.iter().map(masked).collect()
        };
        let Some(ranges) = ranges else {
            if !are_few {
                return Err(Unwritable::TooMany { limit: self.limit });
            }
            let written = cubes.iter().map(|(&child, cubes)| (child, by_bits(cubes)));
            return Ok(written.collect());
        };
        let mut by_child: BTreeMap<Part, Vec<(u64, u64)>> = BTreeMap::new();
        for (first, last, child) in ranges {
            by_child.entry(child).or_default().push((first, last));
        }
        let written = by_child.into_iter().map(|(child, ranges)| {
            let by_range = self.of_ranges(&ranges);
            match cubes
                .get(&child)
                .filter(|_| are_few)
                .map(|cubes| by_bits(cubes))
            {
                Some(by_bits) if by_bits.len() <= by_range.len() => (child, by_bits),
                _ => (child, by_range),
            }
        });
        Ok(written.collect())
    }

    /// The offsets of an argument's words that are asked for, in the order of diagrams.
    fn words(&self, arg: Arg) -> [u32; 2] {
        let first = SeccompData::ARGS + 8 * arg.index() as u32;
        [first, first + 4]
    }

    /// Whether an offset is that of the lower half of an argument.
    fn is_low(&self, offset: u32) -> bool {
        offset.is_multiple_of(8) == (self.arch.endian() == Endian::Little)
    }

    /// The greatest value that an argument has.
    fn most(&self) -> u64 {
        match self.arch.bits() {
            32 => u64::from(u32::MAX),
            _ => u64::MAX,
        }
    }

    /// Every way through the bits of an argument, as the bits that are asked for and what they are.
    fn cubes(
        &self,
        part: Part,
        words: &[u32; 2],
        (mask, value): (u64, u64),
        found: &mut impl FnMut(Part, (u64, u64)) -> bool,
    ) -> Result<bool, Unwritable> {
        match self.diagram.look(part) {
            Look::Ask {
                offset,
                bit,
                clear,
                set,
            } if words.contains(&offset) => {
                let bit = if self.is_low(offset) { bit } else { bit + 32 };
                if 1 << bit > self.most() {
                    return Err(Unwritable::HighHalf { arch: self.arch });
                }
                let bit = 1 << bit;
                Ok(self.cubes(clear, words, (mask | bit, value), found)?
                    && self.cubes(set, words, (mask | bit, value | bit), found)?)
            }
            _ => Ok(found(part, (mask, value))),
        }
    }

    fn masked(&self, mask: u64, value: u64) -> Vec<Test> {
        match mask {
            0 => Vec::new(),
            mask if mask == self.most() => vec![Test::Eq(value)],
            mask => vec![Test::MaskedEq { mask, value }],
        }
    }

    /// The values as ranges and what follows each, ascending; none where they are too many.
    fn ranges(&self, part: Part, words: &[u32; 2]) -> Option<Vec<(u64, u64, Part)>> {
        let (mut lows, mut highs) = (BTreeSet::from([0]), BTreeSet::from([0]));
        for (first, below) in self.runs(part, words[0])? {
            let second = self
                .runs(below, words[1])?
                .into_iter()
                .map(|(first, _)| first);
            if self.is_low(words[0]) {
                lows.insert(first);
                highs.extend(second);
            } else {
                highs.insert(first);
                lows.extend(second);
            }
        }
        if self.arch.bits() == 32 {
            highs = BTreeSet::from([0]);
        }
        let ends = |firsts: &BTreeSet<u32>| -> Vec<(u32, u32)> {
            let next = firsts.iter().skip(1).map(|next| next - 1);
            firsts.iter().copied().zip(next.chain([u32::MAX])).collect()
        };
        let (lows, mut highs) = (ends(&lows), ends(&highs));
        if self.arch.bits() == 32 {
            highs = vec![(0, 0)];
        }
        let mut ranges: Vec<(u64, u64, Part)> = Vec::new();
        let wide = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        for &(high, last_high) in &highs {
            let mut row: Vec<(u64, u64, Part)> = Vec::new();
            for &(low, last_low) in &lows {
                let child = self.at(part, words, high, low);
                push(&mut row, (wide(high, low), wide(high, last_low), child));
            }
            if high != last_high {
                // Only what ends with the word goes on over the next.
                let [(first, _, child)] = row[..] else {
                    return None;
                };
                row = vec![(first, wide(last_high, u32::MAX), child)];
            }
            for range in row {
                push(&mut ranges, range);
            }
            if ranges.len() > MOST_RUNS {
                return None;
            }
        }
        Some(ranges)
    }

    /// The runs into which a part cuts a word: where each begins, and what follows it; none where they are many.
    fn runs(&self, part: Part, word: u32) -> Option<Vec<(u32, Part)>> {
        let mut runs: Vec<(u32, Part)> = Vec::new();
        let mut next = Some(0_u32);
        let mut looked_at = 0;
        while let Some(first) = next {
            looked_at += 1;
            // A range has a block for each of its bits.
            if looked_at > MOST_RUNS * 32 || runs.len() > MOST_RUNS {
                return None;
            }
            let (child, last) = self.follow(part, word, first);
            if runs.last().is_none_or(|&(_, before)| before != child) {
                runs.push((first, child));
            }
            next = last.checked_add(1);
        }
        Some(runs)
    }

    /// What follows a value of a word, and up to which value at least.
    fn follow(&self, mut part: Part, word: u32, value: u32) -> (Part, u32) {
        let mut free = u32::MAX;
        loop {
            match self.diagram.look(part) {
                Look::Ask {
                    offset,
                    bit,
                    clear,
                    set,
                } if offset == word => {
                    free = (1 << bit) - 1;
                    part = if value & 1 << bit == 0 { clear } else { set };
                }
                _ => return (part, value | free),
            }
        }
    }

    /// What follows a value of an argument.
    fn at(&self, part: Part, words: &[u32; 2], high: u32, low: u32) -> Part {
        words.iter().fold(part, |part, &word| {
            let value = if self.is_low(word) { low } else { high };
            self.follow(part, word, value).0
        })
    }

    /// Tests of which exactly one holds for the values in some ranges, which ascend.
    fn of_ranges(&self, ranges: &[(u64, u64)]) -> Vec<Vec<Test>> {
        let most = self.most();
        if let [(0, before), (after, last)] = *ranges
            && last == most
            && after - before == 2
        {
            return vec![vec![Test::Ne(before + 1)]];
        }
        let mut tests = Vec::new();
        for &(first, last) in ranges {
            match (first, last) {
                (0, last) if last == most => tests.push(Vec::new()),
                (first, last) if first == last => tests.push(vec![Test::Eq(first)]),
                (0, last) => tests.push(vec![Test::Le(last)]),
                (first, last) if last == most => tests.push(vec![Test::Ge(first)]),
                (first, last) if self.style == Style::Any => {
                    tests.push(vec![Test::Ge(first), Test::Le(last)]);
                }
                (first, last) => tests.extend(
                    blocks(first, last)
                        .into_iter()
                        .map(|(mask, value)| self.masked(mask & most, value)),
                ),
            }
        }
        tests
    }
}

/// Adds a range to those before it, which it may go on from.
fn push(ranges: &mut Vec<(u64, u64, Part)>, range: (u64, u64, Part)) {
    match ranges.last_mut() {
        Some(before) if before.2 == range.2 => before.1 = range.1,
        _ => ranges.push(range),
    }
}

/// The values of a range as masks and what they leave: blocks of a power of two each.
fn blocks(first: u64, last: u64) -> Vec<(u64, u64)> {
    let mut blocks = Vec::new();
    let mut next = first;
    loop {
        let mut size = 0;
        while size < 63 && next & (1 << size) == 0 && next | ((2 << size) - 1) <= last {
            size += 1;
        }
        let within = (1_u64 << size) - 1;
        blocks.push((!within, next));
        match (next | within).checked_add(1) {
            Some(following) if following <= last => next = following,
            _ => return blocks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_the_range_and_no_more() {
        for (first, last) in [(0, 0), (1, 6), (5, 5), (3, 40), (100, 255), (7, 8)] {
            let blocks = blocks(first, last);
            for value in 0..300 {
                let holding = blocks
                    .iter()
                    .filter(|&&(mask, block)| value & mask == block)
                    .count();
                let within = (first..=last).contains(&value);
                assert_eq!(holding, usize::from(within), "{value} of {first} to {last}");
            }
        }
        assert_eq!(blocks(u64::MAX, u64::MAX), [(u64::MAX, u64::MAX)]);
    }
}
