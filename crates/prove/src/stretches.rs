//! Values of a word as stretches: parted by the tests of a program, and with what follows each of them, as a tree.
//!
//! Trusted. Apart from specification and machine, which say what the values are, so that a thousand take no longer than their bits.

use alloc::vec::Vec;

use callgate_bpf::JumpOp;

use crate::budget::Undecided;
use crate::forest::{BITS, Forest, Tree, level};
use crate::specification::Word;

/// Values from a first to a last one, which is not below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// Stretches that ascend and are apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stretches(Vec<Stretch>);

/// The values for which a test holds, those for which it does not, and those that it would part too finely.
#[derive(Debug)]
pub(crate) struct Parted {
    pub(crate) yes: Stretches,
    pub(crate) no: Stretches,
    pub(crate) open: Stretches,
}

/// In so many parts at most a mask may part a stretch.
const FINEST: u32 = 64;

impl Stretches {
    /// Every value.
    pub(crate) fn all() -> Self {
        Self(Vec::from([Stretch {
            first: 0,
            last: u32::MAX,
        }]))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds others, which are apart from these.
    pub(crate) fn join(&mut self, others: Self) {
        self.0.extend(others.0);
        self.0.sort_unstable_by_key(|stretch| stretch.first);
    }

    /// By whether a comparison with a constant holds.
    pub(crate) fn parted(self, op: JumpOp, k: u32) -> Parted {
        let open = Self::default();
        match op {
            JumpOp::Eq => {
                let (mut no, from) = self.cut(k);
                let (yes, above) = match k.checked_add(1) {
                    Some(above) => from.cut(above),
                    None => (from, Self::default()),
                };
                no.0.extend(above.0);
                Parted { yes, no, open }
            }
            JumpOp::Ge => {
                let (no, yes) = self.cut(k);
                Parted { yes, no, open }
            }
            JumpOp::Gt => {
                let (no, yes) = match k.checked_add(1) {
                    Some(above) => self.cut(above),
                    None => (self, Self::default()),
                };
                Parted { yes, no, open }
            }
            JumpOp::Set => {
                let mut parted = Parted {
                    yes: Self::default(),
                    no: Self::default(),
                    open,
                };
                for stretch in self.0 {
                    parted.mask(stretch, k);
                }
                parted
            }
        }
    }

    /// Those below a value, and those from it upward.
    fn cut(mut self, at: u32) -> (Self, Self) {
        let place = self.0.partition_point(|stretch| stretch.last < at);
        let mut from = self.0.split_off(place);
        if let Some(first) = from.first_mut()
            && first.first < at
        {
            self.0.push(Stretch {
                first: first.first,
                last: at - 1,
            });
            first.first = at;
        }
        (self, Self(from))
    }
}

impl IntoIterator for Stretches {
    type Item = Stretch;
    type IntoIter = alloc::vec::IntoIter<Stretch>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Parted {
    /// Puts a stretch where it belongs, by whether its values have a bit of the mask; as deep as a word has bits.
    fn mask(&mut self, stretch: Stretch, mask: u32) {
        let Stretch { first, last } = stretch;
        // The bits below the highest in which the two ends differ take every value.
        let varying = u32::MAX
            .checked_shr((first ^ last).leading_zeros())
            .unwrap_or(0);
        if first & !varying & mask != 0 {
            self.yes.0.push(stretch);
        } else if varying & mask == 0 {
            self.no.0.push(stretch);
        } else if (last - first) >> mask.trailing_zeros() >= FINEST {
            self.open.0.push(stretch);
        } else {
            let middle = last & !(varying >> 1);
            self.mask(
                Stretch {
                    first,
                    last: middle - 1,
                },
                mask,
            );
            self.mask(
                Stretch {
                    first: middle,
                    last,
                },
                mask,
            );
        }
    }
}

/// Values of one word and the tree that follows each; what follows all others is "no".
pub(crate) struct Set {
    /// Ascending and apart; where two touch, different trees follow.
    followed: Vec<Followed>,
}

struct Followed {
    first: u32,
    last: u32,
    tree: Tree,
}

impl Set {
    pub(crate) const fn new() -> Self {
        Self {
            followed: Vec::new(),
        }
    }

    /// Adds the values from `first` to `last`, which is not below.
    ///
    /// What was added before begins no later, and what it has in common with these is followed by the same.
    pub(crate) fn add(&mut self, first: u32, last: u32, tree: Tree) {
        match self.followed.last_mut() {
            Some(before) if before.tree == tree && first <= before.last.saturating_add(1) => {
                before.last = before.last.max(last);
            }
            _ => self.followed.push(Followed { first, last, tree }),
        }
    }

    /// The tree that asks for the word, then for what follows.
    pub(crate) fn tree(&self, forest: &mut Forest, word: Word) -> Result<Tree, Undecided> {
        match word {
            Word::At(offset) => {
                let first = level(offset, BITS - 1);
                match self
                    .followed
                    .iter()
                    .all(|each| first <= forest.level(each.tree))
                {
                    true => part(forest, offset, &self.followed, 0, BITS),
                    false => self.chosen(forest, offset),
                }
            }
            Word::Short(_) => unreachable!("a set is of whole words"),
            Word::Zero => Ok(match self.followed.first() {
                Some(stretch) if stretch.first == 0 => stretch.tree,
                _ => Forest::NO,
            }),
        }
    }

    /// The same where some tree asks for an earlier word than this one: stretch by stretch.
    fn chosen(&self, forest: &mut Forest, offset: u32) -> Result<Tree, Undecided> {
        let mut tree = Forest::NO;
        for &Followed {
            first,
            last,
            tree: then,
        } in &self.followed
        {
            let within = Followed {
                first,
                last,
                tree: Forest::YES,
            };
            let within = part(forest, offset, &[within], 0, BITS)?;
            tree = forest.choose(within, then, tree)?;
        }
        Ok(tree)
    }
}

/// Of the values that begin with `upper`, whose lowest bits vary; each of those that follow has some of these. 32 calls deep.
fn part(
    forest: &mut Forest,
    offset: u32,
    followed: &[Followed],
    upper: u32,
    varying: u32,
) -> Result<Tree, Undecided> {
    let last = upper | u32::MAX.checked_shr(BITS - varying).unwrap_or(0);
    match followed {
        [] => Ok(Forest::NO),
        [all] if all.first <= upper && last <= all.last => {
            Ok(forest.within(all.tree, level(offset, BITS - 1), upper, varying))
        }
        _ => {
            let bit = varying - 1;
            let middle = upper | 1 << bit;
            let below = followed.partition_point(|stretch| stretch.first < middle);
            let above = followed.partition_point(|stretch| stretch.last < middle);
            let clear = part(forest, offset, &followed[..below], upper, bit)?;
            let set = part(forest, offset, &followed[above..], middle, bit)?;
            forest.branch(level(offset, bit), clear, set)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [u32; 12] = [
        0,
        1,
        2,
        3,
        7,
        8,
        64,
        65,
        1 << 30,
        1 << 31,
        u32::MAX - 1,
        u32::MAX,
    ];

    /// Each value is in one of the three parts, and in the right one.
    #[test]
    fn stretches_are_parted_as_the_test_says() {
        let begin = Stretches::all().parted(JumpOp::Ge, 2);
        for op in [JumpOp::Eq, JumpOp::Ge, JumpOp::Gt, JumpOp::Set] {
            for k in ENDS {
                let parted = begin.yes.clone().parted(op, k);
                for value in ENDS {
                    let has = |part: &Stretches| {
                        let within = |each: &&Stretch| each.first <= value && value <= each.last;
                        part.0.iter().filter(within).count()
                    };
                    let places = [has(&parted.yes), has(&parted.no), has(&parted.open)];
                    let expected = match value {
                        0 | 1 => [0, 0, 0],
                        _ if places[2] == 1 => {
                            assert_eq!(op, JumpOp::Set, "only a mask is left open");
                            [0, 0, 1]
                        }
                        _ if op.holds(value, k) => [1, 0, 0],
                        _ => [0, 1, 0],
                    };
                    assert_eq!(places, expected, "{value:#x} {op:?} {k:#x}");
                }
            }
        }
    }

    #[test]
    fn a_mask_of_high_bits_leaves_nothing_open() {
        let parted = Stretches::all().parted(JumpOp::Set, 1 << 30);
        assert!(parted.open.is_empty());
        let parted = Stretches::all().parted(JumpOp::Set, 1);
        assert!(parted.yes.is_empty() && parted.no.is_empty());
    }
}
