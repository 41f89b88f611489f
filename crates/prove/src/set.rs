//! What follows each value of a word, as a tree: so a thousand values take no longer than their bits.
//!
//! Trusted. Apart from the specification, which says what the values are.

use alloc::vec::Vec;

use crate::budget::Undecided;
use crate::forest::{BITS, Forest, Tree, level};
use crate::specification::Word;

/// Values of one word and the tree that follows each; what follows all others is "no".
pub(crate) struct Set {
    /// Ascending and apart; where two touch, different trees follow.
    stretches: Vec<Stretch>,
}

struct Stretch {
    first: u32,
    last: u32,
    tree: Tree,
}

impl Set {
    pub(crate) const fn new() -> Self {
        Self {
            stretches: Vec::new(),
        }
    }

    /// Adds the values from `first` to `last`, which is not below.
    ///
    /// What was added before begins no later, and what it has in common with these is followed by the same.
    pub(crate) fn add(&mut self, first: u32, last: u32, tree: Tree) {
        match self.stretches.last_mut() {
            Some(before) if before.tree == tree && first <= before.last.saturating_add(1) => {
                before.last = before.last.max(last);
            }
            _ => self.stretches.push(Stretch { first, last, tree }),
        }
    }

    /// The tree that asks for the word, then for what follows.
    pub(crate) fn tree(&self, forest: &mut Forest, word: Word) -> Result<Tree, Undecided> {
        match word {
            Word::At(offset) => part(forest, offset, &self.stretches, 0, BITS),
            Word::Short(_) => unreachable!("a set is of whole words"),
            Word::Zero => Ok(match self.stretches.first() {
                Some(stretch) if stretch.first == 0 => stretch.tree,
                _ => Forest::NO,
            }),
        }
    }
}

/// Of the values that begin with `upper`, whose lowest bits vary; each stretch has some of these. 32 calls deep.
fn part(
    forest: &mut Forest,
    offset: u32,
    stretches: &[Stretch],
    upper: u32,
    varying: u32,
) -> Result<Tree, Undecided> {
    let last = upper | u32::MAX.checked_shr(BITS - varying).unwrap_or(0);
    match stretches {
        [] => Ok(Forest::NO),
        [all] if all.first <= upper && last <= all.last => Ok(all.tree),
        _ => {
            let bit = varying - 1;
            let middle = upper | 1 << bit;
            let below = stretches.partition_point(|stretch| stretch.first < middle);
            let above = stretches.partition_point(|stretch| stretch.last < middle);
            let clear = part(forest, offset, &stretches[..below], upper, bit)?;
            let set = part(forest, offset, &stretches[above..], middle, bit)?;
            forest.branch(level(offset, bit), clear, set)
        }
    }
}
