//! `cargo xtask bench`: callgate beside libseccomp, and what a notification costs, as pages in `docs`, or quickly on the terminal.
//! Apart from the measurements, which are a benchmark of the crate `tests`: this says how they run and where they go.

use std::process::Command;

use clap::Args;

use crate::command::{Fallible, succeed};

/// How much is measured.
#[derive(Args, Default)]
pub(crate) struct Extent {
    /// Fewer rounds, and neither growth nor the cost of a call; nothing is written
    #[arg(long)]
    pub(crate) quick: bool,
}

/// Measures; an error if something got worse.
pub(crate) fn run(extent: &Extent) -> Fallible {
    for (bench, page) in BENCHES {
        let mut command = Command::new(env!("CARGO"));
        command.args(["bench", "--quiet", "--package", "callgate-tests"]);
        command.args(["--bench", bench, "--"]);
        if extent.quick {
            command.arg("--quick");
        } else {
            command.arg("--write").arg(format!("{ROOT}/{page}"));
        }
        succeed(command.current_dir(ROOT))?;
    }
    Ok(())
}

/// The benchmarks, and where each writes.
const BENCHES: [(&str, &str); 2] = [
    ("side_by_side", "docs"),
    ("notifications", "docs/notifications.md"),
];

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
