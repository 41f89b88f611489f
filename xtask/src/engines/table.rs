//! The table of a comparison: an engine at a time, a line a profile, the reasons for what differs beneath it.
//! Apart, because it decides what a person sees and whether the comparison failed.

use super::engine::{CAPS, Caps, Engine};
use super::judge::{Cell, Model};
use crate::command::Fallible;

/// Prints lines as they are done, and counts.
#[derive(Default)]
pub(super) struct Table {
    engine: String,
    proved: usize,
    explained: usize,
    unknown: usize,
    faulty: usize,
    faults: Vec<String>,
}

const NAME_WIDTH: usize = 34;
const CELL_WIDTH: usize = 22;

impl Table {
    /// Nothing yet.
    pub(super) fn new() -> Table {
        Table::default()
    }

    /// Prints an engine's head.
    pub(super) fn begin(&mut self, engine: &dyn Engine, model: &Model) {
        self.engine = engine.target().to_owned();
        println!(
            "\n{} with libseccomp {}",
            engine.target(),
            engine.libseccomp()
        );
        if let Model::Unknown(reason) = model {
            println!("    no model: {reason}");
        }
        print!("    {:NAME_WIDTH$}", "profile");
        for caps in CAPS {
            print!("{:CELL_WIDTH$}", caps.title());
        }
        println!();
    }

    /// Prints a line: what came of a profile with each set of capabilities.
    pub(super) fn add(&mut self, profile: &str, cells: Vec<(Caps, Cell)>) {
        print!("    {profile:NAME_WIDTH$}");
        for (_, cell) in &cells {
            print!("{:CELL_WIDTH$}", cell.title());
        }
        println!();
        let mut last = String::new();
        for (caps, cell) in cells {
            let (count, detail) = match cell {
                Cell::Equal => (&mut self.proved, None),
                Cell::Refused(said) | Cell::BelowFloor(said) => (&mut self.explained, Some(said)),
                Cell::Unknown(said) => (&mut self.unknown, said),
                Cell::Fault(fault) => {
                    let place = format!("{} {profile} {}", self.engine, caps.title());
                    self.faults.push(place);
                    (&mut self.faulty, Some(fault))
                }
            };
            *count += 1;
            // It is mostly the same whatever the capabilities.
            if let Some(detail) = detail.filter(|detail| *detail != last) {
                println!(
                    "        {}: {}",
                    caps.title(),
                    detail.replace('\n', "\n            ")
                );
                last = detail;
            }
        }
    }

    /// Prints the sum; an error if there was a fault, or nothing was proved.
    pub(super) fn finish(self) -> Fallible {
        println!(
            "\nengines: {} filters proved, {} starts refused as callgate says, {} without a model, {} faults",
            self.proved, self.explained, self.unknown, self.faulty
        );
        if self.proved == 0 {
            return Err("no filter was proved equal to a model".into());
        }
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(format!("engines and models differ: {}", self.faults.join("; ")).into())
    }
}

impl Cell {
    fn title(&self) -> &'static str {
        match self {
            Cell::Equal => "equal",
            Cell::Refused(_) => "refused",
            Cell::BelowFloor(_) => "below the floor",
            Cell::Unknown(None) => "no model",
            Cell::Unknown(Some(_)) => "no model, no start",
            Cell::Fault(_) => "FAULT",
        }
    }
}
