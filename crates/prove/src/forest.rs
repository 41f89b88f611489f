//! Ordered, reduced decision diagrams that share their parts: what two functions of a call have in common stands once.
//!
//! Trusted. Apart from what the functions are of: a policy and a program meet here, and in nothing else.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use callgate_bpf::{Action, SeccompData};

use crate::budget::{Budget, Undecided};
use crate::table::{Novelty, Table};

/// A function of a call, or a condition; equal ones of one forest are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tree(u32);

/// Thirty-two conditions, one for each bit of a word; equal ones of one forest are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Vector(u32);

/// What a tree is at its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// A condition that is decided.
    Truth(Truth),
    /// A function that is decided.
    Answer(u32),
    /// By one bit of the call: the tree where it is clear, and where it is set.
    Branch { level: u16, clear: Tree, set: Tree },
}

/// A root as it is kept: in words of one kind, since every step of a proof looks at some.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Packed {
    /// Of the bit, or one of those past every bit.
    level: u16,
    /// The answer or the truth, where there is no bit.
    clear: u32,
    set: u32,
}

/// The level of an answer.
const ANSWER: u16 = u16::MAX;
/// The level of a truth.
const TRUTH: u16 = u16::MAX - 1;

/// A condition, what follows where it holds, and what where it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question([Tree; 3]);

/// The end of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Truth {
    No,
    Yes,
}

/// The bits of a word.
pub(crate) const BITS: u32 = 32;

/// The words of a call by their offset in bytes, in the order in which diagrams ask for them.
pub(crate) const ORDER: [u32; 16] = [
    SeccompData::ARCH,
    SeccompData::NR,
    16,
    20,
    24,
    28,
    32,
    36,
    40,
    44,
    48,
    52,
    56,
    60,
    8,
    12,
];

/// How many trees there is room for before memory is asked for again, and how many questions.
const ROOM: [usize; 2] = [1024, 64];

/// All trees of one piece of work.
pub(crate) struct Forest {
    roots: Table<Packed>,
    questions: Table<Question>,
    answers: Vec<Tree>,
    vectors: Table<[Tree; BITS as usize]>,
    /// What was asked for last: most rules answer as the rule before.
    last_answer: Option<(u32, Tree)>,
    budget: Budget,
}

impl Forest {
    /// The condition that never holds.
    pub(crate) const NO: Tree = Tree(0);
    /// The condition that always holds.
    pub(crate) const YES: Tree = Tree(1);

    pub(crate) fn new(budget: Budget) -> Self {
        let mut roots = Table::with_room(ROOM[0]);
        for truth in [Truth::No, Truth::Yes] {
            roots.number(Packed {
                level: TRUTH,
                clear: truth as u32,
                set: 0,
            });
        }
        Self {
            roots,
            questions: Table::with_room(ROOM[1]),
            answers: Vec::with_capacity(ROOM[1]),
            vectors: Table::with_room(1),
            last_answer: None,
            budget,
        }
    }

    /// Takes one from the budget, for what grows beside the trees.
    pub(crate) fn spend(&mut self) -> Result<(), Undecided> {
        self.budget.spend()
    }

    /// How many trees there are.
    pub(crate) fn count(&self) -> usize {
        self.roots.values().len()
    }

    pub(crate) fn root(&self, tree: Tree) -> Root {
        let Packed { level, clear, set } = self.packed(tree);
        match level {
            ANSWER => Root::Answer(clear),
            TRUTH if clear == Truth::No as u32 => Root::Truth(Truth::No),
            TRUTH => Root::Truth(Truth::Yes),
            _ => Root::Branch {
                level,
                clear: Tree(clear),
                set: Tree(set),
            },
        }
    }

    fn packed(&self, tree: Tree) -> Packed {
        self.roots.values()[tree.0 as usize]
    }

    /// The function that answers so; words that the kernel treats alike are one.
    pub(crate) fn answer(&mut self, ret: u32) -> Result<Tree, Undecided> {
        if let Some((last, tree)) = self.last_answer
            && last == ret
        {
            return Ok(tree);
        }
        let tree = self.plant(Packed {
            level: ANSWER,
            clear: Action::from_ret(ret).to_ret(),
            set: 0,
        })?;
        self.last_answer = Some((ret, tree));
        Ok(tree)
    }

    /// The tree that asks for one bit, whose parts ask for later ones only.
    pub(crate) fn branch(&mut self, level: u16, clear: Tree, set: Tree) -> Result<Tree, Undecided> {
        if clear == set {
            return Ok(clear);
        }
        self.plant(Packed {
            level,
            clear: clear.0,
            set: set.0,
        })
    }

    /// The condition that a bit is set.
    pub(crate) fn bit(&mut self, level: u16) -> Result<Tree, Undecided> {
        self.branch(level, Self::NO, Self::YES)
    }

    /// `yes` where the condition holds, else `no`; as deep as a call has bits.
    pub(crate) fn choose(
        &mut self,
        condition: Tree,
        yes: Tree,
        no: Tree,
    ) -> Result<Tree, Undecided> {
        let question = Question([condition, yes, no]);
        match question.at_once() {
            Some(answer) => Ok(answer),
            None => self.parted(question),
        }
    }

    /// The answer to a question that has none at once, by the first bit that is asked for.
    fn parted(&mut self, question: Question) -> Result<Tree, Undecided> {
        let roots = question.0.map(|tree| (tree, self.packed(tree)));
        let level = roots[0].1.level.min(roots[1].1.level).min(roots[2].1.level);
        let ways = roots.map(|(tree, root)| match root.level == level {
            true => [Tree(root.clear), Tree(root.set)],
            false => [tree, tree],
        });
        let clear = Question(ways.map(|[clear, _]| clear));
        let set = Question(ways.map(|[_, set]| set));
        let at_once = [clear.at_once(), set.at_once()];
        // What goes on one way only is as soon followed as remembered, to the end of a word.
        let is_remembered = at_once == [None, None] || u32::from(level) % BITS == 0;
        if is_remembered && let Some(known) = self.questions.find(&question) {
            return Ok(self.answers[known as usize]);
        }
        let clear = match at_once[0] {
            Some(tree) => tree,
            None => self.parted(clear)?,
        };
        let set = match at_once[1] {
            Some(tree) => tree,
            None => self.parted(set)?,
        };
        let answer = self.branch(level, clear, set)?;
        self.budget.spend()?;
        if is_remembered {
            // No part of a question is the question again, so it is still a new one.
            self.questions.number(question);
            self.answers.push(answer);
        }
        Ok(answer)
    }

    pub(crate) fn and(&mut self, one: Tree, two: Tree) -> Result<Tree, Undecided> {
        self.choose(one, two, Self::NO)
    }

    pub(crate) fn or(&mut self, one: Tree, two: Tree) -> Result<Tree, Undecided> {
        self.choose(one, Self::YES, two)
    }

    pub(crate) fn not(&mut self, condition: Tree) -> Result<Tree, Undecided> {
        self.choose(condition, Self::NO, Self::YES)
    }

    /// Conditions as one thing.
    pub(crate) fn vector(&mut self, bits: [Tree; BITS as usize]) -> Result<Vector, Undecided> {
        let (number, novelty) = self.vectors.number(bits);
        if novelty == Novelty::New {
            self.budget.spend()?;
        }
        Ok(Vector(number))
    }

    /// The conditions of a vector, that of the lowest bit first.
    pub(crate) fn conditions(&self, vector: Vector) -> [Tree; BITS as usize] {
        self.vectors.values()[vector.0 as usize]
    }

    /// The level of a tree's first bit; past every bit where it asks for none.
    pub(crate) fn level(&self, tree: Tree) -> u16 {
        self.packed(tree).level
    }

    /// What a tree that asks for no earlier word is for calls of which one has these upper bits, the others vary;
    /// `first` is the level of that word's first bit.
    pub(crate) fn within(&self, tree: Tree, first: u16, upper: u32, varying: u32) -> Tree {
        let mut tree = tree;
        while let Root::Branch { level, clear, set } = self.root(tree)
            && u32::from(level - first) < BITS - varying
        {
            let bit = BITS - 1 - u32::from(level - first);
            tree = if upper & 1 << bit == 0 { clear } else { set };
        }
        tree
    }

    fn plant(&mut self, root: Packed) -> Result<Tree, Undecided> {
        let (number, novelty) = self.roots.number(root);
        if novelty == Novelty::New {
            self.budget.spend()?;
        }
        Ok(Tree(number))
    }
}

impl Tree {
    /// Its place among the trees of its forest.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Question {
    /// The answer, where it is one of the three.
    fn at_once(self) -> Option<Tree> {
        let Self([condition, yes, no]) = self;
        if condition == Forest::YES || yes == no {
            Some(yes)
        } else if condition == Forest::NO {
            Some(no)
        } else if (yes, no) == (Forest::YES, Forest::NO) {
            Some(condition)
        } else {
            None
        }
    }
}

// In few words, since these are hashed for every step of a proof; what collides costs time only.
impl Hash for Packed {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let first = u32::from(self.level) << 22 ^ self.clear;
        hasher.write_u64(u64::from(first) << 32 | u64::from(self.set));
    }
}

impl Hash for Question {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let [condition, yes, no] = self.0;
        hasher.write_u64(u64::from(condition.0) << 32 | u64::from(yes.0));
        hasher.write_u64(no.0.into());
    }
}

/// The level of a bit, counted from the lowest, of the word at an offset.
pub(crate) const fn level(offset: u32, bit: u32) -> u16 {
    let rank = match offset {
        SeccompData::ARCH => 0,
        SeccompData::NR => 1,
        SeccompData::INSTRUCTION_POINTER => 14,
        12 => 15,
        argument => argument / 4 - 2,
    };
    (rank * BITS + (BITS - 1 - bit)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_order_of_words() {
        for (rank, &offset) in ORDER.iter().enumerate() {
            assert_eq!(level(offset, 31), rank as u16 * 32);
            assert_eq!(level(offset, 0), rank as u16 * 32 + 31);
        }
    }
}
