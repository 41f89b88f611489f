//! Two diagrams as one, answer by answer: what either lets through, or what both do.
//!
//! Trusted. Apart from stacks, where the kernel says which answer counts and the order matters: here it does not.

use alloc::collections::BTreeMap;

use callgate_bpf::Action;

use crate::budget::{Budget, Undecided};
use crate::diagram::{Diagram, Node};
use crate::forest::{Forest, Tree};

impl Diagram {
    /// Of each call the stricter of two answers; of two errnos and the like, the smaller.
    ///
    /// Neither the order nor the grouping of several diagrams matters, nor how often one is among them.
    ///
    /// # Errors
    /// The budget does not suffice.
    pub fn stricter_of(&self, other: &Self, budget: Budget) -> Result<Self, Undecided> {
        self.combined(other, Action::min, budget)
    }

    /// Of each call the less strict of two answers; of two errnos and the like, the larger.
    ///
    /// Neither the order nor the grouping of several diagrams matters, nor how often one is among them.
    ///
    /// # Errors
    /// The budget does not suffice.
    pub fn milder_of(&self, other: &Self, budget: Budget) -> Result<Self, Undecided> {
        self.combined(other, Action::max, budget)
    }

    fn combined(
        &self,
        other: &Self,
        pick: fn(Action, Action) -> Action,
        budget: Budget,
    ) -> Result<Self, Undecided> {
        if self == other {
            return Ok(self.clone());
        }
        let mut both = Both {
            forest: Forest::new(budget),
            sides: [self, other],
            pick,
            known: BTreeMap::new(),
        };
        let tree = both.tree(self.whole().0, other.whole().0)?;
        Ok(Self::cut(&both.forest, tree))
    }
}

/// Two diagrams on their way to one.
struct Both<'d> {
    forest: Forest,
    sides: [&'d Diagram; 2],
    pick: fn(Action, Action) -> Action,
    known: BTreeMap<(u32, u32), Tree>,
}

impl Both<'_> {
    /// As deep as a call has bits.
    fn tree(&mut self, one: u32, other: u32) -> Result<Tree, Undecided> {
        if let Some(&known) = self.known.get(&(one, other)) {
            return Ok(known);
        }
        self.forest.spend()?;
        let [left, right] = self.sides;
        let tree = match (left.nodes[one as usize], right.nodes[other as usize]) {
            (Node::Answer(one), Node::Answer(other)) => {
                self.forest.answer((self.pick)(one, other).to_ret())?
            }
            (first, second) => {
                let level = first.level().min(second.level());
                let first = left.parts(one as usize, level);
                let second = right.parts(other as usize, level);
                let clear = self.tree(first.0 as u32, second.0 as u32)?;
                let set = self.tree(first.1 as u32, second.1 as u32)?;
                self.forest.branch(level, clear, set)?
            }
        };
        self.known.insert((one, other), tree);
        Ok(tree)
    }
}
