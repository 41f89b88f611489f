//! The arrows between crates: ARCHITECTURE.md's table held against the manifests.
//! Apart, because it reads two other forms: a Markdown table and Cargo's TOML.

use std::collections::{BTreeMap, BTreeSet};

use toml::Table;

use super::{Fault, SourceFile};
use crate::command::Fallible;

const PAGE: &str = "ARCHITECTURE.md";
const CRATES: [&str; 5] = ["crate", "is", "uses", "no_std", "outside crates"];
const FLOORS: [&str; 2] = ["floor", "rooms"];

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    /// The folder, from the root.
    folder: String,
    uses: Uses,
    no_std: bool,
    outside: BTreeSet<String>,
}

/// Which of our crates a crate uses, by their short names.
#[derive(Debug, PartialEq, Eq)]
enum Uses {
    Exactly(BTreeSet<String>),
    Everything,
}

/// What does not agree between the page and the manifests.
pub(super) fn faults(files: &[SourceFile]) -> Fallible<Vec<Fault>> {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let page = find(PAGE).ok_or("there is no ARCHITECTURE.md")?;
    let rooms = rooms(&page.text)?;
    let floors = floors(&page.text);
    let mut faults = Vec::new();
    for room in &rooms {
        match find(&format!("{}/Cargo.toml", room.folder)) {
            Some(manifest) => faults.extend(manifest_faults(room, manifest, &floors)?),
            None => faults.push(page.fault(format!(
                "{} is in the table and not in the tree",
                room.folder
            ))),
        }
        let root = find(&format!("{}/src/lib.rs", room.folder));
        if room.no_std && !root.is_some_and(|root| root.text.contains("#![no_std]")) {
            faults.push(page.fault(format!(
                "{} is no_std in the table and not in its lib.rs",
                room.folder
            )));
        }
    }
    for file in files {
        if let Some(folder) = file.path.strip_suffix("/Cargo.toml")
            && !rooms.iter().any(|room| room.folder == folder)
        {
            faults.push(page.fault(format!("{folder} is in the tree and not in the table")));
        }
    }
    Ok(faults)
}

fn manifest_faults(
    room: &Room,
    manifest: &SourceFile,
    floors: &BTreeMap<String, usize>,
) -> Fallible<Vec<Fault>> {
    let (ours, outside) = dependencies(
        &manifest
            .text
            .parse::<Table>()
            .map_err(|error| format!("{}: {error}", manifest.path))?,
    );
    let mut faults = Vec::new();
    if let Uses::Exactly(uses) = &room.uses
        && *uses != ours
    {
        faults.push(manifest.fault(format!(
            "uses {} and {PAGE} says {}",
            listed(&ours),
            listed(uses)
        )));
    }
    if outside != room.outside {
        faults.push(manifest.fault(format!(
            "uses the outside crates {} and {PAGE} says {}",
            listed(&outside),
            listed(&room.outside)
        )));
    }
    let own = room
        .folder
        .strip_prefix("crates/")
        .and_then(|name| floors.get(name));
    for name in &ours {
        if let (Some(own), Some(used)) = (own, floors.get(name))
            && used >= own
        {
            faults.push(manifest.fault(format!("uses {name}, which is not on a floor below")));
        }
    }
    Ok(faults)
}

/// Our crates and the outside crates that a manifest names, for every target; not what only tests or builds use.
fn dependencies(manifest: &Table) -> (BTreeSet<String>, BTreeSet<String>) {
    let targets = manifest
        .get("target")
        .and_then(|targets| targets.as_table());
    let tables = std::iter::once(manifest).chain(
        targets
            .into_iter()
            .flat_map(|targets| targets.values().filter_map(|target| target.as_table())),
    );
    let mut ours = BTreeSet::new();
    let mut outside = BTreeSet::new();
    for name in tables
        .filter_map(|table| table.get("dependencies")?.as_table())
        .flat_map(|dependencies| dependencies.keys())
    {
        match name.strip_prefix("callgate-") {
            Some(short) => ours.insert(short.to_owned()),
            None => outside.insert(name.clone()),
        };
    }
    (ours, outside)
}

/// The rows of the table of crates.
fn rooms(page: &str) -> Fallible<Vec<Room>> {
    let mut rooms: Vec<Room> = Vec::new();
    for cells in rows(page, &CRATES) {
        let [folder, _, uses, no_std, outside] = cells[..] else {
            return Err(
                format!("{PAGE}: {} cells in a row of {}", cells.len(), CRATES.len()).into(),
            );
        };
        let above: BTreeSet<String> = rooms
            .iter()
            .map(|room| room.folder.trim_start_matches("crates/").to_owned())
            .collect();
        rooms.push(Room {
            folder: folder.trim_matches('`').to_owned(),
            uses: read_uses(uses, &above),
            no_std: no_std.starts_with("yes"),
            outside: names(outside),
        });
    }
    if rooms.is_empty() {
        return Err(format!("{PAGE} has no table | {} |", CRATES.join(" | ")).into());
    }
    Ok(rooms)
}

/// The floor of each room, the lowest 0.
fn floors(page: &str) -> BTreeMap<String, usize> {
    let rows = rows(page, &FLOORS);
    let count = rows.len();
    rows.iter()
        .enumerate()
        .filter_map(|(index, cells)| Some((count - index - 1, cells.get(1)?)))
        .flat_map(|(floor, rooms)| {
            rooms
                .split('`')
                .skip(1)
                .step_by(2)
                .map(move |room| (room.to_owned(), floor))
        })
        .collect()
}

/// The cells of the rows of the table with this head.
fn rows<'a>(page: &'a str, head: &[&str]) -> Vec<Vec<&'a str>> {
    page.lines()
        .map(cells)
        .skip_while(|cells| cells != head)
        .skip(2)
        .take_while(|cells| cells.len() > 1)
        .collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim()
        .trim_matches('|')
        .split('|')
        .map(str::trim)
        .collect()
}

/// `–`, names, `everything`, or `everything above but NAMES`.
fn read_uses(cell: &str, above: &BTreeSet<String>) -> Uses {
    match cell.strip_prefix("everything") {
        Some("") => Uses::Everything,
        Some(rest) => {
            let except = rest
                .split_once(" but ")
                .map(|(_, except)| names(except))
                .unwrap_or_default();
            Uses::Exactly(above.difference(&except).cloned().collect())
        }
        None => Uses::Exactly(names(cell)),
    }
}

fn names(cell: &str) -> BTreeSet<String> {
    cell.split(',')
        .map(str::trim)
        .filter(|name| !["", "–", "none"].contains(name))
        .map(str::to_owned)
        .collect()
}

fn listed(names: &BTreeSet<String>) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.iter().cloned().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_TEXT: &str = "\
| floor | rooms |
| --- | --- |
| words | `top` |
| facts | `low` · `side` |

| crate | is | uses | no_std | outside crates |
| --- | --- | --- | --- | --- |
| `crates/low` | a | – | yes | – |
| `crates/side` | b | – | no | libc |
| `crates/top` | c | everything above but side | no | clap, libc |
";

    fn tree(top: &str, low_root: &str) -> Vec<SourceFile> {
        [
            (PAGE, PAGE_TEXT),
            ("crates/low/Cargo.toml", "[dependencies]\n"),
            ("crates/low/src/lib.rs", low_root),
            (
                "crates/side/Cargo.toml",
                "[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n",
            ),
            ("crates/top/Cargo.toml", top),
        ]
        .map(|(path, text)| SourceFile {
            path: path.into(),
            text: text.into(),
        })
        .into()
    }

    #[test]
    fn a_manifest_that_agrees_has_no_fault() {
        let top = "[dependencies]\ncallgate-low.workspace = true\nclap = \"4\"\nlibc = \"1\"\n[dev-dependencies]\ntoml = \"1\"\n";
        assert_eq!(faults(&tree(top, "#![no_std]")).expect("a table"), []);
    }

    #[test]
    fn each_disagreement_is_a_fault() {
        let agreeing = "[dependencies]\ncallgate-low = { }\nclap = \"4\"\nlibc = \"1\"\n";
        let cases = [
            (
                agreeing,
                "",
                "crates/low is no_std in the table and not in its lib.rs",
            ),
            (
                "[dependencies]\nclap = \"4\"\nlibc = \"1\"\n",
                "#![no_std]",
                "uses none and ARCHITECTURE.md says low",
            ),
            (
                "[dependencies]\ncallgate-low = { }\nclap = \"4\"\n",
                "#![no_std]",
                "uses the outside crates clap and ARCHITECTURE.md says clap, libc",
            ),
        ];
        for (top, low_root, message) in cases {
            let found = faults(&tree(top, low_root)).expect("a table");
            assert_eq!(
                found
                    .iter()
                    .map(|fault| fault.message.as_str())
                    .collect::<Vec<_>>(),
                [message]
            );
        }
    }

    #[test]
    fn an_arrow_that_does_not_lead_down_is_a_fault() {
        let upwards = PAGE_TEXT.replace("| `crates/low` | a | – |", "| `crates/low` | a | side |");
        let mut files = tree(
            "[dependencies]\ncallgate-low = { }\nclap = \"4\"\nlibc = \"1\"\n",
            "#![no_std]",
        );
        files[0].text = upwards;
        files[1].text = "[dependencies]\ncallgate-side = { }\n".into();
        let found = faults(&files).expect("a table");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "uses side, which is not on a floor below");
    }

    #[test]
    fn a_crate_that_the_table_lacks_is_a_fault() {
        let mut files = tree(
            "[dependencies]\ncallgate-low = { }\nclap = \"4\"\nlibc = \"1\"\n",
            "#![no_std]",
        );
        files.push(SourceFile {
            path: "crates/new/Cargo.toml".into(),
            text: String::new(),
        });
        let found = faults(&files).expect("a table");
        assert_eq!(
            found[0].message,
            "crates/new is in the tree and not in the table"
        );
    }
}
