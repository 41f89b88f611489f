//! Problems for people: in rustc's look, and a line a file at the end.
//!
//! Apart from the other formats, as each of them is.

use std::fmt::Write;

use rayon::prelude::*;

use super::found::Checked;
use crate::render::{self, Source};
use crate::words;

/// The page.
pub(super) fn page(checked: &[Checked], sources: &[Source<'_>]) -> String {
    let pairs = checked.par_iter().zip(sources);
    let mut text: String = pairs
        .map(|(checked, source)| render::problems(source, &checked.problems))
        .collect();
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
