//! From blocks of instructions back to rules: a list of which the first that matches answers as the blocks do.
//!
//! Apart from the blocks, because those are what libseccomp writes, and this is what a policy can say of it.

use std::collections::BTreeMap;

use callgate_policy::{Action, Arg, Comparison, Test};
use callgate_syscalls::Arch;

use super::blocks::{Blocks, Loaded, Target};
use super::chain::{Half, Op, Word};

/// A rule of the list, without the rule of the document that it came from; no action is the default one.
pub(super) struct Exact {
    pub(super) comparisons: Vec<Comparison>,
    pub(super) action: Option<Action>,
}

/// As many rules as are written down for one call, and as many tests as are looked at for that.
const RULES: usize = 4096;
const TESTS: usize = 1 << 14;

/// As many tests may hold one after the other.
const DEPTH: usize = 256;

/// What the blocks of a call answer; none where that takes too many rules.
pub(super) fn exact(blocks: &Blocks, arch: Arch, number: u32, start: Target) -> Option<Vec<Exact>> {
    let mut walk = Walk {
        blocks,
        arch,
        number,
        asked: BTreeMap::new(),
        bits: [HalfBits::default(); WORDS],
        holds: Vec::new(),
        rules: Vec::new(),
        tests: 0,
    };
    walk.go(start, None)?;
    let last = walk.rules.iter().rposition(|rule| rule.action.is_some());
    walk.rules.truncate(last.map_or(0, |last| last + 1));
    Some(walk.rules)
}

/// A test of a word that a program makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    word: Word,
    mask: u32,
    op: Op,
    datum: u32,
}

/// The words of all arguments.
const WORDS: usize = 2 * Arg::ALL.len();

/// Bits of a word and what they are.
#[derive(Clone, Copy, Default)]
struct HalfBits {
    mask: u32,
    value: u32,
}

struct Walk<'a> {
    blocks: &'a Blocks,
    arch: Arch,
    number: u32,
    /// How the tests on the way here came out.
    asked: BTreeMap<Asked, bool>,
    /// What they say of the bits of each word.
    bits: [HalfBits; WORDS],
    /// Those that hold.
    holds: Vec<Asked>,
    rules: Vec<Exact>,
    tests: usize,
}

impl Walk<'_> {
    /// Writes down what is answered from here on.
    ///
    /// What follows a test that does not hold comes after what follows if it does, so that nothing needs to be said against it.
    fn go(&mut self, start: Target, loaded: Loaded) -> Option<()> {
        let (mut target, mut loaded) = (start, loaded);
        let mut failed = Vec::new();
        let bits = self.bits;
        loop {
            let place = match target {
                Target::Block(place) => place,
                Target::Answer(action) => {
                    self.write(action)?;
                    break;
                }
            };
            self.tests += 1;
            if self.tests > TESTS || self.holds.len() > DEPTH {
                return None;
            }
            let block = *self.blocks.block(place);
            if self.blocks.loads_first(place) {
                loaded = block.start;
            }
            if let Some(word) = block.load {
                loaded = Some((word, u32::MAX));
            }
            if let (Some(mask), Some((_, on))) = (block.mask, &mut loaded) {
                *on &= mask;
            }
            let Some((word, mask)) = loaded else {
                // What is loaded is the number of the call.
                let number = self.number & block.mask.unwrap_or(u32::MAX);
                target = match compare(block.op, number, block.datum) {
                    true => block.yes,
                    false => block.no,
                };
                continue;
            };
            let asked = Asked {
                word,
                mask,
                op: block.op,
                datum: block.datum,
            };
            match self.known(&asked) {
                Some(true) => target = block.yes,
                Some(false) => target = block.no,
                None => {
                    let before = *self.bits(word);
                    self.asked.insert(asked, true);
                    self.bits(word).learn(&asked, true);
                    self.holds.push(asked);
                    self.go(block.yes, loaded)?;
                    self.holds.pop();
                    self.asked.insert(asked, false);
                    *self.bits(word) = before;
                    self.bits(word).learn(&asked, false);
                    failed.push(asked);
                    target = block.no;
                }
            }
        }
        for asked in failed {
            self.asked.remove(&asked);
        }
        self.bits = bits;
        Some(())
    }

    /// What is known of a word.
    fn bits(&mut self, word: Word) -> &mut HalfBits {
        let half = match word.half {
            Half::Low => 0,
            Half::High => 1,
        };
        &mut self.bits[2 * word.arg + half]
    }

    /// How a test comes out on the way here, as far as one can see.
    fn known(&mut self, asked: &Asked) -> Option<bool> {
        if let Some(&known) = self.asked.get(asked) {
            return Some(known);
        }
        if asked.op == Op::Equal && asked.datum & !asked.mask != 0 {
            return Some(false);
        }
        self.bits(asked.word).decide(asked)
    }

    /// A rule for what holds on the way here, or several where one can't say it.
    fn write(&mut self, action: Option<Action>) -> Option<()> {
        let mut all: Vec<Vec<Comparison>> = vec![Vec::new()];
        for arg in Arg::ALL {
            let held: Vec<Asked> = self
                .holds
                .iter()
                .copied()
                .filter(|held| held.word.arg == arg.index())
                .collect();
            if held.is_empty() {
                continue;
            }
            let ways = ways(self.arch, arg, &held);
            all = all
                .iter()
                .flat_map(|before| ways.iter().map(move |way| [&before[..], way].concat()))
                .collect();
            if all.len() > RULES {
                return None;
            }
        }
        self.rules.extend(all.into_iter().map(|comparisons| Exact {
            comparisons,
            action,
        }));
        (self.rules.len() <= RULES).then_some(())
    }
}

impl HalfBits {
    /// Takes in how a test of the word came out.
    fn learn(&mut self, asked: &Asked, holds: bool) {
        if asked.op != Op::Equal || !(holds || asked.mask.is_power_of_two()) {
            return;
        }
        // A single bit is one or the other.
        let value = if holds {
            asked.datum
        } else {
            asked.datum ^ asked.mask
        };
        self.mask |= asked.mask;
        self.value = self.value & !asked.mask | value;
    }

    /// How a test of the word comes out, if these bits decide it.
    fn decide(self, asked: &Asked) -> Option<bool> {
        let known = self.mask & asked.mask;
        if known == asked.mask {
            return Some(compare(asked.op, self.value & known, asked.datum));
        }
        let differs = (self.value ^ asked.datum) & known != 0;
        (asked.op == Op::Equal && differs).then_some(false)
    }
}

const fn compare(op: Op, value: u32, datum: u32) -> bool {
    match op {
        Op::Equal | Op::Masked => value == datum,
        Op::Above => value > datum,
        Op::AtLeast => value >= datum,
    }
}

/// Bits of an argument and what they are.
#[derive(Clone, Copy)]
struct Bits {
    mask: u64,
    value: u64,
}

/// The ways in which all of these tests of one argument hold: each a list of comparisons.
fn ways(arch: Arch, arg: Arg, held: &[Asked]) -> Vec<Vec<Comparison>> {
    let width = if arch.bits() == 32 {
        u64::from(u32::MAX)
    } else {
        u64::MAX
    };
    // The walk takes no way on which two of these contradict each other.
    let mut equal = Bits { mask: 0, value: 0 };
    for asked in held.iter().filter(|asked| asked.op == Op::Equal) {
        let one = one(asked);
        equal.mask |= one.mask;
        equal.value |= one.value;
    }
    let mut bits = vec![equal];
    let mut bounds = Vec::new();
    for asked in held.iter().filter(|asked| asked.op != Op::Equal) {
        let least = match asked.op {
            Op::Above => asked.datum.checked_add(1),
            _ => Some(asked.datum),
        };
        let Some(least) = least else {
            return Vec::new();
        };
        match bound(arch, asked, least, &bits) {
            Some(test) => bounds.push(test),
            None => bits = with(&bits, &at_least(asked, least)),
        }
    }
    let comparisons = |bits: Bits| {
        let equal = match bits.mask {
            0 => None,
            mask if mask == width => Some(Test::Eq(bits.value)),
            mask => Some(Test::MaskedEq {
                mask,
                value: bits.value,
            }),
        };
        let bounds = bounds.iter().copied().chain(equal);
        bounds.map(|test| Comparison::new(arg, test)).collect()
    };
    bits.into_iter().map(comparisons).collect()
}

/// Each of some bits together with each of others, where they do not contradict each other.
fn with(all: &[Bits], others: &[Bits]) -> Vec<Bits> {
    let pairs = all
        .iter()
        .flat_map(|one| others.iter().map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| (one.value ^ other.value) & one.mask & other.mask == 0)
        .map(|(one, other)| Bits {
            mask: one.mask | other.mask,
            value: one.value | other.value,
        })
        .collect()
}

/// The bits that a test for equality asks for.
fn one(asked: &Asked) -> Bits {
    shifted(asked.word.half, asked.mask, asked.datum)
}

fn shifted(half: Half, mask: u32, value: u32) -> Bits {
    let shift = match half {
        Half::Low => 0,
        Half::High => 32,
    };
    Bits {
        mask: u64::from(mask) << shift,
        value: u64::from(value) << shift,
    }
}

/// One comparison that says that a word is at least so much; none where there is none.
fn bound(arch: Arch, asked: &Asked, least: u32, bits: &[Bits]) -> Option<Test> {
    const HIGH: u64 = 0xffff_ffff_0000_0000;
    if asked.mask != u32::MAX {
        return None;
    }
    match asked.word.half {
        Half::High => Some(Test::Ge(u64::from(least) << 32)),
        Half::Low if arch.bits() == 32 => Some(Test::Ge(u64::from(least))),
        // Where the high half is known, the low one alone decides.
        Half::Low => match bits {
            [only] if only.mask & HIGH == HIGH => {
                Some(Test::Ge(only.value & HIGH | u64::from(least)))
            }
            _ => None,
        },
    }
}

/// The ways in which a word under a mask is at least so much: equal down to a bit that is set and need not be, or to the end.
fn at_least(asked: &Asked, least: u32) -> Vec<Bits> {
    if least == 0 {
        return vec![Bits { mask: 0, value: 0 }];
    }
    let mut ways = Vec::new();
    let mut above = 0;
    for bit in (0..32).rev().map(|place| 1_u32 << place) {
        if asked.mask & bit != 0 && least & bit == 0 {
            let mask = asked.mask & above | bit;
            ways.push(shifted(asked.word.half, mask, least & above | bit));
        }
        if least & bit != 0 && asked.mask & bit == 0 {
            return ways;
        }
        above |= bit;
    }
    ways.push(shifted(asked.word.half, asked.mask, least));
    ways
}
