//! Problems as one JSON document, or as an object a line.
//!
//! Apart from the other formats, as each of them is.

use callgate_profile::Severity;
use serde::Serialize;

use super::found::Checked;
use crate::output;
use crate::render::{ProblemAnswer, Source};

/// An object a problem, each on a line.
pub(super) fn lines(checked: &[Checked], sources: &[Source<'_>]) -> String {
    let mut text = String::new();
    for (checked, source) in checked.iter().zip(sources) {
        for problem in &checked.problems {
            text.push_str(&output::json_line(&ProblemAnswer::of(source, problem)));
        }
    }
    text
}

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Answer<'c> {
    schema: &'static str,
    files: Vec<FileAnswer<'c>>,
}

/// What the JSON document says of a file.
#[derive(Serialize)]
struct FileAnswer<'c> {
    file: &'c str,
    target: String,
    native: &'static str,
    errors: usize,
    warnings: usize,
    remarks: usize,
    matters_of_style: usize,
    known: usize,
    problems: Vec<ProblemAnswer<'c>>,
}

impl<'c> Answer<'c> {
    pub(super) fn of(checked: &'c [Checked], sources: &'c [Source<'c>]) -> Self {
        let files = checked
            .iter()
            .zip(sources)
            .map(|(checked, source)| FileAnswer {
                file: source.name(),
                target: checked.target_names(),
                native: checked.targets[0].native.name(),
                errors: checked.count(Severity::Error),
                warnings: checked.count(Severity::Warning),
                remarks: checked.count(Severity::Info),
                matters_of_style: checked.count(Severity::Style),
                known: checked.known,
                problems: checked
                    .problems
                    .iter()
                    .map(|problem| ProblemAnswer::of(source, problem))
                    .collect(),
            });
        Self {
            schema: "callgate/check/v1",
            files: files.collect(),
        }
    }
}
