//! `callgate min`: a profile without the names and rules that change nothing, proved to mean the same.
//!
//! Apart from `allow` and `deny`, which change what a profile means.

use callgate_analyze::minimal::minimal;
use callgate_engines::Target;
use callgate_prove::Budget;
use clap::Args;

use crate::edited::{Edited, text_of};
use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::reading::{Reading, TargetOptions};

/// Take out of a profile the names and rules that change nothing, proved to mean the same
///
/// Every rule and every name is tried, and goes where each --target then reads the same; the layout of the rest is kept.
/// Rules that count under conditions (includes, excludes) stay, because elsewhere they may mean something.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 done, or nothing to do; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate min profile.json
  callgate min profile.json --target docker@28 --target containerd --write"
)]
pub(crate) struct Min {
    /// The profile: a path, `-`, or docker:default
    profile: String,
    #[command(flatten)]
    edited: Edited,
    #[command(flatten)]
    target: TargetOptions,
}

/// Takes it out.
pub(crate) fn run(arguments: &Min, options: InputOptions) -> Ended {
    let document = Document::read(&arguments.profile, options)?;
    let targets = arguments.target.targets()?;
    for target in &targets {
        Reading::of(document.clone(), options, target.clone())?;
    }
    let done = minimal(text_of(&document)?, &targets, Budget::default())
        .map_err(|reason| Failure::input(format_args!("{}: {reason}", document.name)))?;
    arguments
        .edited
        .put(&arguments.profile, &document, &done.text)?;
    let names: Vec<String> = targets.iter().map(Target::to_string).collect();
    match (done.rules, done.names) {
        (0, 0) => crate::say!("{}: nothing to take out", document.name),
        (rules, calls) => crate::say!(
            "{}: rules taken out: {rules}, names of others: {calls}; proved to mean the same for {}",
            document.name,
            names.join(", ")
        ),
    }
    Ok(Status::Yes)
}
