//! Arguments that pass given comparisons, or the certainty that there are none.
//!
//! Apart from the readers, because overlaps of rules are shown by a call, to which this is the way.

use callgate_policy::{Comparison, Test};
use callgate_syscalls::Arch;

/// Arguments of a call of `arch` that pass all of the comparisons; none where no arguments do.
///
/// Arguments that are not compared are zero, the others as small as they can be.
///
/// ```
/// use callgate_engines::arguments_for;
/// use callgate_policy::{Arg, Comparison, Test};
/// use callgate_syscalls::Arch;
///
/// let above = Comparison::new(Arg::A0, Test::Gt(4));
/// let odd = Comparison::new(Arg::A0, Test::MaskedEq { mask: 1, value: 1 });
/// assert_eq!(arguments_for(Arch::X86_64, &[above, odd]), Some([5, 0, 0, 0, 0, 0]));
/// let below = Comparison::new(Arg::A0, Test::Lt(4));
/// assert_eq!(arguments_for(Arch::X86_64, &[above, below]), None);
/// ```
#[must_use]
pub fn arguments_for(arch: Arch, comparisons: &[Comparison]) -> Option<[u64; 6]> {
    let mut args = [0; 6];
    for (index, value) in args.iter_mut().enumerate() {
        let of_this = comparisons.iter().filter(|each| each.arg.index() == index);
        *value = smallest(arch, of_this)?;
    }
    Some(args)
}

/// The smallest value that passes all comparisons.
///
/// It is not looked for beyond the narrowest of their widths: of comparisons that differ in it, that may miss some.
fn smallest<'c>(arch: Arch, all: impl Iterator<Item = &'c Comparison> + Clone) -> Option<u64> {
    let widths = all.clone().map(|each| each.width.bits(arch));
    let bits = widths.min().unwrap_or(arch.bits());
    let (mut first, mut last) = (0, u64::MAX >> (64 - bits));
    // Bits that are set, and of those under `fixed` those that are not.
    let (mut fixed, mut set) = (0, 0);
    let mut never = Vec::new();
    for comparison in all {
        match comparison.test {
            Test::Ne(value) => never.push(value),
            Test::Lt(value) => last = last.min(value.checked_sub(1)?),
            Test::Le(value) => last = last.min(value),
            Test::Eq(value) => (first, last) = (first.max(value), last.min(value)),
            Test::Ge(value) => first = first.max(value),
            Test::Gt(value) => first = first.max(value.checked_add(1)?),
            Test::MaskedEq { mask, value } => {
                let contradicts = set & mask & fixed != value & fixed & mask;
                if value & !mask != 0 || contradicts {
                    return None;
                }
                (fixed, set) = (fixed | mask, set | value);
            }
        }
    }
    never.sort_unstable();
    let mut value = with_bits(first, fixed, set)?;
    while value <= last {
        if never.binary_search(&value).is_err() {
            return Some(value);
        }
        value = with_bits(value.checked_add(1)?, fixed, set)?;
    }
    None
}

/// The smallest value from `first` upward whose bits under `fixed` are those of `set`.
fn with_bits(first: u64, fixed: u64, set: u64) -> Option<u64> {
    if first & fixed == set {
        return Some(first);
    }
    // Above the highest bit that is wrong, everything may stay; a bit that must be set where it is not makes the value larger.
    let highest = 63 - ((first & fixed) ^ set).leading_zeros();
    let below = (1_u64 << highest) - 1;
    if set >> highest & 1 == 1 {
        return Some(first & !below & !(1 << highest) | set & (below | 1 << highest));
    }
    // It must not be set where it is: a free bit above that is not set has to be.
    let free = !fixed & !first & !below & !(1 << highest);
    if free == 0 {
        return None;
    }
    let raised = free.trailing_zeros();
    let below = (1_u64 << raised) - 1;
    Some(first & !below | 1 << raised | set & below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_policy::Arg;

    #[test]
    fn the_smallest_of_all_small_values() {
        let mut tests = vec![];
        for value in [0, 1, 5, 6, 12] {
            tests.extend([
                Test::Ne(value),
                Test::Lt(value),
                Test::Le(value),
                Test::Eq(value),
                Test::Ge(value),
                Test::Gt(value),
                Test::MaskedEq { mask: 6, value },
                Test::MaskedEq { mask: 13, value },
            ]);
        }
        for &one in &tests {
            for &two in &tests {
                for &three in &tests {
                    let all = [one, two, three];
                    let expected = (0..64).find(|&value| all.iter().all(|test| test.holds(value)));
                    let comparisons = all.map(|test| Comparison::new(Arg::A2, test));
                    let found = arguments_for(Arch::X86_64, &comparisons).map(|args| args[2]);
                    assert_eq!(found, expected, "{all:?}");
                }
            }
        }
    }

    #[test]
    fn wide_values_are_there_on_wide_arches_only() {
        for (test, wide, narrow) in [
            (Test::Gt(0xffff_ffff), Some(0x1_0000_0000), None),
            (Test::Eq(u64::MAX), Some(u64::MAX), None),
            (Test::Gt(u64::MAX), None, None),
            (Test::Lt(0), None, None),
            (
                Test::MaskedEq {
                    mask: 1 << 63,
                    value: 1 << 63,
                },
                Some(1 << 63),
                None,
            ),
            (Test::Ge(0xffff_ffff), Some(0xffff_ffff), Some(0xffff_ffff)),
        ] {
            let comparisons = [Comparison::new(Arg::A0, test)];
            let found = |arch| arguments_for(arch, &comparisons).map(|args| args[0]);
            assert_eq!(found(Arch::S390x), wide, "{test:?}");
            assert_eq!(found(Arch::S390), narrow, "{test:?}");
        }
    }
}
