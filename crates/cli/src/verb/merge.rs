//! `callgate merge`: several filters as one profile, exact on arguments, in whichever order they are named.
//!
//! Apart from `--layer`, which is what the kernel makes of filters on one process, where the newest errno counts.

use std::path::PathBuf;

use callgate_analyze::decompile::{Decompiled, decompile};
use callgate_engines::Target;
use callgate_prove::{Budget, Diagram};
use clap::Args;

use crate::failure::{Ended, Failure, Status};
use crate::filter::{Filter, Witness};
use crate::input::InputOptions;
use crate::meaning::LayerOptions;
use crate::output;
use crate::reading::TargetOptions;
use crate::sources::read_alike;
use crate::words;

/// Make one profile of several: what any of them lets through, or what all of them do, exact on arguments
///
/// Each call gets the least strict (--union) or the strictest (--intersect) of its answers, of two errnos the larger or the smaller,
/// so that neither order nor repetition matters. The filters are read one after another, and memory holds two at a time.
/// What is written is read back as --target reads it, and proved to answer every call so.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 written, and proved equal; 1 no profile says it; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate merge --union monday.json tuesday.json -o both.json
  callgate merge --intersect docker:default mine.json --target docker@28"
)]
pub(crate) struct Merge {
    /// The filters: paths, docker:default, FILE.bpf, pid:N or container:NAME
    #[arg(value_name = "PROFILE", required = true)]
    filters: Vec<String>,
    /// Let through what any of them lets through
    #[arg(
        long,
        conflicts_with = "intersect",
        required_unless_present = "intersect"
    )]
    union: bool,
    /// Let through what all of them let through
    #[arg(long)]
    intersect: bool,
    /// Where to write, or `-` for standard output; a file is there whole or not at all
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// The most rules that may be written
    #[arg(long, value_name = "RULES", default_value_t = 1000)]
    max_rules: usize,
    #[command(flatten)]
    target: TargetOptions,
}

/// Merges them.
pub(crate) fn run(arguments: &Merge, options: InputOptions) -> Ended {
    let targets = arguments.target.targets()?;
    let budget = Budget::default();
    let combine = match arguments.union {
        true => Diagram::milder_of,
        false => Diagram::stricter_of,
    };
    let mut all: Option<Diagram> = None;
    for reference in &arguments.filters {
        let filter = Filter::read(
            reference,
            &LayerOptions::default(),
            options,
            &arguments.target,
        )?;
        let next = filter.diagram(budget)?;
        all = Some(match all {
            None => next,
            Some(all) => combine(&all, &next, budget)
                .map_err(|reason| Failure::input(format_args!("{}: {reason}", filter.name)))?,
        });
    }
    let all = all.expect("one filter at least is named");
    let target = &targets[0];
    let written = decompile(&all, target, arguments.max_rules, budget)
        .map_err(|reason| Failure::new(Status::No, format_args!("the merged filter: {reason}")))?;
    if !written.differences.is_empty() {
        return Err(not_said(&all, &written, target));
    }
    read_alike(&written.json, options, &targets)?;
    output::to_file_or_stdout(&arguments.output, written.text.as_bytes())?;
    crate::say!(
        "{} in {}, proved: as {} them, every call is answered as was merged",
        words::counted(arguments.filters.len(), "filter"),
        words::counted(written.rules, "rule"),
        words::readers(&targets)
    );
    Ok(Status::Yes)
}

/// Says which calls the nearest profile answers otherwise, each with both answers.
fn not_said(all: &Diagram, written: &Decompiled, target: &Target) -> Failure {
    let nearest = Filter::written(&written.json, target);
    crate::say!(
        "{target} reads no profile that says all of the merged filter; the nearest differs in {} calls:\n",
        written.differences.len()
    );
    let calls = written.differences.iter().flat_map(|each| &each.witnesses);
    for &call in calls {
        let witness = Witness {
            call,
            answers: [all.answer(&call), nearest.answer(&call)],
        };
        output::tell(&format!(
            "  {} -> {}  {witness}\n",
            witness.answer(0),
            witness.answer(1)
        ));
    }
    output::tell("\n  help: --arch asks for the same answers on the arches that it names alone\n");
    Failure::told(Status::No)
}
