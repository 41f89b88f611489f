//! Stage 2 for constants: each set as each ABI has it, and the arguments that take it.
//!
//! Apart from the other tables, because values differ by ABI and most ABIs share most sets.

use std::fmt::Write as _;

use super::{Places, head, params, place, wrap};
use crate::Error;
use crate::abi::ABIS;
use crate::constants;
use crate::data::Table;

/// The names of one set on one ABI with their values.
type Values = Vec<(String, u64)>;

/// The constants: each set with its names on each ABI.
pub(super) struct Constants {
    sets: Vec<(constants::Set, Vec<Values>)>,
}

impl Constants {
    pub(super) fn read(table: &Table) -> Result<Self, Error> {
        let mut sets = Vec::new();
        for set in constants::sets()? {
            let mut columns = vec![Values::new(); ABIS.len()];
            for row in table.rows.iter().filter(|row| row[0] == set.name) {
                for (column, value) in columns.iter_mut().zip(constants::values(row)?) {
                    column.extend(value.map(|value| (row[1].clone(), value)));
                }
            }
            for column in &mut columns {
                // Names of one value keep the order that the table gives them: the first is the usual one.
                column.sort_by_key(|&(_, value)| value);
            }
            sets.push((set, columns));
        }
        Ok(Self { sets })
    }

    fn set(&self, name: &str) -> Result<&[Values], Error> {
        let found = self.sets.iter().find(|(set, _)| set.name == name);
        let (_, columns) = found.ok_or_else(|| Error::new(format!("constants.txt: no {name}")))?;
        Ok(columns)
    }
}

pub(super) fn render(
    constants: &Constants,
    prototypes: &Table,
    places: &Places<'_>,
) -> Result<String, Error> {
    let mut out = head("Sets of constants.");
    out.push_str("use crate::Arch;\nuse crate::constants::{Constants, ConstantsKind::{Choice, Flags, Mixed}};\n\n");
    let mut variants = Vec::<String>::new();
    let mut sets = Vec::new();
    let mut arguments = Vec::new();
    for (number, (set, columns)) in constants.sets.iter().enumerate() {
        let kind = match set.choice {
            0 => "Flags".to_owned(),
            u64::MAX => "Choice".to_owned(),
            mask => format!("Mixed {{ choice: {mask:#x} }}"),
        };
        let mut variant_of = Vec::new();
        for values in columns {
            let mut list = String::new();
            wrap(
                &mut list,
                values
                    .iter()
                    .map(|(name, value)| format!("({name:?},{value:#x})")),
            );
            let text = format!(
                "Constants {{ name: {:?}, kind: {kind}, values: &[\n{list}] }}",
                set.name
            );
            let known = variants.iter().position(|variant| *variant == text);
            variant_of.push(known.unwrap_or_else(|| {
                variants.push(text);
                variants.len() - 1
            }));
        }
        let row = variant_of
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",");
        sets.push(format!("({:?}, [{row}])", set.name));
        for (call, index) in &set.arguments {
            let Some(row) = prototypes
                .rows
                .iter()
                .find(|row| row[0] == *call && row[1] == "*")
            else {
                // Built from headers that lack the call.
                continue;
            };
            if usize::from(*index) >= params(&row[2])?.len() {
                return Err(Error::new(format!(
                    "constants.txt: {call}:{index} is no argument"
                )));
            }
            arguments.push((place(places, call)?, *index, number));
        }
    }
    arguments.sort_unstable();
    if let Some(pair) = arguments
        .windows(2)
        .find(|pair| pair[0].0 == pair[1].0 && pair[0].1 == pair[1].1)
    {
        return Err(Error::new(format!(
            "constants.txt: argument {} of call {} has two sets",
            pair[0].1, pair[0].0
        )));
    }
    let _ = writeln!(out, "static VARIANTS: [Constants; {}] = [", variants.len());
    for variant in &variants {
        let _ = writeln!(out, "{variant},");
    }
    let _ = write!(
        out,
        "];\n\n/// For each set its variant on each arch.\nstatic SETS: [(&str, [u16; {}]); {}] = [\n",
        ABIS.len(),
        sets.len()
    );
    for set in &sets {
        let _ = writeln!(out, "{set},");
    }
    let _ = write!(
        out,
        "];\n\n/// The set of an argument: place of the call, index in its common prototype, place of the set; sorted.\n\
         pub(crate) static ARGUMENTS: [(u16, u8, u8); {}] = [\n",
        arguments.len()
    );
    wrap(
        &mut out,
        arguments
            .iter()
            .map(|(place, index, set)| format!("({place},{index},{set})")),
    );
    out.push_str(
        "];\n\n/// How many sets there are.\npub(crate) const COUNT: usize = SETS.len();\n\n\
         /// The name of the set at a place.\npub(crate) fn name(set: usize) -> &'static str {\n    SETS[set].0\n}\n\n\
         /// The set at a place, as `arch` has it.\npub(crate) fn set(arch: Arch, set: usize) -> &'static Constants {\n    \
         let column = match arch {\n",
    );
    for (column, abi) in ABIS.iter().enumerate() {
        let _ = writeln!(out, "        Arch::{} => {column},", abi.variant);
    }
    out.push_str("    };\n    &VARIANTS[SETS[set].1[column] as usize]\n}\n");

    let audit = constants.set("audit-arch")?;
    let _ = write!(
        out,
        "\n/// The token of each arch in the headers.\n#[cfg(test)]\npub(crate) static AUDIT: [(Arch, u32); {}] = [\n",
        ABIS.len()
    );
    for (abi, values) in ABIS.iter().zip(audit) {
        let name = format!("AUDIT_ARCH_{}", abi.audit);
        let value = values.iter().find(|(other, _)| *other == name);
        let (_, value) = value.ok_or_else(|| Error::new(format!("constants.tsv: no {name}")))?;
        let _ = writeln!(out, "(Arch::{},{value:#x}),", abi.variant);
    }
    out.push_str("];\n");
    Ok(out)
}

pub(super) fn render_capabilities(constants: &Constants) -> Result<String, Error> {
    let mut out = head("Capabilities.");
    let names = &constants.set("capability")?[0];
    for (place, (name, value)) in names.iter().enumerate() {
        if *value != place as u64 {
            return Err(Error::new(format!(
                "constants.tsv: {name} is {value} and not {place}"
            )));
        }
    }
    let _ = write!(
        out,
        "\n/// The names, each at the place of its number.\npub(crate) static NAMES: [&str; {}] = [\n",
        names.len()
    );
    wrap(&mut out, names.iter().map(|(name, _)| format!("{name:?}")));
    out.push_str("];\n");
    Ok(out)
}
