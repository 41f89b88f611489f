//! What a block of arguments means, in a form that is the same whenever the meaning is:
//! a decision diagram over the bits of words, the first word's highest bit first, that ends in answers.
//!
//! It is the optimiser's own; the proof of its work stands on another one.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::intern::Interner;
use crate::words::WordTest;

/// A function from words to answers; equal functions are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Diagram(u32);

/// The bits of one word.
pub(crate) const WORD_BITS: u16 = 32;

/// A node: an answer, or two functions to choose from by a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Leaf(u32),
    /// The level of a bit is its word's rank times 32, plus its distance from the highest bit.
    Branch {
        level: u16,
        clear: Diagram,
        set: Diagram,
    },
}

/// Marks a question for the simplified function; no diagram has this number.
const SIMPLIFIED: u32 = u32::MAX;

/// How many nodes, and questions, there is room for before memory is asked for again.
const ROOM: usize = 1024;

/// There are more nodes than were granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// All diagrams that are being worked with.
pub(crate) struct Diagrams {
    entries: Interner<Entry>,
    limit: usize,
    asked: Interner<[u32; 3]>,
    answers: Vec<Diagram>,
}

// In few words, since nodes are hashed most of the time that diagrams take.
impl Hash for Entry {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match *self {
            Self::Leaf(ret) => hasher.write_u64(ret.into()),
            Self::Branch { level, clear, set } => {
                hasher.write_u64(u64::from(level) << 32 | u64::from(clear.0));
                hasher.write_u64(set.0.into());
            }
        }
    }
}

impl Diagram {
    /// Its place among the diagrams.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Diagrams {
    /// The condition that never holds; conditions are functions that end in these two.
    pub(crate) const NEVER: Diagram = Diagram(0);
    /// The condition that always holds.
    pub(crate) const ALWAYS: Diagram = Diagram(1);

    /// Diagrams with at most this many nodes altogether.
    pub(crate) fn new(limit: usize) -> Self {
        let mut entries = Interner::with_room(ROOM);
        entries.intern(Entry::Leaf(0));
        entries.intern(Entry::Leaf(1));
        Self {
            entries,
            limit,
            asked: Interner::with_room(ROOM),
            answers: Vec::new(),
        }
    }

    /// What a diagram is at its top.
    pub(crate) fn entry(&self, diagram: Diagram) -> Entry {
        self.entries.items()[diagram.index()]
    }

    /// The level of its first bit; past every bit for an answer.
    pub(crate) fn level(&self, diagram: Diagram) -> u16 {
        match self.entry(diagram) {
            Entry::Leaf(_) => u16::MAX,
            Entry::Branch { level, .. } => level,
        }
    }

    /// Whether its first bit is in the word of this rank.
    pub(crate) fn begins_in(&self, diagram: Diagram, rank: u16) -> bool {
        self.level(diagram) / WORD_BITS == rank
    }

    /// The function that answers with one word.
    pub(crate) fn leaf(&mut self, ret: u32) -> Result<Diagram, Full> {
        self.make(Entry::Leaf(ret))
    }

    /// The function that goes by one bit.
    pub(crate) fn bit(
        &mut self,
        level: u16,
        clear: Diagram,
        set: Diagram,
    ) -> Result<Diagram, Full> {
        if clear == set {
            return Ok(clear);
        }
        self.make(Entry::Branch { level, clear, set })
    }

    /// The function that goes by a test of the word of this rank; `yes` and `no` look at later words only.
    pub(crate) fn test(
        &mut self,
        rank: u16,
        test: WordTest,
        yes: Diagram,
        no: Diagram,
    ) -> Result<Diagram, Full> {
        let mut function = yes;
        // From the lowest bit upward.
        for bit in 0..WORD_BITS {
            let level = rank * WORD_BITS + (WORD_BITS - 1 - bit);
            let is_set = |value: u32| value & (1 << bit) != 0;
            let (clear, set) = match test {
                WordTest::Eq(value) if is_set(value) => (no, function),
                WordTest::Eq(_) => (function, no),
                WordTest::Ge(value) if is_set(value) => (no, function),
                WordTest::Ge(_) => (function, yes),
                WordTest::MaskedEq { mask, .. } if !is_set(mask) => (function, function),
                WordTest::MaskedEq { value, .. } if is_set(value) => (no, function),
                WordTest::MaskedEq { .. } => (function, no),
            };
            function = self.bit(level, clear, set)?;
        }
        Ok(function)
    }

    /// The function that is `yes` where the condition holds, else `no`.
    pub(crate) fn choose(
        &mut self,
        condition: Diagram,
        yes: Diagram,
        no: Diagram,
    ) -> Result<Diagram, Full> {
        if let Some(answer) = Self::chosen_at_once([condition, yes, no]) {
            return Ok(answer);
        }
        let level = [condition, yes, no].map(|each| self.level(each));
        let level = level[0].min(level[1]).min(level[2]);
        let halves = [condition, yes, no].map(|each| self.halves(each, level));
        let (clear, set) = (halves.map(|half| half.0), halves.map(|half| half.1));
        // Where only one half is to be asked further, that is as quick as to remember it.
        let is_remembered = [clear, set].map(Self::chosen_at_once) == [None, None];
        let question = [condition.0, yes.0, no.0];
        if is_remembered && let Some(known) = self.asked.find(&question) {
            return Ok(self.answers[known as usize]);
        }
        let clear = self.choose(clear[0], clear[1], clear[2])?;
        let set = self.choose(set[0], set[1], set[2])?;
        let answer = self.bit(level, clear, set)?;
        if is_remembered {
            self.remember(question, answer)?;
        }
        Ok(answer)
    }

    /// What is chosen, where no bit has to be looked at for it.
    fn chosen_at_once([condition, yes, no]: [Diagram; 3]) -> Option<Diagram> {
        if condition == Self::ALWAYS || yes == no {
            Some(yes)
        } else if condition == Self::NEVER {
            Some(no)
        } else {
            None
        }
    }

    /// A function that is the same where `care` holds, and simpler where it does not.
    ///
    /// Where one half of the words is of no interest, the other's function stands for both.
    pub(crate) fn simplified(&mut self, function: Diagram, care: Diagram) -> Result<Diagram, Full> {
        if care == Self::ALWAYS || care == Self::NEVER {
            return Ok(function);
        }
        let level = self.level(function);
        if level == u16::MAX {
            return Ok(function);
        }
        let care_level = self.level(care);
        let (care_clear, care_set) = self.halves(care, care_level);
        if care_level < level {
            let either = self.choose(care_clear, Self::ALWAYS, care_set)?;
            return self.simplified(function, either);
        }
        let (clear, set) = self.halves(function, level);
        let (care_clear, care_set) = if care_level == level {
            (care_clear, care_set)
        } else {
            (care, care)
        };
        if care_clear == Self::NEVER {
            return self.simplified(set, care_set);
        }
        if care_set == Self::NEVER {
            return self.simplified(clear, care_clear);
        }
        let question = [care.0, function.0, SIMPLIFIED];
        if let Some(known) = self.asked.find(&question) {
            return Ok(self.answers[known as usize]);
        }
        let clear = self.simplified(clear, care_clear)?;
        let set = self.simplified(set, care_set)?;
        let answer = self.bit(level, clear, set)?;
        self.remember(question, answer)?;
        Ok(answer)
    }

    /// A function where the bit of this level is clear, and where it is set; no bit of an earlier level matters to it.
    pub(crate) fn halves(&self, diagram: Diagram, level: u16) -> (Diagram, Diagram) {
        match self.entry(diagram) {
            Entry::Branch {
                level: own,
                clear,
                set,
            } if own == level => (clear, set),
            _ => (diagram, diagram),
        }
    }

    fn remember(&mut self, question: [u32; 3], answer: Diagram) -> Result<(), Full> {
        if self.answers.len() >= self.limit {
            return Err(Full);
        }
        self.asked.intern(question);
        self.answers.push(answer);
        Ok(())
    }

    fn make(&mut self, entry: Entry) -> Result<Diagram, Full> {
        let made = Diagram(self.entries.intern(entry));
        if self.entries.items().len() > self.limit {
            return Err(Full);
        }
        Ok(made)
    }
}
