//! The lab's table: a line a row, a column a way, the reasons for what differs beneath the row.
//! Apart, because it decides what a person sees and whether the lab failed.

use super::answer::Expected;
use super::rows::Row;
use super::way::Way;
use crate::command::{Fallible, Finished};

/// What came of one row by one way.
pub(super) enum Cell {
    /// As the row expects of this way, with the status.
    Fits(i32),
    /// Something else.
    Mismatch(String),
    /// The row makes no sense there.
    NotDone,
}

/// Prints rows as they are done and counts.
pub(super) struct Table {
    rows: usize,
    cells: usize,
    mismatches: Vec<String>,
}

const NAME_WIDTH: usize = 72;
const CELL_WIDTH: usize = 10;

impl Cell {
    /// Holds an answer against what the row expects.
    pub(super) fn of(expected: &Expected, answer: Fallible<Finished>, root: &str) -> Cell {
        match answer {
            Ok(answer) => match expected.mismatch(&answer, root) {
                None => Cell::Fits(answer.status),
                Some(mismatch) => Cell::Mismatch(mismatch),
            },
            Err(error) => Cell::Mismatch(error.to_string()),
        }
    }
}

impl Table {
    /// Prints the head.
    pub(super) fn new() -> Table {
        print!("{:NAME_WIDTH$}", "step");
        for way in Way::ALL {
            print!("{:CELL_WIDTH$}", way.title());
        }
        println!();
        Table {
            rows: 0,
            cells: 0,
            mismatches: Vec::new(),
        }
    }

    /// Prints a row: the status by each way, `*` where another answer than the others' is right, `-` where not done.
    pub(super) fn add(&mut self, row: &Row, cells: &[Cell]) {
        self.rows += 1;
        print!("{:NAME_WIDTH$}", row.name);
        for (way, cell) in Way::ALL.into_iter().zip(cells) {
            let text = match cell {
                Cell::Fits(status) if row.reason_of(way).is_some() => format!("{status} *"),
                Cell::Fits(status) => status.to_string(),
                Cell::Mismatch(_) => "MISMATCH".to_owned(),
                Cell::NotDone => "-".to_owned(),
            };
            print!("{text:CELL_WIDTH$}");
        }
        println!();
        for (way, cell) in Way::ALL.into_iter().zip(cells) {
            if let Cell::Mismatch(mismatch) = cell {
                println!("    {} MISMATCH: {mismatch}", way.title());
                self.mismatches
                    .push(format!("{} by {}", row.name, way.title()));
            }
            self.cells += usize::from(!matches!(cell, Cell::NotDone));
        }
        for (ways, reason) in row.reasons() {
            println!("    {ways}: {reason}");
        }
    }

    /// Prints the sum; an error if there was a mismatch.
    pub(super) fn finish(self) -> Fallible {
        println!(
            "lab: {} rows, {} answers, {} mismatches",
            self.rows,
            self.cells,
            self.mismatches.len()
        );
        if self.mismatches.is_empty() {
            return Ok(());
        }
        Err(format!("the lab's answers differ: {}", self.mismatches.join("; ")).into())
    }
}
