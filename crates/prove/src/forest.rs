//! Ordered, reduced decision diagrams that share their parts: what two functions of a call have in common stands once.
//!
//! Trusted. Apart from what the functions are of: a policy and a program meet here, and in nothing else.

use alloc::vec::Vec;

use callgate_bpf::{Action, SeccompData};

use crate::budget::{Budget, Undecided};
use crate::table::{Novelty, Table};

/// A function of a call, or a condition; equal ones of one forest are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tree(u32);

/// What a tree is at its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Root {
    /// A condition that is decided.
    Truth(Truth),
    /// A function that is decided.
    Answer(u32),
    /// By one bit of the call: the tree where it is clear, and where it is set.
    Branch { level: u16, clear: Tree, set: Tree },
}

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

/// All trees of one piece of work.
pub(crate) struct Forest {
    roots: Table<Root>,
    questions: Table<[Tree; 3]>,
    answers: Vec<Tree>,
    budget: Budget,
}

impl Forest {
    /// The condition that never holds.
    pub(crate) const NO: Tree = Tree(0);
    /// The condition that always holds.
    pub(crate) const YES: Tree = Tree(1);

    pub(crate) fn new(budget: Budget) -> Self {
        let mut roots = Table::new();
        roots.number(Root::Truth(Truth::No));
        roots.number(Root::Truth(Truth::Yes));
        Self {
            roots,
            questions: Table::new(),
            answers: Vec::new(),
            budget,
        }
    }

    /// Takes one from the budget, for what grows beside the trees.
    pub(crate) fn spend(&mut self) -> Result<(), Undecided> {
        self.budget.spend()
    }

    pub(crate) fn root(&self, tree: Tree) -> Root {
        self.roots.values()[tree.0 as usize]
    }

    /// The function that answers so; words that the kernel treats alike are one.
    pub(crate) fn answer(&mut self, ret: u32) -> Result<Tree, Undecided> {
        self.plant(Root::Answer(Action::from_ret(ret).to_ret()))
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
        if condition == Self::YES || yes == no {
            return Ok(yes);
        }
        if condition == Self::NO {
            return Ok(no);
        }
        if (yes, no) == (Self::YES, Self::NO) {
            return Ok(condition);
        }
        let question = [condition, yes, no];
        if let Some(known) = self.questions.find(&question) {
            return Ok(self.answers[known as usize]);
        }
        let level = question.map(|tree| self.level(tree)).into_iter().min();
        let level = level.expect("there are three");
        let [condition, yes, no] = question.map(|tree| self.at(tree, level));
        let clear = self.choose(condition.0, yes.0, no.0)?;
        let set = self.choose(condition.1, yes.1, no.1)?;
        let answer = self.branch(level, clear, set)?;
        self.budget.spend()?;
        // No part of a question is the question again, so it is still a new one.
        self.questions.number(question);
        self.answers.push(answer);
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

    /// The level of a tree's first bit; past every bit where it asks for none.
    fn level(&self, tree: Tree) -> u16 {
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

    fn plant(&mut self, root: Root) -> Result<Tree, Undecided> {
        let (number, novelty) = self.roots.number(root);
        if novelty == Novelty::New {
            self.budget.spend()?;
        }
        Ok(Tree(number))
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
