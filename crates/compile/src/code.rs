//! A program as a graph without places: what is done, then what is done next, equal parts shared.
//!
//! Apart from the layout, which alone knows distances; everything before it works on this graph.

use alloc::collections::BTreeMap;

use crate::intern::Interner;
use crate::words::WordTest;

/// A node of a [`Code`].
///
/// Nodes are made after those that they lead to, so a smaller number never leads to a larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node(u32);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Answer.
    Ret(u32),
    /// Load the word at a byte offset.
    Load { offset: u32, next: Node },
    /// Keep the loaded word's bits that the mask has.
    And { mask: u32, next: Node },
    /// Go on by a comparison of the loaded word.
    Test { test: Test, yes: Node, no: Node },
}

/// A comparison of the loaded word that is one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    /// It is this.
    Eq(u32),
    /// It is this or above.
    Ge(u32),
    /// It has some bit of these.
    Set(u32),
}

/// A graph of steps; equal nodes are one node.
pub(crate) struct Code {
    steps: Interner<Step>,
}

impl Node {
    /// Its place among the nodes of its graph.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Code {
    pub(crate) fn new() -> Self {
        Self {
            steps: Interner::new(),
        }
    }

    /// What a node does.
    pub(crate) fn step(&self, node: Node) -> Step {
        self.steps.items()[node.index()]
    }

    /// What every node does, reached or not, each after those that it leads to.
    pub(crate) fn steps(&self) -> &[Step] {
        self.steps.items()
    }

    /// Answer with a word.
    pub(crate) fn ret(&mut self, ret: u32) -> Node {
        self.node(Step::Ret(ret))
    }

    /// Load a word, and go on.
    pub(crate) fn load(&mut self, offset: u32, next: Node) -> Node {
        match self.step(next) {
            // An answer has no use for it, and another load makes it void.
            Step::Ret(_) | Step::Load { .. } => next,
            _ => self.node(Step::Load { offset, next }),
        }
    }

    /// Mask the loaded word, and go on.
    pub(crate) fn and(&mut self, mask: u32, next: Node) -> Node {
        match self.step(next) {
            Step::Ret(_) | Step::Load { .. } => next,
            _ => self.node(Step::And { mask, next }),
        }
    }

    /// Go on by a test of the loaded word.
    pub(crate) fn test(&mut self, test: Test, yes: Node, no: Node) -> Node {
        if yes == no {
            return yes;
        }
        self.node(Step::Test { test, yes, no })
    }

    /// Load a word, and go on by a test of it; both sides are entered with any word loaded.
    pub(crate) fn branch(&mut self, offset: u32, test: WordTest, yes: Node, no: Node) -> Node {
        let (with_yes, with_no) = (self.loaded(offset, yes), self.loaded(offset, no));
        let tested = match test {
            WordTest::Eq(value) => self.test(Test::Eq(value), with_yes, with_no),
            WordTest::Ge(value) => self.test(Test::Ge(value), with_yes, with_no),
            WordTest::MaskedEq { mask, value: 0 } => self.test(Test::Set(mask), with_no, with_yes),
            WordTest::MaskedEq { mask, value } if mask.is_power_of_two() && mask == value => {
                self.test(Test::Set(mask), with_yes, with_no)
            }
            WordTest::MaskedEq { mask, value } => {
                let masked = self.test(Test::Eq(value), yes, no);
                self.and(mask, masked)
            }
        };
        self.load(offset, tested)
    }

    /// Where to enter a node with the word at this offset already loaded.
    pub(crate) fn loaded(&self, offset: u32, node: Node) -> Node {
        match self.step(node) {
            Step::Load {
                offset: loads,
                next,
            } if loads == offset => next,
            _ => node,
        }
    }

    /// How many instructions a node leads to, each counted once, and the longest path.
    pub(crate) fn cost(&self, entry: Node) -> usize {
        let mut seen = BTreeMap::new();
        let depth = self.depth(entry, &mut seen);
        seen.len() * 2 + depth
    }

    fn depth(&self, node: Node, seen: &mut BTreeMap<Node, usize>) -> usize {
        if let Some(&depth) = seen.get(&node) {
            return depth;
        }
        let depth = match self.step(node) {
            Step::Ret(_) => 1,
            Step::Load { next, .. } | Step::And { next, .. } => 1 + self.depth(next, seen),
            Step::Test { yes, no, .. } => 1 + self.depth(yes, seen).max(self.depth(no, seen)),
        };
        seen.insert(node, depth);
        depth
    }

    fn node(&mut self, step: Step) -> Node {
        Node(self.steps.intern(step))
    }
}
