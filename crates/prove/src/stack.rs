//! Several filters on one process as one: the kernel runs all of them, and the strictest answer counts.
//!
//! Trusted. Apart from the specification and the machine, because it combines what both have made.

use alloc::collections::BTreeMap;

use callgate_bpf::Action;

use crate::budget::{Budget, Undecided};
use crate::diagram::{Diagram, Node};
use crate::forest::{Forest, Tree};

impl Diagram {
    /// What a call gets that comes to this filter and to a newer one, as the kernel has it (`seccomp_run_filters`):
    /// the stricter action, and between equal actions the newer filter's data.
    ///
    /// # Errors
    /// The budget does not suffice.
    pub fn beneath(&self, newer: &Self, budget: Budget) -> Result<Self, Undecided> {
        let mut both = Both {
            forest: Forest::new(budget),
            older: self,
            newer,
            known: BTreeMap::new(),
        };
        let tree = both.tree(self.whole().0, newer.whole().0)?;
        Ok(Self::cut(&both.forest, tree))
    }
}

/// Two diagrams on their way to one.
struct Both<'d> {
    forest: Forest,
    older: &'d Diagram,
    newer: &'d Diagram,
    known: BTreeMap<(u32, u32), Tree>,
}

impl Both<'_> {
    /// As deep as a call has bits.
    fn tree(&mut self, older: u32, newer: u32) -> Result<Tree, Undecided> {
        if let Some(&known) = self.known.get(&(older, newer)) {
            return Ok(known);
        }
        self.forest.spend()?;
        let nodes = (
            self.older.nodes[older as usize],
            self.newer.nodes[newer as usize],
        );
        let tree = match nodes {
            (Node::Answer(older), Node::Answer(newer)) => {
                self.forest.answer(stricter(older, newer).to_ret())?
            }
            (one, two) => {
                let level = one.level().min(two.level());
                let (one, two) = (
                    self.older.parts(older as usize, level),
                    self.newer.parts(newer as usize, level),
                );
                let clear = self.tree(one.0 as u32, two.0 as u32)?;
                let set = self.tree(one.1 as u32, two.1 as u32)?;
                self.forest.branch(level, clear, set)?
            }
        };
        self.known.insert((older, newer), tree);
        Ok(tree)
    }
}

/// Ranks are compared without data, as the kernel compares `ACTION_ONLY`.
fn stricter(older: Action, newer: Action) -> Action {
    if older.strictness() < newer.strictness() {
        older
    } else {
        newer
    }
}
