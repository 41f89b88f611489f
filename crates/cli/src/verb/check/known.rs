//! Problems that are known before: a file of them, by which only new ones are told.
//!
//! Apart from the selection, because this is about single problems and not about kinds.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use callgate_profile::Problem;
use serde::{Deserialize, Serialize};

use super::found::Checked;
use crate::failure::Failure;
use crate::render::Source;
use crate::{output, words};

/// The file: for each document the keys of its problems, and how often each is there.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Known {
    schema: String,
    files: BTreeMap<String, BTreeMap<String, usize>>,
}

const SCHEMA: &str = "callgate/baseline/v1";

/// What is the same of a problem when lines move: its code and the text at its place, with a count where that is not enough.
pub(super) fn keys(source: &Source<'_>, problems: &[Problem]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let key = |problem: &Problem| {
        let key = plain_key(source, problem);
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        match count {
            1 => key,
            count => format!("{key} #{count}"),
        }
    };
    problems.iter().map(key).collect()
}

/// As much of the text as tells one place from another.
const LONGEST: usize = 60;

fn plain_key(source: &Source<'_>, problem: &Problem) -> String {
    let text = source.quoted(problem.span);
    let words: Vec<&str> = text.split_whitespace().collect();
    let words: String = words.join(" ").chars().take(LONGEST).collect();
    format!("{} {words}", problem.code)
}

impl Known {
    /// Reads a file of known problems.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |reason: String| {
            Failure::input(format_args!("{}: {reason}", path.display()))
                .help("`callgate check --write-baseline FILE` makes such a file")
        };
        let text =
            std::fs::read(path).map_err(|error| wrong(words::system_error(&error).to_string()))?;
        let known: Self = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("no list of known problems: {error}")))?;
        match known.schema == SCHEMA {
            true => Ok(known),
            false => Err(wrong(format!("`schema` is not {SCHEMA}"))),
        }
    }

    /// All problems that were found.
    pub(super) fn of(checked: &[Checked], sources: &[Source<'_>]) -> Self {
        let mut files: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for (checked, source) in checked.iter().zip(sources) {
            let counts = files.entry(source.name().to_owned()).or_default();
            for problem in &checked.problems {
                *counts.entry(plain_key(source, problem)).or_default() += 1;
            }
        }
        Self {
            schema: SCHEMA.to_owned(),
            files,
        }
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(self).expect("a list is JSON");
        text.push('\n');
        output::to_file_or_stdout(path, text.as_bytes())
    }

    /// Whether each of some problems is new; of as many as are known of one key, none is.
    pub(super) fn are_new(&self, source: &Source<'_>, problems: &[Problem]) -> Vec<bool> {
        let mut left = self.files.get(source.name()).cloned().unwrap_or_default();
        let is_new = |problem: &Problem| match left.get_mut(&plain_key(source, problem)) {
            None | Some(0) => true,
            Some(count) => {
                *count -= 1;
                false
            }
        };
        problems.iter().map(is_new).collect()
    }
}
