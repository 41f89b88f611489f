//! Two texts as lines that go and lines that come.
//!
//! Apart from the verbs that show a change, because all of them show it alike.

use similar::TextDiff;

/// The lines that differ, with their neighbours, as diff(1) shows them; empty where none do.
pub(crate) fn between(name: &str, before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    let mut difference = difference.unified_diff();
    difference.header(name, name).to_string()
}

/// All lines, those that go with a minus and those that come with a plus.
pub(crate) fn whole(before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    let lines = difference.iter_all_changes();
    lines
        .map(|line| format!("{}{}", line.tag(), line.value()))
        .collect()
}
