//! What a new rule makes superfluous in the tree of its call is cut out, and what makes the rule superfluous is found.
//!
//! Apart from the adding, because this is a search of its own, whose twists are libseccomp's (`_db_tree_prune`, `_db_tree_remove`).

use callgate_policy::Action;

use super::tree::{Id, Node, Side, Slot, Tree, Trouble};

/// What is known of a match while a tree is searched for a rule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) is_match: bool,
    was_match: bool,
    pub(super) is_old_done: bool,
    is_new_done: bool,
    /// Nodes of the tree were passed before the first that matches.
    is_old_ahead: bool,
    /// Nodes of the rule were passed before.
    pub(super) is_new_ahead: bool,
}

impl Found {
    const fn join(&mut self, other: Self) {
        self.is_match |= other.is_match;
        self.was_match |= other.was_match;
        self.is_old_done |= other.is_old_done;
        self.is_new_done |= other.is_new_done;
        self.is_old_ahead |= other.is_old_ahead;
        self.is_new_ahead |= other.is_new_ahead;
    }
}

/// What to do after a node was looked at.
enum Step {
    /// The next of the level is looked at.
    Go,
    /// The search ends here.
    Stop,
}

/// Cuts out what the rule makes superfluous, and finds whether the rule is it; how many nodes went.
pub(super) fn prune(
    tree: &mut Tree,
    old: Option<Id>,
    new: Option<Id>,
    action: Action,
    state: &mut Found,
) -> Result<u32, Trouble> {
    let mut count = 0;
    let mut here = *state;
    let ends = |state: &mut Found, here: Found| {
        if here.is_match {
            state.join(here);
        } else {
            state.is_match = false;
        }
    };
    let (Some(old), Some(new)) = (old, new) else {
        ends(state, here);
        return Ok(count);
    };
    if state.was_match && !state.is_match {
        ends(state, here);
        return Ok(count);
    }
    let mut at = Some(tree.first(old)?);
    let mut steps = 0;
    while let Some(id) = at {
        steps += 1;
        if steps > tree.len() {
            return Err(Trouble::Endless);
        }
        let after = tree.node(id)?.after;
        let (mine, asked) = (tree.node(id)?, tree.node(new)?);
        let step = if mine.is_same(asked) {
            at_the_same(tree, id, new, action, state, &mut here, &mut count)?
        } else if mine.is_below(asked) {
            if state.is_new_ahead {
                Step::Stop
            } else {
                pass_old(tree, id, new, action, state, &mut here, &mut count)?
            }
        } else if state.is_old_ahead {
            Step::Stop
        } else {
            pass_new(tree, id, new, action, state, &mut here, &mut count)?
        };
        if let Step::Stop = step {
            ends(state, here);
            return Ok(count);
        }
        at = after;
    }
    here.is_match = false;
    ends(state, here);
    Ok(count)
}

/// The node of the tree is the rule's: the two are held against each other below it, and then it may go.
fn at_the_same(
    tree: &mut Tree,
    id: Id,
    new: Id,
    action: Action,
    state: &Found,
    here: &mut Found,
    count: &mut u32,
) -> Result<Step, Trouble> {
    here.is_match = true;
    here.was_match = true;
    let (mine, asked) = (tree.node(id)?, tree.node(new)?);
    here.is_new_done |= asked.is_leaf();
    here.is_old_done |= mine.is_leaf();
    for side in [Side::Yes, Side::No] {
        let leads =
            |node: &Node| node.side(side).answer.is_some() || node.side(side).next.is_some();
        if leads(mine) && !leads(asked) {
            return Ok(Step::Stop);
        }
    }
    if here.is_new_done && here.is_old_done {
        for side in [Side::Yes, Side::No] {
            let (mine, asked) = (mine.side(side), asked.side(side));
            if mine.answer.is_some() != asked.answer.is_some() || mine.noted != asked.noted {
                return Ok(Step::Stop);
            }
        }
    }
    let mut at = id;
    for side in [Side::Yes, Side::No] {
        let Some(next) = tree.node(new)?.side(side).next else {
            continue;
        };
        let mut below = *state;
        below.is_match = true;
        below.was_match = true;
        tree.retain(at);
        let old = tree.node(at)?.side(side).next;
        *count += prune(tree, old, Some(next), action, &mut below)?;
        let (gone, left) = tree.release(at)?;
        *count += gone;
        if below.is_match {
            here.join(below);
        }
        match left {
            Some(left) => at = left,
            None => return Ok(Step::Go),
        }
    }
    let agrees = conflict(tree, Some(at), action)?.is_none();
    if agrees && here.is_match && here.is_new_done && here.is_old_ahead {
        *count += remove(tree, Slot::Head, at)?;
        if tree.head.is_none() {
            return Ok(Step::Stop);
        }
    } else if agrees && here.is_match && here.is_old_done && here.is_new_ahead {
        return Ok(Step::Stop);
    }
    Ok(Step::Go)
}

/// The node of the tree stands before the rule's: perhaps the rule's is below it.
fn pass_old(
    tree: &mut Tree,
    id: Id,
    new: Id,
    action: Action,
    state: &Found,
    here: &mut Found,
    count: &mut u32,
) -> Result<Step, Trouble> {
    let mut at = id;
    for side in [Side::Yes, Side::No] {
        let Some(old) = tree.node(at)?.side(side).next else {
            continue;
        };
        let mut below = *state;
        below.is_match = false;
        below.is_old_ahead = true;
        tree.retain(at);
        *count += prune(tree, Some(old), Some(new), action, &mut below)?;
        let (gone, left) = tree.release(at)?;
        *count += gone;
        if below.is_match {
            here.join(below);
            return Ok(Step::Stop);
        }
        match left {
            Some(left) => at = left,
            None => return Ok(Step::Go),
        }
    }
    Ok(Step::Go)
}

/// The rule's node stands before that of the tree: perhaps one that is below the rule's is this one.
fn pass_new(
    tree: &mut Tree,
    id: Id,
    new: Id,
    action: Action,
    state: &Found,
    here: &mut Found,
    count: &mut u32,
) -> Result<Step, Trouble> {
    let mut at = id;
    for side in [Side::Yes, Side::No] {
        let Some(next) = tree.node(new)?.side(side).next else {
            continue;
        };
        let mut below = *state;
        below.is_match = false;
        below.is_new_ahead = true;
        tree.retain(at);
        *count += prune(tree, Some(at), Some(next), action, &mut below)?;
        let (gone, left) = tree.release(at)?;
        *count += gone;
        if below.is_match {
            here.join(below);
            return Ok(Step::Stop);
        }
        match left {
            Some(left) => at = left,
            None => return Ok(Step::Go),
        }
    }
    Ok(Step::Go)
}

/// Takes a node out of the tree with all below it, and the empty nodes that are met on the way; how many went.
fn remove(tree: &mut Tree, slot: Slot, target: Id) -> Result<u32, Trouble> {
    let Some(start) = tree.load(slot)? else {
        return Ok(0);
    };
    let mut at = tree.first(start)?;
    let mut count = 0;
    for _ in 0..=tree.len() {
        if at != target {
            count += remove(tree, Slot::Branch(at, Side::Yes), target)?;
            count += remove(tree, Slot::Branch(at, Side::No), target)?;
        }
        let node = tree.node(at)?;
        if at == target || node.is_empty() {
            return Ok(count + unlink(tree, slot, at)?);
        }
        match node.after {
            Some(after) if count == 0 => at = after,
            _ => return Ok(count),
        }
    }
    Err(Trouble::Endless)
}

fn unlink(tree: &mut Tree, slot: Slot, at: Id) -> Result<u32, Trouble> {
    let (before, after) = (tree.node(at)?.before, tree.node(at)?.after);
    if tree.load(slot)? == Some(at) {
        tree.store(slot, before.or(after))?;
    }
    if let Some(before) = before {
        tree.node_mut(before)?.after = after;
    }
    if let Some(after) = after {
        tree.node_mut(after)?.before = before;
    }
    let node = tree.node_mut(at)?;
    (node.before, node.after) = (None, None);
    Ok(tree.release(at)?.0)
}

/// A place in a level or below it that answers something else.
pub(super) fn conflict(
    tree: &Tree,
    level: Option<Id>,
    action: Action,
) -> Result<Option<Trouble>, Trouble> {
    let Some(level) = level else {
        return Ok(None);
    };
    for id in tree.level(level)? {
        let node = tree.node(id)?;
        for branch in [node.yes, node.no] {
            if let (Some(answer), Some(rule)) = (branch.answer, branch.rule)
                && answer != action
            {
                return Ok(Some(Trouble::Exists(rule)));
            }
        }
        for branch in [node.yes, node.no] {
            if let Some(trouble) = conflict(tree, branch.next, action)? {
                return Ok(Some(trouble));
            }
        }
    }
    Ok(None)
}
