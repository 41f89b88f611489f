//! Sets of constants: which there are (`constants.txt`), and what each ABI's headers say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::Error;
use crate::abi::{ABIS, Abi};
use crate::data::{NONE, Table};
use crate::headers::{Headers, Name, defined_names, enumerator_names};

use specification::{From, matches};
pub use specification::{Set, sets};

mod specification;

const BY_HAND: &str = include_str!("../sources/constants.h");

/// For each ABI and each set the names with their values, in the order of the headers.
type Columns = Vec<Vec<Vec<(String, u64)>>>;

/// The table of constants: set, name, the value on most ABIs, and the ABIs that differ.
///
/// 31-bit S/390, whose calls are gone from newer headers, has the constants of s390x.
///
/// # Errors
/// The headers can't be read, or a set is empty.
pub fn table(headers: &Headers, kernel: &Path, comments: Vec<String>) -> Result<Table, Error> {
    let sets = sets()?;
    let kernel = KernelMacros::read(kernel, &sets)?;
    let columns = ABIS.iter().map(|abi| of_abi(headers, abi, &sets, &kernel));
    to_table(&sets, &columns.collect::<Result<_, _>>()?, comments)
}

/// The table `base` with what `headers` say in its place, for the ABIs that they have.
///
/// What only the kernel's own headers say stays as it is.
///
/// # Errors
/// The headers can't be read.
pub fn overlay(headers: &Headers, base: &Table) -> Result<Table, Error> {
    let sets = sets()?;
    let mut columns: Columns = vec![vec![Vec::new(); sets.len()]; ABIS.len()];
    for row in &base.rows {
        let set = sets.iter().position(|set| set.name == row[0]);
        let set = set.ok_or_else(|| Error::new(format!("constants.tsv: {} is no set", row[0])))?;
        for (column, value) in columns.iter_mut().zip(values(row)?) {
            column[set].extend(value.map(|value| (row[1].clone(), value)));
        }
    }
    let kernel = KernelMacros {
        prelude: String::new(),
        names: BTreeMap::new(),
    };
    for (abi, column) in ABIS
        .iter()
        .zip(&mut columns)
        .filter(|(abi, _)| headers.has(abi))
    {
        let found = of_abi(headers, abi, &sets, &kernel)?;
        for ((set, known), found) in sets.iter().zip(column).zip(found) {
            if !set
                .sources
                .iter()
                .any(|source| matches!(source.from, From::Kernel(_)))
            {
                *known = found;
            }
        }
    }
    to_table(&sets, &columns, base.comments.clone())
}

fn to_table(sets: &[Set], columns: &Columns, comments: Vec<String>) -> Result<Table, Error> {
    let mut rows = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        let values = columns
            .iter()
            .map(|column| &column[index])
            .collect::<Vec<_>>();
        // By value, and names of one value in the order of the headers.
        let mut lines = Vec::<(u64, usize, String, String)>::new();
        let mut seen = BTreeSet::new();
        let names = values
            .iter()
            .flat_map(|found| found.iter().map(|(name, _)| name));
        for name in names.filter(|&name| seen.insert(name)) {
            let row = values.iter().map(|found| {
                found
                    .iter()
                    .find(|(other, _)| other == name)
                    .map(|&(_, value)| value)
            });
            let row = row.collect::<Vec<_>>();
            let (value, exceptions) = summary(&row);
            let is_mixed = set.choice != 0 && set.choice != u64::MAX;
            if is_mixed && value & set.choice != 0 && value & !set.choice != 0 {
                continue;
            }
            lines.push((value, lines.len(), name.clone(), exceptions));
        }
        if lines.is_empty() {
            return Err(Error::new(format!("constants.txt: {} is empty", set.name)));
        }
        lines.sort();
        rows.extend(lines.into_iter().map(|(value, _, name, exceptions)| {
            vec![set.name.clone(), name, format!("{value:#x}"), exceptions]
        }));
    }
    Ok(Table {
        comments,
        columns: ["set", "name", "value", "exceptions"]
            .map(str::to_owned)
            .to_vec(),
        rows,
    })
}

/// The values of one row of the table by ABI, in the order of [`ABIS`].
///
/// # Errors
/// A cell is not as [`table`] writes it.
pub fn values(row: &[String]) -> Result<Vec<Option<u64>>, Error> {
    let wrong = || Error::new(format!("constants.tsv: {}", row.join(" ")));
    let common = parse_value(&row[2]).ok_or_else(wrong)?;
    let mut values = vec![Some(common); ABIS.len()];
    for exception in row[3].split(' ').filter(|&cell| cell != NONE) {
        let (value, abis) = exception.split_once(':').ok_or_else(wrong)?;
        let value = match value {
            "none" => None,
            value => Some(parse_value(value).ok_or_else(wrong)?),
        };
        for abi in abis.split(',') {
            let column = ABIS
                .iter()
                .position(|known| known.name == abi)
                .ok_or_else(wrong)?;
            values[column] = value;
        }
    }
    Ok(values)
}

/// The most frequent value, and the others as `VALUE:ABI,ABI` with `none` where there is no value.
fn summary(row: &[Option<u64>]) -> (u64, String) {
    let mut counts = BTreeMap::new();
    for value in row.iter().flatten() {
        *counts.entry(*value).or_insert(0) += 1;
    }
    let common = counts
        .iter()
        .max_by_key(|&(_, count)| *count)
        .map_or(0, |(&value, _)| value);
    let mut others = BTreeMap::<Option<u64>, Vec<&str>>::new();
    for (value, abi) in row.iter().zip(ABIS) {
        if *value != Some(common) {
            others.entry(*value).or_default().push(abi.name);
        }
    }
    let cells = others.iter().map(|(value, abis)| {
        let value = value.map_or_else(|| "none".to_owned(), |value| format!("{value:#x}"));
        format!("{value}:{}", abis.join(","))
    });
    let cells = cells.collect::<Vec<_>>();
    (
        common,
        if cells.is_empty() {
            NONE.to_owned()
        } else {
            cells.join(" ")
        },
    )
}

/// For each set its names and values, in the order of the headers.
fn of_abi(
    headers: &Headers,
    abi: &Abi,
    sets: &[Set],
    kernel: &KernelMacros,
) -> Result<Vec<Vec<(String, u64)>>, Error> {
    let mut includes = Vec::<&str>::new();
    let mut wanted = BTreeSet::new();
    let mut names_of_sets = Vec::new();
    for set in sets {
        let mut names = Vec::new();
        for source in &set.sources {
            let chosen = |name: &String| matches(name, &source.patterns);
            match &source.from {
                From::Macros(files) => {
                    for file in files {
                        let text = match file.as_str() {
                            "." => BY_HAND.to_owned(),
                            header => headers.text(abi, header),
                        };
                        if !text.is_empty() && !includes.contains(&file.as_str()) {
                            includes.push(file);
                        }
                        names.extend(defined_names(&text).filter(chosen).map(Name::Macro));
                    }
                }
                From::Enum { header, tag } => {
                    let text = headers.text(abi, header);
                    if !text.is_empty() && !includes.contains(&header.as_str()) {
                        includes.push(header);
                    }
                    let found = enumerator_names(&text, tag).into_iter();
                    names.extend(found.filter(chosen).map(Name::Enumerator));
                }
                From::Kernel(file) => {
                    let found = kernel
                        .names(file)
                        .filter(|name| chosen(&(*name).to_owned()));
                    names.extend(found.map(|name| Name::Macro(name.to_owned())));
                }
            }
        }
        wanted.extend(names.iter().cloned());
        names_of_sets.push(names);
    }
    // The generic ones come by way of `asm`, where an ABI has them; included twice they clash with it.
    let is_own = |file: &str| file != "." && !file.starts_with("asm-generic/");
    let includes = includes.iter().filter(|&&file| is_own(file));
    let prelude = includes
        .map(|file| format!("#include <{file}>\n"))
        .collect::<String>();
    let prelude = format!(
        "typedef __SIZE_TYPE__ size_t;\n{prelude}{BY_HAND}\n{}",
        kernel.prelude
    );
    let wanted = wanted.into_iter().collect::<Vec<_>>();
    let values = headers.values(abi, &prelude, &wanted)?;
    let with_values = |names: Vec<Name>| {
        let mut seen = BTreeSet::new();
        names
            .into_iter()
            .filter(|name| seen.insert(name.as_str().to_owned()))
            .filter_map(|name| Some((name.as_str().to_owned(), *values.get(name.as_str())?)))
            .collect()
    };
    Ok(names_of_sets.into_iter().map(with_values).collect())
}

/// Macros of headers that only the kernel's own build can include whole.
struct KernelMacros {
    /// The lines that define them, each unless it is defined already.
    prelude: String,
    names: BTreeMap<String, Vec<String>>,
}

impl KernelMacros {
    fn read(kernel: &Path, sets: &[Set]) -> Result<Self, Error> {
        let mut found = Self {
            prelude: String::new(),
            names: BTreeMap::new(),
        };
        for source in sets.iter().flat_map(|set| &set.sources) {
            let From::Kernel(file) = &source.from else {
                continue;
            };
            let text = crate::read(&kernel.join(file))?;
            for line in text.lines() {
                let Some(name) = defined_names(line).next() else {
                    continue;
                };
                if matches(&name, &source.patterns) {
                    let line = line.split("/*").next().unwrap_or(line);
                    self::push_unique(found.names.entry(file.clone()).or_default(), &name);
                    found
                        .prelude
                        .push_str(&format!("#ifndef {name}\n{line}\n#endif\n"));
                }
            }
        }
        Ok(found)
    }

    fn names(&self, file: &str) -> impl Iterator<Item = &str> {
        self.names
            .get(file)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

fn push_unique(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

fn parse_value(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_back() {
        let mut row = vec![Some(4); ABIS.len()];
        row[3] = None;
        row[4] = Some(9);
        row[5] = Some(9);
        let (value, exceptions) = summary(&row);
        assert_eq!(exceptions, "none:aarch64 0x9:arm,loongarch64");
        let cells = [
            "s".to_owned(),
            "n".to_owned(),
            format!("{value:#x}"),
            exceptions,
        ];
        assert_eq!(values(&cells).ok(), Some(row));
    }
}
