//! The code of every meaning of a policy: from its diagram, or as a chain where that would grow too large.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use callgate_syscalls::Endian;

use crate::block::block;
use crate::chain::chain;
use crate::code::{Code, Node};
use crate::diagram::{Diagram, Diagrams, Full};
use crate::function::function;
use crate::runs::{Meaning, Meanings};
use crate::spans::Marks;

/// The nodes of diagrams that are kept at once.
const LIMIT: usize = 1 << 19;

/// How often diagrams may grow too large before no more are made.
const PATIENCE: usize = 4;

/// The code of each meaning, by its number, entered with anything loaded.
pub(crate) fn blocks(code: &mut Code, endian: Endian, meanings: &Meanings) -> Vec<Node> {
    let mut blocks = Blocks {
        code,
        endian,
        meanings,
        diagrams: Diagrams::new(LIMIT),
        marks: Marks::default(),
        known: BTreeMap::new(),
    };
    let mut patience = PATIENCE;
    let mut nodes = Vec::with_capacity(meanings.all().len());
    for meaning in meanings.all() {
        if patience > 0 {
            if let Ok(node) = blocks.by_diagram(meaning) {
                nodes.push(node);
                continue;
            }
            patience -= 1;
            blocks.diagrams = Diagrams::new(LIMIT);
            blocks.known.clear();
        }
        nodes.push(chain(blocks.code, endian, meanings, meaning));
    }
    nodes
}

struct Blocks<'a> {
    code: &'a mut Code,
    endian: Endian,
    meanings: &'a Meanings,
    diagrams: Diagrams,
    marks: Marks,
    /// Lists of clauses that differ may still mean the same.
    known: BTreeMap<Diagram, Node>,
}

impl Blocks<'_> {
    fn by_diagram(&mut self, meaning: &Meaning) -> Result<Node, Full> {
        if meaning.clauses.is_empty() {
            return Ok(self.code.ret(meaning.otherwise.to_ret()));
        }
        let (function, atoms) = function(&mut self.diagrams, self.meanings, meaning)?;
        if let Some(&node) = self.known.get(&function) {
            return Ok(node);
        }
        let (diagrams, marks) = (&mut self.diagrams, &mut self.marks);
        let node = block(self.code, diagrams, marks, &atoms, self.endian, function)?;
        self.known.insert(function, node);
        Ok(node)
    }
}
