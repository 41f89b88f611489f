//! Call names and numbers of every ABI.
//!
//! The names are libseccomp's, which profiles use; where they differ from the headers' it is stated here.

use std::collections::BTreeMap;

use crate::Error;
use crate::abi::{ABIS, Abi};
use crate::data::{NONE, Table};
use crate::headers::{Headers, Name};

/// For each call the number in every ABI, in the order of [`ABIS`].
pub type Numbers = BTreeMap<String, Vec<Option<u32>>>;

/// The calls of `abi`, by name.
///
/// # Errors
/// The headers can't be read.
pub fn of_abi(headers: &Headers, abi: &Abi) -> Result<BTreeMap<String, u32>, Error> {
    let names = headers
        .call_macros(abi)?
        .into_iter()
        .filter(|name| call_name(name).is_some())
        .map(Name::Macro)
        .collect::<Vec<_>>();
    let values = headers.values(abi, "#include <asm/unistd.h>", &names)?;
    if values.is_empty() {
        return Err(Error::new(format!(
            "no calls in the headers of {}",
            abi.name
        )));
    }
    values
        .iter()
        .map(|(name, &value)| {
            let number = u32::try_from(value)
                .map_err(|_| Error::new(format!("{}: {name} is {value}", abi.name)))?;
            Ok((call_name(name).unwrap_or(name).to_owned(), number))
        })
        .collect()
}

/// The calls of every ABI: from `headers`, and from `retired` those that `headers` no longer has.
///
/// # Errors
/// An ABI is in neither, or the headers can't be read.
pub fn of_all(headers: &Headers, retired: &Headers) -> Result<Numbers, Error> {
    let mut numbers = Numbers::new();
    for (column, abi) in ABIS.iter().enumerate() {
        let source = if headers.has(abi) { headers } else { retired };
        for (name, number) in of_abi(source, abi)? {
            numbers
                .entry(name)
                .or_insert_with(|| vec![None; ABIS.len()])[column] = Some(number);
        }
    }
    Ok(numbers)
}

/// `base` with what `headers` say in its place, for the ABIs that they have.
///
/// # Errors
/// The headers can't be read.
pub fn overlay(headers: &Headers, base: &Numbers) -> Result<Numbers, Error> {
    let mut numbers = base.clone();
    for (column, abi) in ABIS.iter().enumerate().filter(|(_, abi)| headers.has(abi)) {
        for row in numbers.values_mut() {
            row[column] = None;
        }
        for (name, number) in of_abi(headers, abi)? {
            numbers
                .entry(name)
                .or_insert_with(|| vec![None; ABIS.len()])[column] = Some(number);
        }
    }
    numbers.retain(|_, row| row.iter().any(Option::is_some));
    Ok(numbers)
}

/// The name of the call that a macro numbers; none for a macro that numbers no call.
fn call_name(name: &str) -> Option<&str> {
    // ARM's private calls stand under a prefix of their own; profiles use the bare names.
    if let Some(private) = name.strip_prefix("__ARM_NR_") {
        return (private != "BASE").then_some(private);
    }
    let name = name.strip_prefix("__NR_")?;
    // Bounds, bits and offsets; and places that mips and ppc keep empty.
    let is_call = !matches!(
        name,
        "Linux" | "SYSCALL_BASE" | "OABI_SYSCALL_BASE" | "SYSCALL_MASK" | "syscalls"
    ) && !name.ends_with("Linux")
        && !name.ends_with("Linux_syscalls")
        && !name.starts_with("unused")
        && !name.starts_with("reserved")
        && !name.starts_with("arch_specific");
    is_call.then_some(name)
}

/// The table of [`Numbers`], under `comments`.
#[must_use]
pub fn to_table(numbers: &Numbers, comments: Vec<String>) -> Table {
    let arches = ABIS.iter().map(|abi| abi.name.to_owned());
    let rows = numbers.iter().map(|(name, numbers)| {
        let cell = |number: &Option<u32>| match number {
            Some(number) => number.to_string(),
            None => NONE.to_owned(),
        };
        core::iter::once(name.clone())
            .chain(numbers.iter().map(cell))
            .collect()
    });
    Table {
        comments,
        columns: core::iter::once("name".to_owned()).chain(arches).collect(),
        rows: rows.collect(),
    }
}

/// The [`Numbers`] of a table.
///
/// # Errors
/// Its columns are not [`ABIS`], or a cell is no number.
pub fn from_table(table: &Table) -> Result<Numbers, Error> {
    let expected = ABIS.iter().map(|abi| abi.name);
    if !table
        .columns
        .iter()
        .skip(1)
        .map(String::as_str)
        .eq(expected)
    {
        return Err(Error::new(
            "numbers.tsv: the columns are not the ABIs".to_owned(),
        ));
    }
    let row = |row: &Vec<String>| {
        let numbers = row[1..].iter().map(|cell| match cell.as_str() {
            NONE => Ok(None),
            number => number
                .parse()
                .map(Some)
                .map_err(|_| Error::new(format!("numbers.tsv: {}: {number}", row[0]))),
        });
        Ok((row[0].clone(), numbers.collect::<Result<_, _>>()?))
    };
    table.rows.iter().map(row).collect()
}
