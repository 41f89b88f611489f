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

/// How many trees, and questions, there is room for before memory is asked for again.
const ROOM: usize = 1024;

/// All trees of one piece of work.
pub(crate) struct Forest {
    roots: Table<Root>,
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
        let mut roots = Table::with_room(ROOM);
        roots.number(Root::Truth(Truth::No));
        roots.number(Root::Truth(Truth::Yes));
        Self {
            roots,
            questions: Table::with_room(ROOM),
            answers: Vec::with_capacity(ROOM),
            vectors: Table::new(),
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
        self.roots.values()[tree.0 as usize]
    }

    /// The function that answers so; words that the kernel treats alike are one.
    pub(crate) fn answer(&mut self, ret: u32) -> Result<Tree, Undecided> {
        if let Some((last, tree)) = self.last_answer
            && last == ret
        {
            return Ok(tree);
        }
        let tree = self.plant(Root::Answer(Action::from_ret(ret).to_ret()))?;
        self.last_answer = Some((ret, tree));
        Ok(tree)
    }

    /// The tree that asks for one bit, whose parts ask for later ones only.
    pub(crate) fn branch(&mut self, level: u16, clear: Tree, set: Tree) -> Result<Tree, Undecided> {
        if clear == set {
            return Ok(clear);
        }
        self.plant(Root::Branch { level, clear, set })
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
        if let Some(answer) = question.at_once() {
            return Ok(answer);
        }
        let level = question.0.map(|tree| self.level(tree)).into_iter().min();
        let level = level.expect("there are three");
        let [condition, yes, no] = question.0.map(|tree| self.at(tree, level));
        let clear = Question([condition.0, yes.0, no.0]);
        let set = Question([condition.1, yes.1, no.1]);
        // What goes on one way only is as soon followed as remembered: no way is longer than a call has bits.
        let is_fork = clear.at_once().is_none() && set.at_once().is_none();
        if is_fork && let Some(known) = self.questions.find(&question) {
            return Ok(self.answers[known as usize]);
        }
        let clear = self.choose(clear.0[0], clear.0[1], clear.0[2])?;
        let set = self.choose(set.0[0], set.0[1], set.0[2])?;
        let answer = self.branch(level, clear, set)?;
        self.budget.spend()?;
        if is_fork {
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
        match self.root(tree) {
            Root::Branch { level, .. } => level,
            Root::Truth(_) | Root::Answer(_) => u16::MAX,
        }
    }

    /// What a tree is where the bit of a level is clear, and where it is set; it asks for no earlier one.
    fn at(&self, tree: Tree, level: u16) -> (Tree, Tree) {
        match self.root(tree) {
            Root::Branch {
                level: own,
                clear,
                set,
            } if own == level => (clear, set),
            _ => (tree, tree),
        }
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

    fn plant(&mut self, root: Root) -> Result<Tree, Undecided> {
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
impl Hash for Root {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match *self {
            Self::Truth(truth) => hasher.write_u64(truth as u64),
            Self::Answer(ret) => hasher.write_u64(u64::from(ret) << 8),
            Self::Branch { level, clear, set } => {
                hasher.write_u64(u64::from(level) << 32 | u64::from(clear.0));
                hasher.write_u64(set.0.into());
            }
        }
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
