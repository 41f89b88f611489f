//! In which order libseccomp mostly checks the conditional rules of one call, so that its filter can be told by the rules themselves.
//!
//! Apart from what the filter is, because this is only a likely way to say it, which is proved or not taken.

use std::cmp::Reverse;

use callgate_policy::{Comparison, Test};
use callgate_syscalls::Arch;

use super::Line;

/// Puts the rules of a call in the order in which they are checked, where libseccomp makes no mistakes.
///
/// The higher argument first; of one argument `EQ`, `NE` and `MASKED_EQ` before `LT` and `LE` before `GE` and `GT`;
/// of these the tightest, and among the first three the larger value.
pub(super) fn sort(arch: Arch, lines: &mut [Line]) {
    lines.sort_by_key(|line| key(arch, line));
}

/// Whether each rule asks for another value of the same argument, so that there is no order.
pub(super) fn is_plain(lines: &[Line]) -> bool {
    let asked = |line: &Line| match line.comparisons[..] {
        [
            Comparison {
                arg,
                test: Test::Eq(value),
                ..
            },
        ] => Some((arg, value)),
        _ => None,
    };
    let pairs = lines.windows(2);
    pairs
        .into_iter()
        .all(|pair| match (asked(&pair[0]), asked(&pair[1])) {
            (Some(one), Some(two)) => one.0 == two.0 && one.1 != two.1,
            _ => false,
        })
}

/// Whether one of two rules asks for another value of an argument than the other does.
pub(super) fn excludes(one: &Line, two: &Line) -> bool {
    matches!(
        (&one.comparisons[..], &two.comparisons[..]),
        ([Comparison { arg: a, test: Test::Eq(one), .. }], [Comparison { arg: b, test: Test::Eq(two), .. }])
            if a == b && one != two
    )
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
