//! What a filter answers: by the token, then by the number, then by all else, as a tree.
//!
//! Trusted. Apart from the forest, because most filters are seen to be equal by it, and no tree of all words has to be made.

use alloc::rc::Rc;

use callgate_bpf::SeccompData;

use crate::budget::Undecided;
use crate::forest::{Forest, Tree};
use crate::specification::Word;
use crate::stretches::Stretches;

/// What every call gets; two that are equal answer alike, and the trees of any two decide whether they do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meaning(pub(crate) Stretches<Rc<Numbers>>);

/// What the calls of a token get, by their numbers.
pub(crate) type Numbers = Stretches<Tree>;

impl Meaning {
    /// All of it as a tree.
    pub(crate) fn tree(&self, forest: &mut Forest) -> Result<Tree, Undecided> {
        let mut tokens = Stretches::new();
        for token in self.0.iter() {
            let tree = token.then.tree(forest, Word::At(SeccompData::NR))?;
            tokens.push(token.last, tree);
        }
        tokens.tree(forest, Word::At(SeccompData::ARCH))
    }
}
