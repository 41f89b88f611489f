//! "Did you mean": the known name that is nearest to what was written.
//!
//! Apart because every verb that takes a name says it in the same way.

use callgate_syscalls::Syscall;

/// The message about a name that is no call's.
pub(crate) fn unknown_call(word: &str) -> String {
    match name(word, Syscall::all().map(Syscall::name)) {
        Some(name) => format!("unknown call `{word}`, did you mean `{name}`?"),
        None => format!("unknown call `{word}`"),
    }
}

/// The nearest of some names; none where every one is far.
pub(crate) fn name(
    word: &str,
    names: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|name| (distance(&word, name), name))
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be put in, left out, replaced or swapped with their neighbour.
fn distance(one: &str, two: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let two: Vec<char> = two.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=two.len()).collect()];
    for (i, &a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in two.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(a != b))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            let swapped = i > 0 && j > 0 && a == two[j - 1] && one[i - 1] == b;
            if swapped {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["chmod", "fchmod", "openat", "x86_64"];
        for (word, expected) in [
            ("chmodd", Some("chmod")),
            ("OPENAT", Some("openat")),
            ("opneat", Some("openat")),
            ("x86-64", Some("x86_64")),
            ("socket", None),
            ("", None),
        ] {
            assert_eq!(name(word, names), expected, "{word}");
        }
    }
}
