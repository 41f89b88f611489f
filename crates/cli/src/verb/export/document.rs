//! What was exported and what it changes, as JSON.
//!
//! Apart from the words, because scripts rely on these names.

use clap::ValueEnum;
use serde::Serialize;

use super::{Kind, Written};
use crate::verb::diff::DifferenceAnswer;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Answer {
    schema: &'static str,
    kind: String,
    exact: bool,
    /// None where it is no text.
    text: Option<String>,
    differences: Vec<DifferenceAnswer>,
}

impl Answer {
    pub(super) fn of(kind: Kind, written: &Written) -> Self {
        let name = kind.to_possible_value().expect("no kind is hidden");
        Self {
            schema: "callgate/export/v1",
            kind: name.get_name().to_owned(),
            exact: written.entries.is_empty(),
            text: String::from_utf8(written.bytes.clone()).ok(),
            differences: written.entries.iter().map(DifferenceAnswer::of).collect(),
        }
    }
}
