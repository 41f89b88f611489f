//! Stage 1: headers to data.

use std::path::PathBuf;

use crate::Error;
use crate::data::{Files, Table};
use crate::headers::Headers;
use crate::{constants, numbers, prototypes, releases};

/// Where stage 1 reads.
pub struct Sources {
    /// Headers for user space, as new as possible.
    pub headers: Headers,
    /// Older headers, for the ABIs that the newest no longer have.
    pub retired: Headers,
    /// The kernel's own headers, with its prototypes: the folder that holds `include` and `arch`.
    pub kernel: PathBuf,
    /// Headers of older releases, against which it is held when a call came.
    pub older: Vec<Headers>,
    /// The source of the manual page syscalls(2).
    pub manual: PathBuf,
    /// Where all of these come from, a line each.
    pub provenance: Vec<String>,
}

/// The data files, by name.
///
/// # Errors
/// A source can't be read, or contradicts another.
pub fn data(sources: &Sources) -> Result<Files, Error> {
    let [major, minor, stable] = sources.headers.version()?;
    let comments = |what: &str| {
        let head = [what.to_owned(), format!("kernel {major}.{minor}.{stable}")];
        head.into_iter()
            .chain(sources.provenance.iter().cloned())
            .collect()
    };
    let numbers = numbers::of_all(&sources.headers, &sources.retired)?;
    let older = sources.older.iter().collect::<Vec<_>>();
    let manual = crate::read(&sources.manual)?;
    let tables = [
        (
            "numbers.tsv",
            numbers::to_table(&numbers, comments("The number of each call on each ABI.")),
        ),
        (
            "prototypes.tsv",
            prototypes::table(
                &sources.kernel,
                &numbers,
                comments("What each call takes: `type name:kind`."),
            )?,
        ),
        (
            "releases.tsv",
            releases::table(
                &manual,
                &older,
                &numbers,
                comments("The first release with each call, and who says so."),
            )?,
        ),
        (
            "constants.tsv",
            constants::table(
                &sources.headers,
                &sources.kernel,
                comments("Constants by set and value; where some ABIs differ, `VALUE:ABI,…`."),
            )?,
        ),
    ];
    let texts = tables
        .into_iter()
        .map(|(name, table)| (name.to_owned(), table.to_text()));
    Ok(texts.collect())
}

/// The data with what `headers` say in its place, for the ABIs that they have.
///
/// Prototypes and releases stay; a call that only `headers` have gets neither.
///
/// # Errors
/// The headers have no ABI, or can't be read.
pub fn overlay(data: &Files, headers: &Headers) -> Result<Files, Error> {
    if !crate::abi::ABIS.iter().any(|abi| headers.has(abi)) {
        return Err(Error::new(
            "the folder holds headers of no known ABI".to_owned(),
        ));
    }
    let [major, minor, stable] = headers.version()?;
    let comments = vec![
        "Made from headers that the builder named.".to_owned(),
        format!("kernel {major}.{minor}.{stable}"),
    ];
    let mut data = data.clone();
    let table = |name: &str| {
        let text = data
            .get(name)
            .ok_or_else(|| Error::new(format!("{name} is missing")))?;
        Table::parse(text)
    };
    let numbers = numbers::overlay(headers, &numbers::from_table(&table("numbers.tsv")?)?)?;
    let constants = constants::overlay(headers, &table("constants.tsv")?)?;
    data.insert(
        "numbers.tsv".to_owned(),
        numbers::to_table(&numbers, comments).to_text(),
    );
    data.insert("constants.tsv".to_owned(), constants.to_text());
    for name in ["prototypes.tsv", "releases.tsv"] {
        let text = data
            .get(name)
            .ok_or_else(|| Error::new(format!("{name} is missing")))?;
        let mut table = Table::parse(text)?;
        table.rows.retain(|row| numbers.contains_key(&row[0]));
        data.insert(name.to_owned(), table.to_text());
    }
    Ok(data)
}
