//! The committed data: tables as lines of text, one fact a line, sorted, so that a change is read as a diff.
//!
//! Stage 1 writes them from headers, stage 2 reads them and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::Error;

/// A table: comments, the names of the columns, and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What stands above, a `#` before each line.
    pub comments: Vec<String>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<String>>,
}

/// What stands for "none" in a table.
pub const NONE: &str = "-";

impl Table {
    /// The table in `text`.
    ///
    /// # Errors
    /// A row has more or fewer cells than there are columns.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut comments = Vec::new();
        let mut lines = text.lines().enumerate();
        let columns = loop {
            match lines.next() {
                Some((_, line)) if line.starts_with('#') => {
                    comments.push(line[1..].trim_start().to_owned());
                }
                Some((_, line)) => break split(line),
                None => return Err(Error::new("no line that names the columns".to_owned())),
            }
        };
        let mut rows = Vec::new();
        for (index, line) in lines {
            let row = split(line);
            if row.len() != columns.len() {
                return Err(Error::new(format!(
                    "line {}: {} cells, and there are {} columns",
                    index + 1,
                    row.len(),
                    columns.len()
                )));
            }
            rows.push(row);
        }
        Ok(Self {
            comments,
            columns,
            rows,
        })
    }

    /// The table in the file at `path`.
    ///
    /// # Errors
    /// The file can't be read, or holds no table.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(&crate::read(path)?)
            .map_err(|error| Error::new(format!("{}: {error}", path.display())))
    }

    /// The text of the table.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for comment in &self.comments {
            let _ = writeln!(text, "{}", format!("# {comment}").trim_end());
        }
        for row in core::iter::once(&self.columns).chain(&self.rows) {
            let _ = writeln!(text, "{}", row.join("\t"));
        }
        text
    }
}

fn split(line: &str) -> Vec<String> {
    line.split('\t').map(str::to_owned).collect()
}

/// Files by name, as text.
pub type Files = BTreeMap<String, String>;
