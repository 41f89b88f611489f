//! A policy and a program held against each other: a call that they answer differently, or what both of them answer.
//!
//! Trusted. Apart from the diagram, which is the form of one meaning by itself, and takes longer to make than two take to compare.

use callgate_bpf::{Action, Program, SeccompData};
use callgate_policy::Policy;

use crate::budget::{Budget, Undecided};
use crate::diagram::Diagram;
use crate::forest::{Forest, Root};
use crate::meaning::Meaning;
use crate::{machine, specification};

/// That a policy and a program answer every call alike, and what they answer.
pub struct Agreement {
    forest: Forest,
    /// The policy's, whose trees ask for arguments alone.
    meaning: Meaning,
}

impl Agreement {
    /// Holds the two against each other; where there is no agreement, a call that they answer differently.
    ///
    /// # Errors
    /// Twice the budget does not suffice, or the program returns a word that it computed of too many bits.
    pub fn of(
        policy: &Policy,
        program: &Program,
        budget: Budget,
    ) -> Result<Result<Self, SeccompData>, Undecided> {
        let mut forest = Forest::new(Budget {
            nodes: budget.nodes.saturating_mul(2),
        });
        let meaning = specification::policy(&mut forest, policy)?;
        let made = machine::program(&mut forest, program)?;
        if meaning != made {
            let said = meaning.tree(&mut forest)?;
            let made = made.tree(&mut forest)?;
            if said != made {
                let [said, made] = [said, made].map(|tree| Diagram::cut(&forest, tree));
                let witness = said.witness(&made);
                return Ok(Err(witness.expect("unequal trees of a forest differ")));
            }
        }
        Ok(Ok(Self { forest, meaning }))
    }

    /// What the calls of an audit token get: stretches of numbers that ascend and leave none out, each by its last number,
    /// and with the answer of all its calls; none where that depends on more.
    pub fn numbers(&self, audit: u32) -> impl Iterator<Item = (u32, Option<Action>)> {
        let stretches = self.meaning.0.at(audit).iter();
        stretches.map(|stretch| {
            let answer = match self.forest.root(stretch.then) {
                Root::Answer(ret) => Some(Action::from_ret(ret)),
                _ => None,
            };
            (stretch.last, answer)
        })
    }
}
