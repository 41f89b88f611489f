//! `cargo xtask bench`: callgate beside libseccomp, and what a notification costs, as pages in `docs`, or quickly on the terminal;
//! and whether a check is quick.
//! Apart from the measurements, which are benchmarks of other crates: this says how they run and where they go.

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
    for Bench {
        package,
        name,
        page,
    } in BENCHES
    {
        let mut command = Command::new(env!("CARGO"));
        command.args(["bench", "--quiet", "--package", package]);
        command.args(["--bench", name, "--"]);
        match page {
            None => {}
            Some(_) if extent.quick => {
                command.arg("--quick");
            }
            Some(page) => {
                command.arg("--write").arg(format!("{ROOT}/{page}"));
            }
        }
        succeed(command.current_dir(ROOT))?;
    }
    Ok(())
}

/// A benchmark, and where it writes its page if it has one.
struct Bench {
    package: &'static str,
    name: &'static str,
    page: Option<&'static str>,
}

const BENCHES: [Bench; 3] = [
    Bench {
        package: "callgate-tests",
        name: "side_by_side",
        page: Some("docs"),
    },
    Bench {
        package: "callgate-tests",
        name: "notifications",
        page: Some("docs/notifications.md"),
    },
    Bench {
        package: "callgate-cli",
        name: "checking",
        page: None,
    },
];

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
