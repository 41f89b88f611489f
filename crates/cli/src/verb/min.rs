//! `callgate min`: a profile without the names and rules that change nothing, or without the calls that nobody needs.
//!
//! Apart from `allow` and `deny`, which change what a profile means where they are told to.

use std::collections::BTreeSet;
use std::path::Path;

use callgate_analyze::kept::{keep_only, made_by};
use callgate_analyze::minimal::minimal;
use callgate_engines::{Engine, Target};
use callgate_prove::Budget;
use callgate_syscalls::Syscall;
use clap::Args;

use crate::edited::{Edited, text_of};
use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::reading::{Reading, TargetOptions};
use crate::verb::test;

/// Take out of a profile the names and rules that change nothing, proved to mean the same
///
/// Every rule and every name is tried, and goes where each --target then reads the same; the layout of the rest is kept.
/// Rules that count under conditions (includes, excludes) stay, because elsewhere they may mean something.
/// With --keep, calls go as well that neither a recording nor a test needs: what is let through then was let through before,
/// and the calls that are needed are answered as they were, which is proved too.
/// What a base lets through (x-extends) and nobody needs is refused by name; a base is never edited.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 done, or nothing to do; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate min profile.json
  callgate min profile.json --target docker@28 --target containerd --write
  callgate record -o seen.json -- make test && callgate min profile.json --keep seen.json"
)]
pub(crate) struct Min {
    /// The profile: a path, `-`, or docker:default
    profile: String,
    /// Refuse all calls but those that this needs, of those that are let through: what a profile that was recorded or imported
    /// lets through, or what the calls of a *.test.toml speak of (its commands have to be recorded); repeatable
    #[arg(long, value_name = "RECORDING|TEST")]
    keep: Vec<String>,
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
    let wrong = |reason| Failure::input(format_args!("{}: {reason}", document.name));
    let text = text_of(&document)?;
    let kept = match arguments.keep.is_empty() {
        true => None,
        false => {
            let needed = needed(arguments, options)?;
            Some(keep_only(text, &needed, &targets, Budget::default()).map_err(wrong)?)
        }
    };
    let text = kept.as_ref().map_or(text, |kept| text.instead(&kept.text));
    let done = minimal(text, &targets, Budget::default()).map_err(wrong)?;
    arguments
        .edited
        .put(&arguments.profile, &document, &done.text)?;
    let names: Vec<String> = targets.iter().map(Target::to_string).collect();
    let (name, readers) = (&document.name, names.join(", "));
    if let Some(kept) = &kept {
        crate::say!(
            "{name}: names that nobody needs: {}; proved to let nothing more through, and to answer what is needed as before, for {readers}",
            kept.names
        );
        if kept.denied > 0 {
            crate::say!(
                "{name}: calls that the base lets through and nobody needs, refused by name: {}",
                kept.denied
            );
        }
        if !kept.refused.is_empty() {
            let refused: Vec<&str> = kept.refused.iter().map(|call| call.name()).collect();
            crate::say!(
                "{name}: needed, and refused as before: {}",
                refused.join(", ")
            );
        }
    }
    match (done.rules, done.names) {
        (0, 0) if kept.is_some() => {}
        (0, 0) => crate::say!("{name}: nothing to take out"),
        (rules, calls) => crate::say!(
            "{name}: rules taken out: {rules}, names of others: {calls}; proved to mean the same for {readers}"
        ),
    }
    Ok(Status::Yes)
}

/// The calls that recordings and tests need.
fn needed(arguments: &Min, options: InputOptions) -> Result<BTreeSet<Syscall>, Failure> {
    let mut needed = BTreeSet::new();
    for reference in &arguments.keep {
        if reference.ends_with(".toml") {
            needed.extend(test::spoken_of(Path::new(reference), options)?);
            continue;
        }
        let document = Document::read(reference, options)?;
        let as_written = arguments.target.read_by(Some(Engine::Callgate)).target()?;
        let reading = Reading::of(document, options, as_written)?;
        needed.extend(made_by(&reading.resolved.policy));
    }
    Ok(needed)
}
