//! `cargo xtask lab`: walks the Docker seccomp lab for real, each step by up to three ways, and compares the answers.
//! Apart from the tests, because it needs root, an engine and an image, and its rows are read as a table.

mod answer;
mod engine;
mod image;
mod profile;
mod rows;
mod table;
mod way;
mod workshop;

use std::path::PathBuf;

use clap::Args;

use crate::command::Fallible;
use crate::packages::{self, Need};
use table::Table;
use way::Way;
use workshop::Workshop;

/// What the lab is walked with.
#[derive(Args, Default)]
pub(crate) struct Tools {
    /// Use this callgate, and build none
    #[arg(long, value_name = "FILE")]
    callgate: Option<PathBuf>,
}

/// Why the lab can't be walked on this machine, or none.
pub(crate) fn missing() -> Option<String> {
    if !cfg!(target_arch = "x86_64") {
        return Some("the probe speaks x86_64 only".to_owned());
    }
    if !packages::is_root() {
        return Some("not root".to_owned());
    }
    Need::missing(&packages::LAB)
}

/// Walks all rows and prints the table; an error if one row's answer is not what it should be.
pub(crate) fn run(tools: &Tools) -> Fallible {
    if let Some(reason) = missing() {
        return Err(reason.into());
    }
    let workshop = Workshop::open(tools.callgate.as_deref())?;
    let engine = engine::Engine::find_or_start(&workshop)?;
    println!("lab: {}", engine.about()?);
    engine.import(&workshop)?;
    let mut table = Table::new();
    for row in rows::all() {
        let mut cells = Vec::new();
        for way in Way::ALL {
            cells.push(match row.expected_of(way) {
                Some(expected) => {
                    let answer = way.walk(&row, &workshop, &engine);
                    table::Cell::of(expected, answer, &workshop.root_of(way))
                }
                None => table::Cell::NotDone,
            });
        }
        table.add(&row, &cells);
    }
    table.finish()
}
