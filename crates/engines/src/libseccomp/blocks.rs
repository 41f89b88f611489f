//! From trees to the blocks of instructions that libseccomp writes for them, and which of these load the word that they test.
//!
//! Apart from the trees, because the defect is here: a block that tests the word that is loaded already is written once,
//! and is reached on several ways; whether it loads the word depends on the way that was written first, and on others it tests another word.
//! Source: `_gen_bpf_chain`, `_gen_bpf_node` and the layout in `_gen_bpf_build_bpf` of libseccomp 2.5.4.

use std::collections::BTreeMap;

use callgate_policy::Action;

use super::chain::{Op, Word};
use super::tree::{Id, Side, Tree, Trouble};

/// The blocks of a whole filter; equal ones are one.
#[derive(Default)]
pub(super) struct Blocks {
    list: Vec<Block>,
    places: BTreeMap<Block, u32>,
    /// Whether the layout has put a load before the block.
    loads_first: Vec<bool>,
    /// Whether something leads to it.
    is_laid: Vec<bool>,
    levels: BTreeMap<(Id, Target, Loaded), Target>,
}

/// What the accumulator holds: a word under a mask; none where that does not matter.
pub(super) type Loaded = Option<(Word, u32)>;

/// Where a block leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Block(u32),
    /// An action; none is the default action.
    Answer(Option<Action>),
}

/// Instructions that end in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    /// What it relies on being loaded.
    pub(super) start: Loaded,
    pub(super) load: Option<Word>,
    pub(super) mask: Option<u32>,
    pub(super) op: Op,
    pub(super) datum: u32,
    pub(super) yes: Target,
    pub(super) no: Target,
    /// What is loaded when it ends, if it began as it relies on.
    end: Loaded,
}

/// As many blocks as are looked at; the kernel takes fewer instructions.
const BLOCKS: usize = 16 * callgate_bpf::MAX_INSNS;

impl Blocks {
    pub(super) fn block(&self, place: u32) -> &Block {
        &self.list[place as usize]
    }

    pub(super) fn loads_first(&self, place: u32) -> bool {
        self.loads_first[place as usize]
    }

    /// How many instructions all that were laid out have.
    pub(super) fn instructions(&self) -> usize {
        let laid = self.list.iter().zip(&self.loads_first).zip(&self.is_laid);
        let instructions =
            laid.filter(|&(_, &is_laid)| is_laid)
                .map(|((block, &loads_first), _)| {
                    let before = [loads_first, block.load.is_some(), block.mask.is_some()];
                    1 + before.into_iter().filter(|&is_there| is_there).count()
                });
        instructions.sum()
    }

    /// The blocks of a call's tree.
    pub(super) fn tree(&mut self, tree: &Tree) -> Result<Target, Trouble> {
        self.levels.clear();
        match tree.head {
            Some(head) => self.level(tree, head, Target::Answer(None), None),
            None => Ok(Target::Answer(None)),
        }
    }

    /// The blocks of a level, with where it leads if no test of it decides, and what is loaded before.
    fn level(
        &mut self,
        tree: &Tree,
        node: Id,
        follow: Target,
        loaded: Loaded,
    ) -> Result<Target, Trouble> {
        let level = tree.level(node)?;
        let key = (level[0], follow, loaded);
        if let Some(&known) = self.levels.get(&key) {
            return Ok(known);
        }
        // Each test believes that the one before it on the level was the last to load something.
        let mut drafts = Vec::with_capacity(level.len());
        let mut accumulator = loaded;
        for &id in &level {
            drafts.push(draft(tree, id, &mut accumulator)?);
        }
        let mut next = follow;
        for (&id, mut block) in level.iter().zip(drafts).rev() {
            let node = tree.node(id)?;
            for side in [Side::Yes, Side::No] {
                let branch = node.side(side);
                let target = match (branch.next, branch.answer) {
                    (Some(below), _) => self.level(tree, below, next, block.end)?,
                    (None, Some(action)) => Target::Answer(Some(action)),
                    (None, None) => next,
                };
                match side {
                    Side::Yes => block.yes = target,
                    Side::No => block.no = target,
                }
            }
            next = self.add(block)?;
        }
        self.levels.insert(key, next);
        Ok(next)
    }

    fn add(&mut self, block: Block) -> Result<Target, Trouble> {
        if self.list.len() >= BLOCKS {
            return Err(Trouble::Lost);
        }
        let place = *self.places.entry(block).or_insert_with(|| {
            self.list.push(block);
            self.list.len() as u32 - 1
        });
        Ok(Target::Block(place))
    }

    /// Lays the blocks out behind the calls that lead to them, the call that is written last first.
    ///
    /// A block is put behind the first that leads to it and gets a load if that one leaves something else than it relies on.
    pub(super) fn lay_out(&mut self, calls: impl Iterator<Item = Target>) {
        self.loads_first = vec![false; self.list.len()];
        self.is_laid = vec![false; self.list.len()];
        for call in calls {
            let mut open = Vec::new();
            if let Target::Block(place) = call
                && !std::mem::replace(&mut self.is_laid[place as usize], true)
            {
                self.loads_first[place as usize] = self.block(place).start.is_some();
                open.push(place);
            }
            while let Some(&from) = open.last() {
                let block = *self.block(from);
                let new = [block.yes, block.no]
                    .into_iter()
                    .find_map(|target| match target {
                        Target::Block(place) if !self.is_laid[place as usize] => Some(place),
                        _ => None,
                    });
                let Some(place) = new else {
                    open.pop();
                    continue;
                };
                self.is_laid[place as usize] = true;
                let start = self.block(place).start;
                self.loads_first[place as usize] = start.is_some() && start != block.end;
                open.push(place);
            }
        }
    }
}

/// A block that does not lead anywhere yet, which loads what is not loaded.
fn draft(tree: &Tree, id: Id, accumulator: &mut Loaded) -> Result<Block, Trouble> {
    let node = tree.node(id)?;
    let mut block = Block {
        start: *accumulator,
        load: None,
        mask: None,
        op: node.op,
        datum: node.datum,
        yes: Target::Answer(None),
        no: Target::Answer(None),
        end: None,
    };
    let has = |&(word, mask): &(Word, u32)| word == node.word && mask & node.mask == node.mask;
    let mut mask = match accumulator.filter(has) {
        Some((_, mask)) => mask,
        None => {
            block.start = None;
            block.load = Some(node.word);
            u32::MAX
        }
    };
    if mask != node.mask {
        mask = node.mask;
        block.mask = Some(mask);
    }
    *accumulator = Some((node.word, mask));
    block.end = *accumulator;
    // The test is the same for both, and so are the instructions.
    if block.op == Op::Masked {
        block.op = Op::Equal;
    }
    Ok(block)
}
