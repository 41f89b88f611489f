//! The tree that libseccomp keeps of a call's conditional rules: nodes that ask for a word, levels of them, and counted references.
//!
//! Apart from what is done to it, because these are the parts: which of two nodes comes first, what is the same, and what goes when nobody refers to it.
//! The references are counted as libseccomp counts them, since what it forgets to count shows in its filters.

use callgate_policy::{Action, RuleId};

use super::chain::{Class, Half, Op, Word};

/// The nodes of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    pub(super) head: Option<Id>,
    /// As many nodes as libseccomp believes there are, which puts the calls in order.
    pub(super) size: u32,
}

/// The place of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(u32);

/// A test of a word, where it leads, and its neighbours on the level.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) word: Word,
    pub(super) op: Op,
    class: Class,
    pub(super) mask: u32,
    pub(super) datum: u32,
    /// The value that the rule asks for, of which this is a half.
    pub(super) whole: u64,
    pub(super) yes: Branch,
    pub(super) no: Branch,
    pub(super) before: Option<Id>,
    pub(super) after: Option<Id>,
    references: u32,
    is_gone: bool,
}

/// Where a test leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub(super) next: Option<Id>,
    pub(super) answer: Option<Action>,
    /// What stands in the place of the answer, whether or not there is one: libseccomp compares these.
    pub(super) noted: Action,
    pub(super) rule: Option<RuleId>,
}

/// Whether a test holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Yes,
    No,
}

/// Somewhere that refers to a level.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    Head,
    Branch(Id, Side),
}

/// What comes of a rule instead of being added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// This rule has the same condition, or a narrower one, with another action.
    Exists(RuleId),
    /// libseccomp does not return.
    Endless,
    /// libseccomp looks at memory that it has given back.
    Lost,
}

/// Few levels have more nodes.
const LEVEL: usize = 8;

impl Branch {
    /// Memory of zeros, which is the answer of killing the thread if it is one.
    const NONE: Self = Self {
        next: None,
        answer: None,
        noted: Action::KillThread,
        rule: None,
    };
}

impl Node {
    pub(super) const fn new(
        word: Word,
        op: Op,
        class: Class,
        mask: u32,
        datum: u32,
        whole: u64,
    ) -> Self {
        Self {
            word,
            op,
            class,
            mask,
            datum,
            whole,
            yes: Branch::NONE,
            no: Branch::NONE,
            before: None,
            after: None,
            references: 0,
            is_gone: false,
        }
    }

    pub(super) const fn side(&self, side: Side) -> &Branch {
        match side {
            Side::Yes => &self.yes,
            Side::No => &self.no,
        }
    }

    const fn side_mut(&mut self, side: Side) -> &mut Branch {
        match side {
            Side::Yes => &mut self.yes,
            Side::No => &mut self.no,
        }
    }

    pub(super) const fn is_leaf(&self) -> bool {
        self.yes.next.is_none() && self.no.next.is_none()
    }

    /// A leaf that answers nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.is_leaf() && self.yes.answer.is_none() && self.no.answer.is_none()
    }

    /// Whether it asks the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.word, self.op, self.datum, self.mask)
            == (other.word, other.op, other.datum, other.mask)
    }

    /// Whether it is checked after the other: of a lower word, a later class, or a wider range.
    pub(super) fn is_below(&self, other: &Self) -> bool {
        let key = |node: &Self| (node.word, node.class);
        if key(self) != key(other) {
            return key(self) < key(other);
        }
        match self.class {
            Class::Below => self.datum > other.datum,
            Class::Equal | Class::Above => self.datum < other.datum,
        }
    }

    pub(super) fn is_high(&self) -> bool {
        self.word.half == Half::High
    }
}

impl Tree {
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    pub(super) const fn shed(&mut self, nodes: u32) {
        self.size = self.size.wrapping_sub(nodes);
    }

    pub(super) fn push(&mut self, node: Node) -> Id {
        let id = Id(self.len());
        self.nodes.push(node);
        id
    }

    /// Forgets the newest nodes as far as they have gone, and gives how many there are then.
    pub(super) fn trim(&mut self) -> u32 {
        while self.nodes.last().is_some_and(|node| node.is_gone) {
            self.nodes.pop();
        }
        self.len()
    }

    pub(super) fn node(&self, id: Id) -> Result<&Node, Trouble> {
        let node = &self.nodes[id.0 as usize];
        if node.is_gone {
            return Err(Trouble::Lost);
        }
        Ok(node)
    }

    pub(super) fn node_mut(&mut self, id: Id) -> Result<&mut Node, Trouble> {
        let node = &mut self.nodes[id.0 as usize];
        if node.is_gone {
            return Err(Trouble::Lost);
        }
        Ok(node)
    }

    pub(super) fn retain(&mut self, id: Id) {
        self.nodes[id.0 as usize].references += 1;
    }

    /// Lets a branch of a new node lead to a level.
    pub(super) fn link(&mut self, node: Id, side: Side, next: Id) {
        self.retain(next);
        self.nodes[node.0 as usize].side_mut(side).next = Some(next);
    }

    pub(super) fn answer(&mut self, node: Id, side: Side, action: Action, rule: RuleId) {
        let branch = self.nodes[node.0 as usize].side_mut(side);
        branch.answer = Some(action);
        branch.noted = action;
        branch.rule = Some(rule);
    }

    pub(super) fn load(&self, slot: Slot) -> Result<Option<Id>, Trouble> {
        match slot {
            Slot::Head => Ok(self.head),
            Slot::Branch(node, side) => Ok(self.node(node)?.side(side).next),
        }
    }

    pub(super) fn store(&mut self, slot: Slot, id: Option<Id>) -> Result<(), Trouble> {
        match slot {
            Slot::Head => self.head = id,
            Slot::Branch(node, side) => self.node_mut(node)?.side_mut(side).next = id,
        }
        Ok(())
    }

    pub(super) fn branch_mut(&mut self, node: Id, side: Side) -> Result<&mut Branch, Trouble> {
        Ok(self.node_mut(node)?.side_mut(side))
    }

    /// The first node of the level that a node is on.
    pub(super) fn first(&self, id: Id) -> Result<Id, Trouble> {
        let mut at = id;
        for _ in 0..=self.nodes.len() {
            match self.node(at)?.before {
                Some(before) => at = before,
                None => return Ok(at),
            }
        }
        Err(Trouble::Endless)
    }

    /// The nodes of the level that a node is on, from the first.
    pub(super) fn level(&self, id: Id) -> Result<Vec<Id>, Trouble> {
        let mut level = Vec::with_capacity(LEVEL);
        level.push(self.first(id)?);
        while let Some(after) = self.node(level[level.len() - 1])?.after {
            if level.len() > self.nodes.len() {
                return Err(Trouble::Endless);
            }
            level.push(after);
        }
        Ok(level)
    }

    /// Drops a reference to a level, and the level if none is left; how many nodes went.
    pub(super) fn drop_level(&mut self, id: Id) -> Result<u32, Trouble> {
        let (mut count, left) = self.release(id)?;
        if let Some(left) = left {
            count += self.clean(left)?;
        }
        Ok(count)
    }

    /// Drops a reference to a node; how many nodes went, and what whoever referred to it refers to now.
    pub(super) fn release(&mut self, id: Id) -> Result<(u32, Option<Id>), Trouble> {
        let node = self.node_mut(id)?;
        node.references = node.references.checked_sub(1).ok_or(Trouble::Endless)?;
        if node.references > 0 {
            return Ok((0, Some(id)));
        }
        let (mut before, mut after) = (node.before, node.after);
        let (yes, no) = (node.yes.next, node.no.next);
        let mut count = 1;
        if let Some(before) = before {
            self.node_mut(before)?.after = None;
        }
        if let Some(after) = after {
            self.node_mut(after)?.before = None;
        }
        for neighbour in [&mut before, &mut after] {
            if let Some(id) = *neighbour {
                let (gone, left) = self.release(id)?;
                count += gone;
                *neighbour = left;
            }
        }
        if let Some(before) = before {
            after.into_iter().for_each(|after| self.retain(after));
            self.node_mut(before)?.after = after;
        }
        if let Some(after) = after {
            before.into_iter().for_each(|before| self.retain(before));
            self.node_mut(after)?.before = before;
        }
        for next in [yes, no].into_iter().flatten() {
            count += self.drop_level(next)?;
        }
        self.nodes[id.0 as usize].is_gone = true;
        Ok((count, before.or(after)))
    }

    /// Drops a level to which nothing but its own nodes refers.
    fn clean(&mut self, id: Id) -> Result<u32, Trouble> {
        let first = self.first(id)?;
        let mut is_held = false;
        let mut steps = 0;
        let mut at = Some(first);
        while let Some(id) = at {
            if steps > self.nodes.len() {
                return Err(Trouble::Endless);
            }
            let node = self.node(id)?;
            let links = u32::from(node.before.is_some()) + u32::from(node.after.is_some());
            is_held |= node.references > links;
            steps += 1;
            at = node.after;
        }
        if is_held {
            return Ok(0);
        }
        let mut count = 0;
        let mut at = Some(first);
        while let Some(id) = at {
            let (gone, left) = self.release(id)?;
            count += gone;
            at = left;
        }
        Ok(count)
    }
}
