//! What a register may hold: a constant, a word of the call, or thirty-two conditions, one for each bit.
//!
//! Trusted. Apart from the machine, which moves values about and does not look into them.

use callgate_bpf::{AluOp, JumpOp};

use crate::budget::Undecided;
use crate::forest::{Forest, Tree, Vector, level};
use crate::specification::{Word, by_order, masked};

/// A value of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    /// Known.
    Constant(u32),
    /// The word of the call at an offset.
    Word(u32),
    /// Whatever these conditions say.
    Bits(Vector),
}

impl Value {
    /// Its bits, lowest first.
    pub(crate) fn bits(self, forest: &mut Forest) -> Result<[Tree; 32], Undecided> {
        let mut bits = [Forest::NO; 32];
        match self {
            Self::Constant(value) => {
                for (at, bit) in bits.iter_mut().enumerate() {
                    *bit = truth(value & 1 << at != 0);
                }
            }
            Self::Word(offset) => {
                for (at, bit) in bits.iter_mut().enumerate() {
                    *bit = forest.bit(level(offset, at as u32))?;
                }
            }
            Self::Bits(vector) => bits = forest.conditions(vector),
        }
        Ok(bits)
    }

    /// The value of bits; a constant where all are decided.
    fn of_bits(forest: &mut Forest, bits: [Tree; 32]) -> Result<Self, Undecided> {
        let mut value = 0;
        for (at, &bit) in bits.iter().enumerate() {
            match bit {
                Forest::NO => {}
                Forest::YES => value |= 1 << at,
                _ => return forest.vector(bits).map(Self::Bits),
            }
        }
        Ok(Self::Constant(value))
    }

    /// An operation; a division by an X that may be zero is asked about beforehand.
    pub(crate) fn apply(self, forest: &mut Forest, op: AluOp, by: Self) -> Result<Self, Undecided> {
        if let (Self::Constant(one), Self::Constant(two)) = (self, by)
            && let Some(value) = op.apply(one, two)
        {
            return Ok(Self::Constant(value));
        }
        let (one, two) = (self.bits(forest)?, by.bits(forest)?);
        let bits = match op {
            AluOp::And => each(one, two, |one, two| forest.and(one, two))?,
            AluOp::Or => each(one, two, |one, two| forest.or(one, two))?,
            AluOp::Xor => each(one, two, |one, two| xor(forest, one, two))?,
            AluOp::Add => add(forest, one, two, Forest::NO)?.0,
            AluOp::Sub => subtract(forest, one, two)?.0,
            AluOp::Mul => multiply(forest, one, two)?,
            AluOp::Div => divide(forest, one, two)?,
            AluOp::Lsh => shift(forest, one, two, |bits, by| moved(bits, by, 0))?,
            AluOp::Rsh => shift(forest, one, two, |bits, by| moved(bits, 0, by))?,
        };
        Self::of_bits(forest, bits)
    }

    /// Zero minus it.
    pub(crate) fn negated(self, forest: &mut Forest) -> Result<Self, Undecided> {
        Self::Constant(0).apply(forest, AluOp::Sub, self)
    }

    /// The condition that a comparison holds.
    pub(crate) fn compare(
        self,
        forest: &mut Forest,
        op: JumpOp,
        with: Self,
    ) -> Result<Tree, Undecided> {
        match (self, with) {
            (Self::Constant(one), Self::Constant(two)) => Ok(truth(op.holds(one, two))),
            (Self::Word(offset), Self::Constant(value)) => {
                let word = Word::At(offset);
                let (no, yes) = (Forest::NO, Forest::YES);
                match op {
                    JumpOp::Eq => by_order(forest, word, value, [no, yes, no]),
                    JumpOp::Gt => by_order(forest, word, value, [no, no, yes]),
                    JumpOp::Ge => by_order(forest, word, value, [no, yes, yes]),
                    JumpOp::Set => {
                        let clear = masked(forest, word, value, 0, yes)?;
                        forest.not(clear)
                    }
                }
            }
            _ => {
                let (one, two) = (self.bits(forest)?, with.bits(forest)?);
                compare_bits(forest, op, one, two)
            }
        }
    }
}

fn truth(holds: bool) -> Tree {
    if holds { Forest::YES } else { Forest::NO }
}

fn compare_bits(
    forest: &mut Forest,
    op: JumpOp,
    one: [Tree; 32],
    two: [Tree; 32],
) -> Result<Tree, Undecided> {
    match op {
        JumpOp::Eq => {
            let mut equal = Forest::YES;
            for (one, two) in one.into_iter().zip(two) {
                let differ = xor(forest, one, two)?;
                let alike = forest.not(differ)?;
                equal = forest.and(equal, alike)?;
            }
            Ok(equal)
        }
        JumpOp::Set => {
            let mut any = Forest::NO;
            for (one, two) in one.into_iter().zip(two) {
                let both = forest.and(one, two)?;
                any = forest.or(any, both)?;
            }
            Ok(any)
        }
        // A difference borrows where the first is smaller.
        JumpOp::Ge => {
            let smaller = subtract(forest, one, two)?.1;
            forest.not(smaller)
        }
        JumpOp::Gt => Ok(subtract(forest, two, one)?.1),
    }
}

fn each(
    one: [Tree; 32],
    two: [Tree; 32],
    mut op: impl FnMut(Tree, Tree) -> Result<Tree, Undecided>,
) -> Result<[Tree; 32], Undecided> {
    let mut bits = one;
    for (bit, two) in bits.iter_mut().zip(two) {
        *bit = op(*bit, two)?;
    }
    Ok(bits)
}

fn xor(forest: &mut Forest, one: Tree, two: Tree) -> Result<Tree, Undecided> {
    let not_two = forest.not(two)?;
    forest.choose(one, not_two, two)
}

/// The sum, and whether it overflows.
fn add(
    forest: &mut Forest,
    one: [Tree; 32],
    two: [Tree; 32],
    carry: Tree,
) -> Result<([Tree; 32], Tree), Undecided> {
    let mut carry = carry;
    let sum = each(one, two, |one, two| {
        let differ = xor(forest, one, two)?;
        let sum = xor(forest, differ, carry)?;
        carry = forest.choose(differ, carry, one)?;
        Ok(sum)
    })?;
    Ok((sum, carry))
}

/// The difference, and whether it borrows: the first plus the second's complement plus one.
fn subtract(
    forest: &mut Forest,
    one: [Tree; 32],
    two: [Tree; 32],
) -> Result<([Tree; 32], Tree), Undecided> {
    let complement = each(two, two, |bit, _| forest.not(bit))?;
    let (difference, carry) = add(forest, one, complement, Forest::YES)?;
    Ok((difference, forest.not(carry)?))
}

/// The sum of the first shifted by each bit of the second.
fn multiply(
    forest: &mut Forest,
    one: [Tree; 32],
    two: [Tree; 32],
) -> Result<[Tree; 32], Undecided> {
    let mut product = [Forest::NO; 32];
    for (by, &factor) in two.iter().enumerate() {
        if factor == Forest::NO {
            continue;
        }
        let shifted = moved(one, by, 0);
        let part = each(shifted, shifted, |bit, _| forest.and(bit, factor))?;
        product = add(forest, product, part, Forest::NO)?.0;
    }
    Ok(product)
}

/// Long division; by zero it is not asked for.
fn divide(forest: &mut Forest, one: [Tree; 32], two: [Tree; 32]) -> Result<[Tree; 32], Undecided> {
    let mut quotient = [Forest::NO; 32];
    let mut rest = [Forest::NO; 32];
    for at in (0..32).rev() {
        let overflow = rest[31];
        rest = moved(rest, 1, 0);
        rest[0] = one[at];
        let (difference, borrows) = subtract(forest, rest, two)?;
        let enough = forest.not(borrows)?;
        let fits = forest.or(overflow, enough)?;
        rest = each(rest, difference, |rest, less| {
            forest.choose(fits, less, rest)
        })?;
        quotient[at] = fits;
    }
    Ok(quotient)
}

/// Shifted by the operand's low five bits.
fn shift(
    forest: &mut Forest,
    bits: [Tree; 32],
    by: [Tree; 32],
    moved: impl Fn([Tree; 32], usize) -> [Tree; 32],
) -> Result<[Tree; 32], Undecided> {
    let mut bits = bits;
    for (at, &condition) in by.iter().take(5).enumerate() {
        let shifted = moved(bits, 1 << at);
        bits = each(shifted, bits, |yes, no| forest.choose(condition, yes, no))?;
    }
    Ok(bits)
}

/// Each bit so many places up, or down; zeros follow.
fn moved(bits: [Tree; 32], up: usize, down: usize) -> [Tree; 32] {
    core::array::from_fn(|at| {
        let from = (at + down).checked_sub(up);
        from.and_then(|from| bits.get(from))
            .copied()
            .unwrap_or(Forest::NO)
    })
}
