//! Problems for people: in rustc's look, and a line a file at the end.
//!
//! Apart from the other formats, as each of them is.

use std::fmt::Write;

use super::found::Checked;
use crate::render::{self, Source};
use crate::words;

/// The page.
pub(super) fn page(checked: &[Checked], sources: &[Source<'_>]) -> String {
    let mut text = String::new();
    for (checked, source) in checked.iter().zip(sources) {
        text.push_str(&render::problems(source, &checked.problems));
    }
    for checked in checked {
        let severities = checked.problems.iter().map(|problem| problem.severity);
        let summary = words::problem_counts(severities).unwrap_or("clean".to_owned());
        let name = &checked.document.name;
        let known = match checked.known {
            0 => String::new(),
            known => format!(", {known} known before"),
        };
        let (targets, native) = (checked.target_names(), checked.targets[0].native);
        let _ = writeln!(text, "{name}: {summary}{known}  ({targets} on {native})");
    }
    text
}
