//! A rule as libseccomp takes it apart: tests of 32-bit words, each with where to go if it holds and if it does not.
//!
//! Apart from the tree, because this is one rule alone, and the tree is what several become together.

use callgate_policy::{Action, Comparison, RuleId, Test};
use callgate_syscalls::Arch;

use super::tree::{Id, Node, Side, Tree};

/// A word of the arguments: of which one, and which half of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word {
    pub(super) arg: usize,
    pub(super) half: Half,
}

/// Half of an argument; on an arch of 32 bits there is the low one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Half {
    /// Bits 0 to 31.
    Low,
    /// Bits 32 to 63.
    High,
}

/// What a test of a word asks; `Masked` asks the same as `Equal`, but libseccomp tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
    Equal,
    Masked,
    Above,
    AtLeast,
}

/// By which operators the tests of one word are put in order, the last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// `GE` and `GT`.
    Above,
    /// `LE` and `LT`.
    Below,
    /// `EQ`, `NE` and `MASKED_EQ`.
    Equal,
}

/// Lays the nodes of a rule down and gives the first, with how many there are; the comparisons are one for an argument, in their order.
pub(super) fn lay(
    tree: &mut Tree,
    arch: Arch,
    comparisons: &[Comparison],
    action: Action,
    rule: RuleId,
) -> Option<(Id, u32)> {
    let before = tree.len();
    // Where the rule goes on once all comparisons so far hold.
    let mut open = Exits::default();
    let mut head = None;
    for comparison in comparisons {
        let (first, exits) = match arch.bits() {
            32 => narrow(tree, comparison),
            _ => wide(tree, comparison),
        };
        for (node, side) in open.into_iter().flatten() {
            tree.link(node, side, first);
        }
        if head.is_none() {
            tree.retain(first);
            head = Some(first);
        }
        open = exits;
    }
    for (node, side) in open.into_iter().flatten() {
        tree.answer(node, side, action, rule);
    }
    head.map(|head| (head, tree.len() - before))
}

/// The branches that are taken once a comparison holds: one or two.
type Exits = [Option<(Id, Side)>; 2];

/// A comparison on an arch of 32 bits: one node.
fn narrow(tree: &mut Tree, comparison: &Comparison) -> (Id, Exits) {
    let asked = Asked::of(comparison.test);
    let node = tree.push(node(comparison, Half::Low, asked.op, &asked));
    (node, [Some((node, asked.holds)), None])
}

/// A comparison of 64 bits: the high half first, and the low half where that one does not decide.
fn wide(tree: &mut Tree, comparison: &Comparison) -> (Id, Exits) {
    let asked = Asked::of(comparison.test);
    match asked.op {
        Op::Equal | Op::Masked => {
            let high = tree.push(node(comparison, Half::High, asked.op, &asked));
            let low = tree.push(node(comparison, Half::Low, asked.op, &asked));
            tree.link(high, Side::Yes, low);
            let exits = match asked.holds {
                Side::Yes => [Some((low, Side::Yes)), None],
                Side::No => [Some((high, Side::No)), Some((low, Side::No))],
            };
            (high, exits)
        }
        Op::Above | Op::AtLeast => {
            let above = tree.push(node(comparison, Half::High, Op::Above, &asked));
            let equal = tree.push(node(comparison, Half::High, Op::Equal, &asked));
            let low = tree.push(node(comparison, Half::Low, asked.op, &asked));
            tree.link(above, Side::No, equal);
            tree.link(equal, Side::Yes, low);
            let first = match asked.holds {
                Side::Yes => (above, Side::Yes),
                Side::No => (equal, Side::No),
            };
            (above, [Some(first), Some((low, asked.holds))])
        }
    }
}

/// A comparison in the operators that there are for words, and on which side of them it holds.
struct Asked {
    op: Op,
    class: Class,
    mask: u64,
    datum: u64,
    holds: Side,
}

impl Asked {
    const fn of(test: Test) -> Self {
        let (op, class, datum, holds) = match test {
            Test::Eq(value) => (Op::Equal, Class::Equal, value, Side::Yes),
            Test::Ne(value) => (Op::Equal, Class::Equal, value, Side::No),
            Test::Gt(value) => (Op::Above, Class::Above, value, Side::Yes),
            Test::Ge(value) => (Op::AtLeast, Class::Above, value, Side::Yes),
            Test::Le(value) => (Op::Above, Class::Below, value, Side::No),
            Test::Lt(value) => (Op::AtLeast, Class::Below, value, Side::No),
            Test::MaskedEq { mask, value } => {
                return Self {
                    op: Op::Masked,
                    class: Class::Equal,
                    mask,
                    datum: value,
                    holds: Side::Yes,
                };
            }
        };
        Self {
            op,
            class,
            mask: u64::MAX,
            datum,
            holds,
        }
    }
}

fn node(comparison: &Comparison, half: Half, op: Op, asked: &Asked) -> Node {
    let cut = |value: u64| match half {
        Half::Low => value as u32,
        Half::High => (value >> 32) as u32,
    };
    let mask = cut(asked.mask);
    Node::new(
        Word {
            arg: comparison.arg.index(),
            half,
        },
        op,
        asked.class,
        mask,
        cut(asked.datum) & mask,
        asked.datum,
    )
}
