//! Kernel headers to system call tables, in two stages: [`generate`] makes data from headers, [`rust`] makes Rust from data.
//!
//! It is apart from xtask, because `callgate-syscalls` runs it too, in its build script under the feature `kernel-headers`.
//! What it reads is in three places: headers, wherever the caller has them; lists written by hand, in `sources`;
//! and the data, text files that are committed and read as differences.
#![forbid(unsafe_code)]

use std::fmt;
use std::path::{Path, PathBuf};

pub mod abi;
pub mod constants;
pub mod data;
pub mod generate;
mod groups;
pub mod headers;
pub mod numbers;
pub mod prototypes;
pub mod releases;
pub mod rust;

/// Why tables could not be made: a sentence for a person.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    /// An error that says `message`.
    #[must_use]
    pub fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// The text of the file at `path`.
fn read(path: &Path) -> Result<String, Error> {
    let bytes =
        std::fs::read(path).map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The entries of the folder at `path`, sorted.
fn list(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let context = |error| Error::new(format!("{}: {error}", path.display()));
    let mut entries = std::fs::read_dir(path)
        .map_err(context)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(context)?;
    entries.sort();
    Ok(entries)
}
