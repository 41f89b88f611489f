//! The release that brought each call.
//!
//! syscalls(2) says it for most, `releases.tsv` for the rest, and the headers of older releases are held against both.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::abi::ABIS;
use crate::data::{NONE, Table};
use crate::headers::Headers;
use crate::numbers::Numbers;

const BY_HAND: &str = include_str!("../sources/releases.tsv");

type Release = (u16, u16);

/// The table of releases: call, release, and who says so.
///
/// # Errors
/// A source can't be read, or headers of an older release contradict it.
pub fn table(
    manual: &str,
    older: &[&Headers],
    numbers: &Numbers,
    comments: Vec<String>,
) -> Result<Table, Error> {
    let mut releases = BTreeMap::new();
    for (call, release) in of_manual(manual) {
        releases.insert(call, (release, "syscalls(2)".to_owned()));
    }
    let by_hand = Table::parse(BY_HAND)?;
    for row in by_hand.rows {
        let [call, release, source] = <[String; 3]>::try_from(row).unwrap_or_default();
        let release = parse(&release)
            .ok_or_else(|| Error::new(format!("releases.tsv: {call}: {release}")))?;
        if !numbers.contains_key(&call) || releases.contains_key(&call) {
            return Err(Error::new(format!(
                "releases.tsv: {call} has no number, or stands in syscalls(2) by now"
            )));
        }
        releases.insert(call, (release, source));
    }
    for headers in older {
        check(headers, numbers, &releases)?;
    }
    let rows = numbers.keys().map(|call| match releases.get(call) {
        Some(((major, minor), source)) => {
            vec![call.clone(), format!("{major}.{minor}"), source.clone()]
        }
        None => vec![call.clone(), NONE.to_owned(), NONE.to_owned()],
    });
    Ok(Table {
        comments,
        columns: ["call", "release", "source"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    })
}

/// Holds releases against the headers of one release: what they have is not newer, what they lack is not older.
fn check(
    headers: &Headers,
    numbers: &Numbers,
    releases: &BTreeMap<String, (Release, String)>,
) -> Result<(), Error> {
    let [major, minor, _] = headers.version()?;
    let version = (
        u16::try_from(major).unwrap_or(u16::MAX),
        u16::try_from(minor).unwrap_or(u16::MAX),
    );
    for (column, abi) in ABIS.iter().enumerate().filter(|(_, abi)| headers.has(abi)) {
        let known = headers
            .call_macros(abi)?
            .into_iter()
            .filter_map(|name| name.strip_prefix("__NR_").map(str::to_owned))
            .collect::<BTreeSet<_>>();
        for (call, (release, source)) in releases {
            let Some(row) = numbers.get(call) else {
                continue;
            };
            // An arch may get a call later than the first, so lacking it proves something only on x86_64, which is never late.
            let wrong = if known.contains(call) {
                *release > version
            } else {
                abi.name == "x86_64" && row[column].is_some() && *release <= version
            };
            if wrong {
                return Err(Error::new(format!(
                    "{call} came with {}.{} according to {source}, and the headers of {major}.{minor} for {} say otherwise",
                    release.0, release.1, abi.name
                )));
            }
        }
    }
    Ok(())
}

/// The releases in the table of syscalls(2), whose source `text` is.
fn of_manual(text: &str) -> BTreeMap<String, Release> {
    let text = text
        .lines()
        .filter(|line| !line.starts_with(".\\\""))
        .collect::<Vec<_>>()
        .join("\n");
    // A cell between T{ and T} is one line.
    let mut table = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("T{\n") {
        let (cell, after) = after.split_once("\nT}").unwrap_or((after, ""));
        table.push_str(before);
        table.push_str(&cell.replace('\n', " "));
        rest = after;
    }
    table.push_str(rest);
    let row = |line: &str| {
        let (name, rest) = line.split_once('\t')?;
        let name = name
            .strip_prefix("\\f[B]")
            .and_then(|name| name.strip_suffix("\\f[](2)"))
            .or_else(|| {
                name.strip_prefix(".BR ")
                    .and_then(|name| name.strip_suffix(" (2)"))
            })?;
        let release = rest.split(['\t', ';']).next()?;
        Some((name.to_owned(), parse(release)?))
    };
    table.lines().filter_map(row).collect()
}

/// The first two numbers of a release: 2.6 for `2.6.28`.
fn parse(text: &str) -> Option<Release> {
    let mut numbers = text.trim().split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_is_read() {
        let text = ".\\\" remark\n\\f[B]accept4\\f[](2)\t2.6.28\nT{\n.BR accept (2)\nT}\t2.0\tT{\nSee\nit\nT}\n\\f[B]poll\\f[](2)\t2.0.36; 2.2\n\\f[B]pread64\\f[](2)\t\tx\n";
        let found = of_manual(text);
        assert_eq!(found["accept4"], (2, 6));
        assert_eq!(found["accept"], (2, 0));
        assert_eq!(found["poll"], (2, 0));
        assert_eq!(found.len(), 3);
    }
}
