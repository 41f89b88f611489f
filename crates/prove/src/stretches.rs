//! What follows each value of a word, as stretches of values that are followed alike; and the same as a tree.
//!
//! Trusted. Apart from specification and machine, which say what follows, so that a thousand values take no longer than their stretches.

use alloc::vec::Vec;

use crate::budget::Undecided;
use crate::forest::{BITS, Forest, Tree, level};
use crate::specification::Word;

/// What follows each value of a word: stretches that ascend and leave none out, of which neighbours are followed otherwise.
///
/// So two are equal exactly if the same follows every value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretches<T>(Vec<Stretch<T>>);

/// The values past those of the stretch before, up to a last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch<T> {
    pub(crate) last: u32,
    pub(crate) then: T,
}

impl<T: Clone + PartialEq> Stretches<T> {
    /// None yet, which has to be followed by all.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Every value is followed by the same.
    pub(crate) fn all(then: T) -> Self {
        Self(Vec::from([Stretch {
            last: u32::MAX,
            then,
        }]))
    }

    /// Some values are followed by such, which ascend, and all others otherwise.
    pub(crate) fn of_values(values: impl IntoIterator<Item = (u32, T)>, otherwise: T) -> Self {
        let mut stretches = Self::new();
        for (value, then) in values {
            if stretches.next() != Some(value) {
                stretches.push(value - 1, otherwise.clone());
            }
            stretches.push(value, then);
        }
        if stretches.next().is_some() {
            stretches.push(u32::MAX, otherwise);
        }
        stretches
    }

    /// The values that nothing follows yet, up to a last one, which is among them.
    pub(crate) fn push(&mut self, last: u32, then: T) {
        if let Some(before) = self.0.last_mut() {
            assert!(before.last < last, "stretches ascend");
            if before.then == then {
                before.last = last;
                return;
            }
        }
        self.0.push(Stretch { last, then });
    }

    /// The values that nothing follows yet, up to a last one, which is among them: what follows them there.
    pub(crate) fn push_as(&mut self, last: u32, there: &Self) {
        let Some(first) = self.next() else { return };
        let from = there.0.partition_point(|stretch| stretch.last < first);
        for stretch in &there.0[from..] {
            self.push(stretch.last.min(last), stretch.then.clone());
            if stretch.last >= last {
                break;
            }
        }
    }

    /// The first value that nothing follows yet.
    fn next(&self) -> Option<u32> {
        match self.0.last() {
            Some(stretch) => stretch.last.checked_add(1),
            None => Some(0),
        }
    }

    /// What follows a value.
    pub(crate) fn at(&self, value: u32) -> &T {
        let place = self.0.partition_point(|stretch| stretch.last < value);
        &self.0[place].then
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stretch<T>> {
        self.0.iter()
    }
}

impl Stretches<Tree> {
    /// The tree that asks for the word, then for what follows.
    pub(crate) fn tree(&self, forest: &mut Forest, word: Word) -> Result<Tree, Undecided> {
        match word {
            Word::At(offset) => {
                let first = level(offset, BITS - 1);
                match self.0.iter().all(|each| first <= forest.level(each.then)) {
                    true => part(forest, offset, &self.0, 0, BITS),
                    false => self.chosen(forest, offset),
                }
            }
            Word::Short(_) => unreachable!("what follows is known of whole words"),
            Word::Zero => Ok(*self.at(0)),
        }
    }

    /// The same where some tree asks for an earlier word than this one: stretch by stretch.
    fn chosen(&self, forest: &mut Forest, offset: u32) -> Result<Tree, Undecided> {
        let (mut tree, rest) = match &*self.0 {
            [rest @ .., last] => (last.then, rest),
            [] => unreachable!("no value is left out"),
        };
        // Up to each last value, from the largest one down.
        for stretch in rest.iter().rev() {
            let mut up_to = Self::new();
            up_to.push(stretch.last, Forest::YES);
            up_to.push(u32::MAX, Forest::NO);
            let up_to = part(forest, offset, &up_to.0, 0, BITS)?;
            tree = forest.choose(up_to, stretch.then, tree)?;
        }
        Ok(tree)
    }
}

/// Of the values that begin with `upper`, whose lowest bits vary, and which the stretches hold; 32 calls deep.
fn part(
    forest: &mut Forest,
    offset: u32,
    stretches: &[Stretch<Tree>],
    upper: u32,
    varying: u32,
) -> Result<Tree, Undecided> {
    if let [all] = stretches {
        return Ok(forest.within(all.then, level(offset, BITS - 1), upper, varying));
    }
    let bit = varying - 1;
    let middle = upper | 1 << bit;
    let below = stretches.partition_point(|stretch| stretch.last < middle - 1);
    let above = stretches.partition_point(|stretch| stretch.last < middle);
    let clear = part(forest, offset, &stretches[..=below], upper, bit)?;
    let set = part(forest, offset, &stretches[above..], middle, bit)?;
    forest.branch(level(offset, bit), clear, set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::forest::Root;

    const ENDS: [u32; 9] = [0, 1, 2, 7, 64, 1 << 30, 1 << 31, u32::MAX - 1, u32::MAX];

    #[test]
    fn some_values_are_followed_by_such_and_the_others_otherwise() {
        for chosen in 0..1 << ENDS.len() {
            let is_chosen = |at: usize| chosen & 1 << at != 0;
            let values = (0..ENDS.len()).filter(|&at| is_chosen(at));
            let stretches =
                Stretches::of_values(values.map(|at| (ENDS[at], Forest::YES)), Forest::NO);
            for (at, &value) in ENDS.iter().enumerate() {
                assert_eq!(*stretches.at(value) == Forest::YES, is_chosen(at));
            }
            assert_eq!(*stretches.at(100), Forest::NO);
            assert_eq!(stretches.next(), None);
        }
    }

    #[test]
    fn what_follows_is_taken_from_another_word_up_to_a_value() {
        let even = Stretches::of_values(ENDS.map(|value| (value, Forest::YES)), Forest::NO);
        for last in ENDS {
            let mut half = Stretches::new();
            half.push_as(last, &even);
            half.push_as(u32::MAX, &Stretches::all(Forest::NO));
            for value in ENDS {
                assert_eq!(*half.at(value) == Forest::YES, value <= last);
            }
        }
    }

    #[test]
    fn a_tree_leads_to_what_follows() -> Result<(), Undecided> {
        let stretches = Stretches::of_values(ENDS.map(|value| (value, Forest::YES)), Forest::NO);
        let mut forest = Forest::new(Budget::default());
        let tree = stretches.tree(&mut forest, Word::At(0))?;
        for value in ENDS.into_iter().chain([3, 63, 65, 1 << 29]) {
            let end = forest.within(tree, level(0, BITS - 1), value, 0);
            assert!(matches!(forest.root(end), Root::Truth(_)));
            assert_eq!(end, *stretches.at(value));
        }
        Ok(())
    }
}
