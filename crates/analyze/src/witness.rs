//! Calls that could show a difference: every value that some comparison tells apart, one argument after the other.
//!
//! Apart from the lints, because all that make a claim about meaning search here for a call that proves it.

use callgate_engines::arguments_for;
use callgate_policy::{Comparison, Test};
use callgate_syscalls::Arch;

/// As many rules as are asked in one search, all calls together.
const EFFORT: usize = 500_000;

/// Arguments that sets of comparisons could tell apart, the plainest first; fewer where there are very many sets.
pub(crate) fn arguments<'c>(
    arch: Arch,
    sets: impl IntoIterator<Item = &'c [Comparison]>,
) -> Vec<[u64; 6]> {
    let sets: Vec<&[Comparison]> = sets.into_iter().collect();
    let most = (EFFORT / (sets.len() + 1)).max(8);
    let mut found = vec![[0; 6]];
    for comparisons in sets {
        if found.len() >= most {
            break;
        }
        let Some(matching) = arguments_for(arch, comparisons) else {
            // What can't be passed together may be passed one by one.
            found.extend(
                comparisons
                    .iter()
                    .filter_map(|&each| arguments_for(arch, &[each])),
            );
            continue;
        };
        found.push(matching);
        for &comparison in comparisons {
            for value in values(comparison.test) {
                let mut args = matching;
                args[comparison.arg.index()] = value;
                found.push(args);
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|args| seen.insert(*args));
    found.truncate(most);
    found
}

/// The values around the border of a test.
fn values(test: Test) -> Vec<u64> {
    match test {
        Test::Ne(value)
        | Test::Lt(value)
        | Test::Le(value)
        | Test::Eq(value)
        | Test::Ge(value)
        | Test::Gt(value) => vec![value, value.wrapping_sub(1), value.wrapping_add(1), 0],
        Test::MaskedEq { mask, value } => {
            let lowest = mask & mask.wrapping_neg();
            let flipped = (0..64)
                .map(|bit| 1_u64 << bit)
                .filter(|bit| mask & bit != 0);
            let flipped = flipped.map(|bit| value ^ bit);
            [value, value ^ lowest, 0]
                .into_iter()
                .chain(flipped)
                .collect()
        }
    }
}
