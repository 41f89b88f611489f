//! Did you mean: the known word that is nearest to a written one.
//!
//! Apart from the readers, because every list of words (keys, calls, actions, capabilities) is searched the same way.

/// The word that was probably meant: the same in another case, or a few typing errors away.
pub(crate) fn nearest<'w>(
    written: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    // A word of one letter is near everything.
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    let written: Vec<char> = lower(written).collect();
    words
        .into_iter()
        .filter(|word| word.len().abs_diff(written.len()) <= allowed)
        .map(|word| (distance(&written, &lower(word).collect::<Vec<_>>()), word))
        .filter(|&(distance, _)| distance <= allowed && distance < written.len())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

fn lower(word: &str) -> impl Iterator<Item = char> {
    word.chars()
        .map(|character| character.to_ascii_lowercase())
        .take(LONGEST)
}

/// Longer words are compared by their beginning.
const LONGEST: usize = 64;

/// How many letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &wanted) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &found) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(wanted != found);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && wanted == right[column - 1] && left[row - 1] == found;
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let words = ["chmod", "fchmod", "chown", "read", "clone3", "x"];
        let cases = [
            ("chmodd", Some("chmod")),
            ("CHMOD", Some("chmod")),
            ("hcmod", Some("chmod")),
            ("fchmood", Some("fchmod")),
            ("raed", Some("read")),
            ("clone", Some("clone3")),
            ("mount", None),
            ("", None),
            ("y", None),
            ("é", None),
        ];
        for (written, expected) in cases {
            assert_eq!(nearest(written, words), expected, "{written}");
        }
    }

    #[test]
    fn the_distance_counts_single_errors() {
        let cases = [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("ca", "abc", 3),
        ];
        for (left, right, expected) in cases {
            let left: Vec<char> = left.chars().collect();
            let right: Vec<char> = right.chars().collect();
            assert_eq!(distance(&left, &right), expected);
            assert_eq!(distance(&right, &left), expected);
        }
    }
}
