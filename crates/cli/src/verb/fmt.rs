//! `callgate fmt`: profiles in one layout, names grouped and sorted, proved to mean the same.
//!
//! Apart from `min`, which takes out what changes nothing: here nothing that is said goes.

use callgate_analyze::canonical::{NotCanonical, canonical};
use callgate_engines::Target;
use callgate_profile::Extending;
use callgate_prove::Budget;
use clap::Args;

use crate::edited::{Edited, text_of};
use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::reading::{Reading, TargetOptions};

/// Lay profiles out in one way: names of one answer together and sorted, proved to mean the same
///
/// Rules that differ in their names alone become one, and rules are sorted where no --target minds; a rule keeps its "comment".
/// Comments such as // are not JSON: no engine reads a profile that has them, and none is laid out.
/// A profile that says what would be lost, such as a key that is not known, is refused.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 done; 1 --check found one that is laid out otherwise, or the order of rules matters; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate fmt profile.json
  callgate fmt profiles/*.json --write --target docker@28
  callgate fmt --check profiles/*.json"
)]
pub(crate) struct Fmt {
    /// The profiles: paths, or `-`
    #[arg(value_name = "PROFILE", required = true)]
    profiles: Vec<String>,
    /// Say which are laid out otherwise, and nothing more
    #[arg(long, conflicts_with_all = ["diff", "write"])]
    check: bool,
    #[command(flatten)]
    edited: Edited,
    #[command(flatten)]
    target: TargetOptions,
}

/// Lays them out.
pub(crate) fn run(arguments: &Fmt, options: InputOptions) -> Ended {
    let targets = arguments.target.targets()?;
    let mut status = Status::Yes;
    for reference in &arguments.profiles {
        let document = Document::read(reference, options)?;
        for target in &targets {
            Reading::of(document.clone(), options, target.clone())?;
        }
        let text = text_of(&document)?;
        let laid = laid_out(text, &targets).map_err(|reason| {
            let status = match reason {
                NotCanonical::Matters(_) => Status::No,
                _ => Status::Meaningless,
            };
            Failure::new(status, format_args!("{}: {reason}", document.name))
        })?;
        if laid == text.text {
            continue;
        }
        if arguments.check {
            crate::say!("{}: it is laid out otherwise", document.name);
            status = Status::No;
        } else {
            arguments.edited.put(reference, &document, &laid)?;
        }
    }
    Ok(status)
}

/// A text in the one layout.
pub(crate) fn laid_out(text: Extending<'_>, targets: &[Target]) -> Result<String, NotCanonical> {
    canonical(text, targets, Budget::default())
}
