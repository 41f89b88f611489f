//! The code of every meaning of a policy: from samples, from its diagram, or as a chain where that would grow too large.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use callgate_syscalls::Endian;

use crate::block::block;
use crate::chain::chain;
use crate::code::{Code, Node};
use crate::diagram::{Diagram, Diagrams, Full};
use crate::function::function;
use crate::runs::{Meaning, Meanings};
use crate::samples;
use crate::spans::Marks;

/// The nodes of diagrams that are kept at once.
const LIMIT: usize = 1 << 19;

/// How often diagrams may grow too large before no more are made.
const PATIENCE: usize = 4;

/// The code of each meaning, by its number, entered with anything loaded.
pub(crate) fn blocks(code: &mut Code, endian: Endian, meanings: &Meanings) -> Vec<Node> {
    let mut workshop = None;
    let mut patience = PATIENCE;
    let mut nodes = Vec::with_capacity(meanings.all().len());
    for meaning in meanings.all() {
        if let Some(node) = samples::block(code, endian, meanings, meaning) {
            nodes.push(node);
            continue;
        }
        if patience > 0 {
            let workshop = workshop.get_or_insert_with(Workshop::new);
            if let Ok(node) = workshop.block(code, endian, meanings, meaning) {
                nodes.push(node);
                continue;
            }
            patience -= 1;
            *workshop = Workshop::new();
        }
        nodes.push(chain(code, endian, meanings, meaning));
    }
    nodes
}

/// Where blocks are made by diagrams, which they share.
struct Workshop {
    diagrams: Diagrams,
    marks: Marks,
    /// Lists of clauses that differ may still mean the same.
    known: BTreeMap<Diagram, Node>,
}

impl Workshop {
    fn new() -> Self {
        Self {
            diagrams: Diagrams::new(LIMIT),
            marks: Marks::default(),
            known: BTreeMap::new(),
        }
    }

    fn block(
        &mut self,
        code: &mut Code,
        endian: Endian,
        meanings: &Meanings,
        meaning: &Meaning,
    ) -> Result<Node, Full> {
        let (function, atoms) = function(&mut self.diagrams, meanings, meaning)?;
        if let Some(&node) = self.known.get(&function) {
            return Ok(node);
        }
        let (diagrams, marks) = (&mut self.diagrams, &mut self.marks);
        let node = block(code, diagrams, marks, &atoms, endian, function)?;
        self.known.insert(function, node);
        Ok(node)
    }
}
