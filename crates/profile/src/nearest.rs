//! Did you mean: the known word that is nearest to a written one.
//!
//! Apart from the readers, because every list of words (keys, calls, actions, capabilities) is searched the same way.

/// Longer words are compared by their beginning.
const LONGEST: usize = 64;

/// The word that was probably meant: the same in another case, or a few typing errors away.
///
/// An error is a letter put in, left out, replaced, or swapped with its neighbour; one in three letters may be wrong, three at most.
pub fn nearest<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let written = beginning(written);
    let length = written.chars().count();
    // A word of one letter is near everything.
    let allowed = (length / 3).clamp(1, 3);
    words
        .into_iter()
        .filter(|word| word.len().abs_diff(length) <= allowed)
        .map(|word| (strsim::osa_distance(&written, &beginning(word)), word))
        .filter(|&(distance, _)| distance <= allowed && distance < length)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

fn beginning(word: &str) -> String {
    let letters = word.chars().take(LONGEST);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let words = ["chmod", "fchmod", "chown", "read", "clone3", "x", "x86_64"];
        let cases = [
            ("chmodd", Some("chmod")),
            ("CHMOD", Some("chmod")),
            ("hcmod", Some("chmod")),
            ("fchmood", Some("fchmod")),
            ("raed", Some("read")),
            ("clone", Some("clone3")),
            ("x86-64", Some("x86_64")),
            ("mount", None),
            ("", None),
            ("y", None),
            ("é", None),
        ];
        for (written, expected) in cases {
            assert_eq!(nearest(written, words), expected, "{written}");
        }
    }
}
