//! The code of an argument block: word by word, each loaded once, by whichever tests come out shortest.
//!
//! Apart from the diagram that says what the block means; here is only how to ask.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use callgate_syscalls::Endian;

use crate::chain::offset;
use crate::code::{Code, Node, Test};
use crate::diagram::{Diagram, Diagrams, Entry, Full, WORD_BITS};
use crate::dispatch::{Leaf, PRICE_OF_ARGS, dispatch};
use crate::function::{Atoms, word_of};
use crate::spans::{Marks, Shape, Span, Word, spans};
use crate::words::WordTest;

/// Up to this many nodes in a word, other tests than those between spans are tried.
const SMALL: usize = 96;
/// How many splits are tried for one block; then the first way that works is taken.
const EFFORT: usize = 400;
/// How many answers are tried for what a test keeps away from one of its sides.
const FILLINGS: usize = 4;

/// The code that answers by a function, entered with anything loaded.
pub(crate) fn block(
    code: &mut Code,
    diagrams: &mut Diagrams,
    marks: &mut Marks,
    atoms: &Atoms,
    endian: Endian,
    function: Diagram,
) -> Result<Node, Full> {
    let mut blocks = Blocks {
        code,
        diagrams,
        marks,
        atoms,
        endian,
        trees: Vec::new(),
        shapes: BTreeMap::new(),
        effort: EFFORT,
    };
    blocks.block(function)
}

struct Blocks<'a> {
    code: &'a mut Code,
    diagrams: &'a mut Diagrams,
    marks: &'a mut Marks,
    atoms: &'a Atoms,
    endian: Endian,
    /// The tree of each function, where it is made, entered with its first word loaded.
    trees: Vec<Option<Node>>,
    /// The shape of each function in its first word, where it was looked at.
    shapes: BTreeMap<Diagram, Shape>,
    effort: usize,
}

/// A function that is to begin with a test.
struct Parting {
    function: Diagram,
    rank: u16,
    /// How many nodes it has in its first word.
    nodes: usize,
    /// Where it may lead what does not come that way.
    fillings: Vec<Diagram>,
}

impl Blocks<'_> {
    /// Twelve words deep at most, and in each as deep as [`Self::tree`].
    fn block(&mut self, function: Diagram) -> Result<Node, Full> {
        let rank = match self.diagrams.entry(function) {
            Entry::Leaf(ret) => return Ok(self.code.ret(ret)),
            Entry::Branch { level, .. } => level / WORD_BITS,
        };
        let tree = self.tree(function, rank)?;
        Ok(self.code.load(self.offset(rank), tree))
    }

    /// The code entered with the word of this rank loaded.
    ///
    /// Every split leaves fewer nodes, of which there are few, or one bit less.
    fn tree(&mut self, function: Diagram, rank: u16) -> Result<Node, Full> {
        if !self.diagrams.begins_in(function, rank) {
            return self.block(function);
        }
        if let Some(&Some(known)) = self.trees.get(function.index()) {
            return Ok(known);
        }
        let shape = self.shape(function, rank);
        let mut ways = Vec::new();
        // A test of each node's bit is always possible; many more spans than nodes come of masks.
        let most_spans = shape.nodes as u64 * 2 + 8;
        if shape.spans <= most_spans {
            let tree = self.between_spans(function, rank, u32::MAX)?;
            ways.push(tree);
        }
        if shape.masked_spans < shape.spans && shape.masked_spans <= most_spans {
            let tree = self.between_spans(function, rank, shape.support)?;
            let tree = self.code.and(shape.support, tree);
            ways.push(tree);
        }
        if shape.nodes <= SMALL && shape.spans > 2 {
            let word = self.word(function, rank);
            let parting = Parting {
                function,
                rank,
                nodes: shape.nodes,
                fillings: word.targets().into_iter().take(FILLINGS).collect(),
            };
            for test in self.candidates(&word, rank) {
                if self.effort == 0 {
                    break;
                }
                self.effort -= 1;
                if let Some(tree) = self.split(&parting, test)? {
                    ways.push(tree);
                }
            }
        }
        let tree = match ways[..] {
            [] => self.by_first_bit(function, rank)?,
            [only] => only,
            _ => {
                let shortest = ways.iter().min_by_key(|&&way| self.code.cost(way));
                *shortest.expect("there are several")
            }
        };
        if self.trees.len() <= function.index() {
            self.trees.resize(function.index() + 1, None);
        }
        self.trees[function.index()] = Some(tree);
        Ok(tree)
    }

    /// A tree of comparisons between the spans of the masked word.
    fn between_spans(&mut self, function: Diagram, rank: u16, mask: u32) -> Result<Node, Full> {
        let mut leaves = Vec::new();
        for span in spans(self.diagrams, function, rank, mask) {
            leaves.push(Span {
                first: span.first,
                last: span.last,
                to: Leaf {
                    node: self.block(span.to)?,
                    weight: 1,
                },
            });
        }
        Ok(dispatch(self.code, &leaves, PRICE_OF_ARGS))
    }

    /// The tests that the rules make of this word, and one that parts zero's answer from the rest.
    fn candidates(&self, word: &Word, rank: u16) -> Vec<WordTest> {
        let mut candidates = Vec::new();
        let around_zero = word.zero_cube();
        if around_zero != 0 && around_zero != u32::MAX {
            candidates.push(WordTest::MaskedEq {
                mask: !around_zero,
                value: 0,
            });
        }
        candidates.extend(self.atoms.of_word(rank));
        candidates
    }

    /// The tree that begins with a test, if both of its sides are then simpler.
    fn split(&mut self, parting: &Parting, test: WordTest) -> Result<Option<Node>, Full> {
        let rank = parting.rank;
        let holds = self
            .diagrams
            .test(rank, test, Diagrams::ALWAYS, Diagrams::NEVER)?;
        let yes = self.simplest(parting, holds)?;
        if self.nodes(yes, rank) >= parting.nodes {
            return Ok(None);
        }
        let fails = self
            .diagrams
            .test(rank, test, Diagrams::NEVER, Diagrams::ALWAYS)?;
        let no = self.simplest(parting, fails)?;
        if self.nodes(no, rank) >= parting.nodes {
            return Ok(None);
        }
        let (yes, no) = (self.tree(yes, rank)?, self.tree(no, rank)?);
        let offset = self.offset(rank);
        let (yes, no) = (self.code.load(offset, yes), self.code.load(offset, no));
        let tested = self.code.branch(offset, test, yes, no);
        Ok(Some(self.code.loaded(offset, tested)))
    }

    /// The simplest function that is the same where `care` holds.
    fn simplest(&mut self, parting: &Parting, care: Diagram) -> Result<Diagram, Full> {
        let rank = parting.rank;
        let mut simplest = self.diagrams.simplified(parting.function, care)?;
        if !self.diagrams.begins_in(simplest, rank) {
            return Ok(simplest);
        }
        // Of two spans, one test is the end.
        if self.complexity(simplest, rank).0 <= 2 {
            return Ok(simplest);
        }
        for &filling in &parting.fillings {
            let filled = self.diagrams.choose(care, parting.function, filling)?;
            if self.complexity(filled, rank) < self.complexity(simplest, rank) {
                simplest = filled;
            }
        }
        Ok(simplest)
    }

    fn complexity(&mut self, function: Diagram, rank: u16) -> (u64, usize) {
        if !self.diagrams.begins_in(function, rank) {
            return (1, 0);
        }
        let shape = self.shape(function, rank);
        (shape.spans.min(shape.masked_spans + 1), shape.nodes)
    }

    /// The shape of a function, where it begins in this word.
    fn shape(&mut self, function: Diagram, rank: u16) -> Shape {
        if let Some(&known) = self.shapes.get(&function) {
            return known;
        }
        let shape = self.word(function, rank).shape();
        self.shapes.insert(function, shape);
        shape
    }

    fn word(&mut self, function: Diagram, rank: u16) -> Word {
        Word::of(self.diagrams, self.marks, function, rank)
    }

    fn nodes(&mut self, function: Diagram, rank: u16) -> usize {
        self.complexity(function, rank).1
    }

    /// Always possible: one test of the first bit that matters.
    fn by_first_bit(&mut self, function: Diagram, rank: u16) -> Result<Node, Full> {
        let level = self.diagrams.level(function);
        let (clear, set) = self.diagrams.halves(function, level);
        let (clear, set) = (self.tree(clear, rank)?, self.tree(set, rank)?);
        let mask = 1 << (WORD_BITS - 1 - level % WORD_BITS);
        Ok(self.code.test(Test::Set(mask), set, clear))
    }

    fn offset(&self, rank: u16) -> u32 {
        offset(word_of(rank), self.endian)
    }
}
