//! How libseccomp adds a rule to the tree of its call: what the rule makes superfluous is cut out, then its nodes are fitted in.
//!
//! Apart from the tree's parts, because here is what surprises: rules that are dropped, refused, or never done with.
//! Source: `_db_tree_add` of libseccomp 2.5.4, whose steps these are.

use callgate_policy::Action;

use super::prune::{Found, conflict, prune};
use super::tree::{Id, Side, Slot, Tree, Trouble};

/// Whether 2.6.1's correction of the answers to `LT` and `LE` is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// It is not: the wrong one of two fields is written.
    Mistaken,
    /// It is.
    Corrected,
}

/// Adds a rule, of which these are the first node and their number.
///
/// A rule of which the tree has a broader one is dropped.
pub(super) fn add(
    tree: &mut Tree,
    (new, nodes): (Id, u32),
    action: Action,
    answers: Answers,
) -> Result<(), Trouble> {
    if let Some(head) = tree.head {
        let mut found = Found::default();
        let gone = prune(tree, Some(head), Some(new), action, &mut found)?;
        if gone == 0 && found.is_match && found.is_old_done && found.is_new_ahead {
            tree.drop_level(new)?;
            return Ok(());
        }
        tree.shed(gone);
        if gone == 0 || tree.head.is_some() {
            fit(tree, Slot::Head, new, answers)?;
            let unused = tree.drop_level(new)?;
            tree.size = tree.size.wrapping_add(nodes);
            tree.shed(unused);
            return Ok(());
        }
    }
    tree.head = Some(new);
    tree.size = nodes;
    Ok(())
}

/// Fits a level of a rule, which is one node, into a level of the tree.
fn fit(tree: &mut Tree, slot: Slot, new: Id, answers: Answers) -> Result<(), Trouble> {
    let Some(mut at) = tree.load(slot)? else {
        return Err(Trouble::Lost);
    };
    for _ in 0..=tree.len() {
        let (old, asked) = (tree.node(at)?, tree.node(new)?);
        if old.is_same(asked) {
            return join(tree, at, new, answers);
        }
        if old.is_below(asked) {
            return put_before(tree, slot, at, new);
        }
        match old.after {
            Some(after) => at = after,
            None => {
                tree.retain(at);
                tree.node_mut(new)?.before = Some(at);
                tree.retain(new);
                tree.node_mut(at)?.after = Some(new);
                return Ok(());
            }
        }
    }
    Err(Trouble::Endless)
}

fn put_before(tree: &mut Tree, slot: Slot, at: Id, new: Id) -> Result<(), Trouble> {
    match tree.node(at)?.before {
        Some(before) => {
            tree.retain(new);
            tree.node_mut(before)?.after = Some(new);
            // The node may stand before itself already: then libseccomp has made a ring.
            let before = tree.node(at)?.before;
            tree.node_mut(new)?.before = before;
            tree.retain(new);
            tree.node_mut(at)?.before = Some(new);
            tree.node_mut(new)?.after = Some(at);
        }
        None => {
            tree.retain(new);
            tree.node_mut(at)?.before = Some(new);
            tree.retain(at);
            tree.node_mut(new)?.after = Some(at);
        }
    }
    if tree.load(slot)? == Some(at) {
        tree.retain(new);
        tree.store(slot, Some(new))?;
        tree.release(at)?;
    }
    Ok(())
}

/// Makes one of two nodes that ask the same.
fn join(tree: &mut Tree, old: Id, new: Id, answers: Answers) -> Result<(), Trouble> {
    for side in [Side::Yes, Side::No] {
        let asked = *tree.node(new)?.side(side);
        let Some(action) = asked.answer else {
            continue;
        };
        let mine = *tree.node(old)?.side(side);
        match mine.answer {
            None => {
                if let Some(trouble) = conflict(tree, mine.next, action)? {
                    return Err(trouble);
                }
                if let Some(next) = mine.next {
                    let (gone, _) = tree.release(next)?;
                    tree.shed(gone);
                }
                let branch = tree.branch_mut(old, side)?;
                branch.next = None;
                branch.answer = Some(action);
                branch.noted = action;
                branch.rule = asked.rule;
            }
            Some(other) if other != action => replace(tree, old, new, side, answers)?,
            Some(_) => {}
        }
    }
    for side in [Side::Yes, Side::No] {
        let Some(next) = tree.node(new)?.side(side).next else {
            continue;
        };
        let mine = *tree.node(old)?.side(side);
        if mine.next.is_some() {
            fit(tree, Slot::Branch(old, side), next, answers)?;
        } else if mine.answer.is_none() {
            tree.link(old, side, next);
        } else {
            return Ok(());
        }
    }
    Ok(())
}

/// Both answer, and not the same: of two halves of larger values the tighter stays, else the rule is refused.
fn replace(tree: &mut Tree, old: Id, new: Id, side: Side, answers: Answers) -> Result<(), Trouble> {
    let (mine, asked) = (tree.node(old)?, tree.node(new)?);
    let is_tighter = match side {
        Side::Yes => asked.whole > mine.whole,
        Side::No => asked.whole < mine.whole,
    };
    let is_refused = mine.is_leaf() || asked.is_leaf();
    let rule = mine.side(side).rule;
    if asked.is_high() && is_tighter {
        let from = match (side, answers) {
            (Side::No, Answers::Corrected) => Side::No,
            _ => Side::Yes,
        };
        let asked = *asked.side(from);
        let branch = tree.branch_mut(old, from)?;
        branch.noted = asked.noted;
        if branch.answer.is_some() {
            branch.answer = Some(asked.noted);
            branch.rule = asked.rule.or(branch.rule);
        }
    }
    match rule {
        Some(rule) if is_refused => Err(Trouble::Exists(rule)),
        _ => Ok(()),
    }
}
