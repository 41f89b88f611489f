//! In which order libseccomp checks the conditional rules of one call, and where the model does not know.
//!
//! Apart from the database, because this part is a claim about generated code, with limits:
//! it holds for rules of one comparison each whose values fit in 32 bits, and for rules of `EQ` and `MASKED_EQ` alone.
//! Within these limits some 15,000 random sets of rules agreed with filters that libseccomp 2.5.4 exported for x86_64 and x86.
//! Outside of them libseccomp's own filters differ from the union of the rules (up to one set in ten), so nothing is claimed.

use std::cmp::Reverse;

use callgate_policy::{Comparison, Test};
use callgate_syscalls::Arch;

use super::{Event, Line, What};
use crate::satisfy::arguments_for;

/// As many rules of a call as are looked at pair by pair.
const RULES_OF_A_CALL: usize = 300;

/// Puts the rules of a call in the order in which they are checked, and says what that settles and what is not known.
///
/// The higher argument first; of one argument `EQ`, `NE` and `MASKED_EQ` before `LT` and `LE` before `GE` and `GT`;
/// of these the tightest, and among the first three the larger value.
pub(super) fn sort(arch: Arch, number: u32, lines: &mut [Line]) -> Vec<Event> {
    lines.sort_by_key(|line| key(arch, line));
    let lines: &[Line] = lines;
    let [first, .., last] = lines else {
        return Vec::new();
    };
    let event = |what, loser: &Line, winner: &Line| Event {
        what,
        number,
        loser: loser.id,
        winner: winner.id,
    };
    if let Some((one, two)) = endless(arch, lines) {
        return vec![event(What::Endless, one, two)];
    }
    if !is_known(lines) || lines.len() > RULES_OF_A_CALL {
        return vec![event(What::Unknown(None), last, first)];
    }
    let mut events = Vec::new();
    for (at, winner) in lines.iter().enumerate() {
        for loser in &lines[at + 1..] {
            if winner.action == loser.action || excludes(winner, loser) {
                continue;
            }
            let both = [&winner.comparisons[..], &loser.comparisons[..]].concat();
            let Some(args) = arguments_for(arch, &both) else {
                continue;
            };
            let what = if order_is_known(arch, lines, winner, loser) {
                What::Later(args)
            } else {
                What::Unknown(Some(args))
            };
            events.push(event(what, loser, winner));
        }
    }
    events
}

/// Two rules of several comparisons that share the first, which is no `EQ`, in a filter of 64 bits: adding the second may never return.
fn endless(arch: Arch, lines: &[Line]) -> Option<(&Line, &Line)> {
    if arch.bits() == 32 || lines.len() > RULES_OF_A_CALL {
        return None;
    }
    let shares = |line: &&Line| {
        let [first, _, ..] = line.comparisons[..] else {
            return false;
        };
        !matches!(first.test, Test::Eq(_) | Test::MaskedEq { .. })
    };
    let lines: Vec<&Line> = lines.iter().filter(shares).collect();
    for (at, one) in lines.iter().enumerate() {
        let two = lines[at + 1..].iter();
        if let Some(two) = two
            .into_iter()
            .find(|two| two.comparisons[0] == one.comparisons[0])
        {
            return Some((two, one));
        }
    }
    None
}

/// Whether the filter is known to match exactly what some rule matches.
fn is_known(lines: &[Line]) -> bool {
    let plain = |line: &Line| matches!(line.comparisons[..], [only] if is_narrow(only.test));
    let equal =
        |comparison: &Comparison| matches!(comparison.test, Test::Eq(_) | Test::MaskedEq { .. });
    lines.iter().all(plain) || lines.iter().all(|line| line.comparisons.iter().all(equal))
}

/// Whether one of two rules asks for another value of an argument than the other does.
fn excludes(one: &Line, two: &Line) -> bool {
    matches!(
        (&one.comparisons[..], &two.comparisons[..]),
        ([Comparison { arg: a, test: Test::Eq(one), .. }], [Comparison { arg: b, test: Test::Eq(two), .. }])
            if a == b && one != two
    )
}

/// Whether it is known which of two rules is checked first.
fn order_is_known(arch: Arch, lines: &[Line], one: &Line, two: &Line) -> bool {
    let (&[first], &[second]) = (&one.comparisons[..], &two.comparisons[..]) else {
        return false;
    };
    if first.arg != second.arg {
        return true;
    }
    let of_the_same = || {
        let tests = lines.iter().map(|line| &line.comparisons[..]);
        tests.filter_map(|comparisons| match comparisons {
            [only] if only.arg == first.arg => Some(only.test),
            _ => None,
        })
    };
    // Opposites are one node, which stands where the first of them that was added would stand.
    let has_opposite = |test| of_the_same().any(|other| are_opposites(test, other));
    if of_the_same().any(has_opposite) || key(arch, one) == key(arch, two) {
        return false;
    }
    if arch.bits() == 32 {
        return true;
    }
    if !is_narrow(first.test) || !is_narrow(second.test) {
        return false;
    }
    let is_alone = || of_the_same().count() == 2;
    let (first, second) = (Form::of(first.test), Form::of(second.test));
    match (first.min(second), first.max(second)) {
        (Form::Equal | Form::Unequal, Form::Masked) | (Form::Unequal, Form::Unequal) => false,
        (Form::Unequal | Form::Above, Form::Above) => is_alone(),
        _ => true,
    }
}

/// The operators, as far as the order tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Equal,
    Unequal,
    Masked,
    Below,
    Above,
}

impl Form {
    const fn of(test: Test) -> Self {
        match test {
            Test::Eq(_) => Self::Equal,
            Test::Ne(_) => Self::Unequal,
            Test::MaskedEq { .. } => Self::Masked,
            Test::Lt(_) | Test::Le(_) => Self::Below,
            Test::Ge(_) | Test::Gt(_) => Self::Above,
        }
    }
}

/// Whether the values of a test fit in 32 bits.
const fn is_narrow(test: Test) -> bool {
    let largest = match test {
        Test::Ne(value)
        | Test::Lt(value)
        | Test::Le(value)
        | Test::Eq(value)
        | Test::Ge(value)
        | Test::Gt(value) => value,
        Test::MaskedEq { mask, value } => mask | value,
    };
    largest <= u32::MAX as u64
}

const fn are_opposites(one: Test, two: Test) -> bool {
    match (one, two) {
        (Test::Eq(a), Test::Ne(b))
        | (Test::Ne(a), Test::Eq(b))
        | (Test::Lt(a), Test::Ge(b))
        | (Test::Ge(a), Test::Lt(b))
        | (Test::Le(a), Test::Gt(b))
        | (Test::Gt(a), Test::Le(b)) => a == b,
        _ => false,
    }
}

/// What a rule is sorted by: its highest argument downward, then the operator, then the value.
fn key(arch: Arch, line: &Line) -> (Reverse<usize>, u8, u64) {
    let Some(&Comparison { arg, test, .. }) = line.comparisons.last() else {
        return (Reverse(0), 0, 0);
    };
    // A mask of the low half alone is one check of that half, before those of the high half.
    let is_low_alone =
        arch.bits() == 64 && matches!(test, Test::MaskedEq { .. }) && is_narrow(test);
    let (rank, value) = match test {
        Test::MaskedEq { value, .. } if is_low_alone => (0, !value),
        Test::Eq(value) | Test::Ne(value) | Test::MaskedEq { value, .. } => (1, !value),
        Test::Lt(value) | Test::Le(value) => (2, value),
        Test::Ge(value) | Test::Gt(value) => (3, !value),
    };
    (Reverse(arg.index()), rank, value)
}
