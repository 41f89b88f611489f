//! `callgate verify`: whether what is loaded is what a profile says.
//!
//! Apart from `prove`, because one side is in force: read back from a process or a container, or from the bytes it was given.

use std::fmt::Write;

use callgate_analyze::diff::Relation;
use callgate_prove::Budget;
use clap::Args;
use serde::Serialize;

use super::Format;
use super::prove::{Finding, WitnessAnswer, compare, relation_name};
use crate::each::{self, Said};
use crate::failure::{Ended, Failure, Status};
use crate::filter::Filter;
use crate::input::InputOptions;
use crate::live::Live;
use crate::meaning::{LayerOptions, Meaning};
use crate::reading::TargetOptions;

/// Check that what a process, a container or a program has is what a profile says
///
/// All filters of the process count: the strictest answer, and between equal actions the newest filter's data.
/// A profile means what --target makes of it, so for a container name the engine that started it;
/// several say which of them it is, and one that is equal is enough.
/// Reading the filters of a process stops it for a moment, and needs CAP_SYS_ADMIN and the right to trace it.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 it is; 1 it is not, and a call shows it; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate verify profile.json --container web --target docker@28
  callgate verify profile.json --pid 4711
  callgate verify profile.json --layer more.json --pid 4711
  callgate verify profile.json --bpf filter.bpf"
)]
pub(crate) struct Verify {
    /// The profile: a path, `-`, docker:default or a raw program FILE.bpf
    profile: String,
    #[command(flatten)]
    loaded: Loaded,
    /// How many nodes of its decision diagram a filter may take; fifty bytes each, about
    #[arg(long, value_name = "NODES", default_value_t = Budget::default().nodes)]
    budget: u32,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    layer: LayerOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// Where to look for what is loaded.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Loaded {
    /// A raw program, as it was or will be loaded
    #[arg(long, value_name = "FILE")]
    bpf: Option<String>,
    /// A process, or a thread
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..=0x7fff_ffff))]
    pid: Option<u32>,
    /// A container, by its first process: docker, podman, runc and crun are asked for it
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
}

/// Compares the two.
pub(crate) fn run(arguments: &Verify, options: InputOptions) -> Ended {
    let target = &arguments.target;
    let targets = target.targets()?;
    let profile = &arguments.profile;
    let read = Filter::read_each(profile, &arguments.layer, options, target, &targets)?;
    let mut loaded = arguments.loaded.read(options, target)?;
    let layers = lengths(&loaded.meaning);
    let budget = Budget {
        nodes: arguments.budget,
    };
    let mut compared = Vec::new();
    for said in read {
        let filters = [said, loaded];
        let finding = compare(&filters, budget)?;
        let [said, again] = filters;
        loaded = again;
        compared.push((said, finding));
    }
    let said = targets.into_iter().zip(&compared);
    let said = said.map(|(target, (said, finding))| Said {
        target,
        page: page(finding, [said, &loaded], &layers),
        document: Answer {
            schema: "callgate/verify/v1",
            profile: &said.name,
            loaded: &loaded.name,
            instructions: &layers,
            equal: finding.relation == Relation::Equal,
            relation: relation_name(finding.relation),
            witnesses: finding.witnesses.iter().map(WitnessAnswer::of).collect(),
        },
    });
    each::put(arguments.format, &said.collect::<Vec<_>>())?;
    let mut findings = compared.iter().map(|(_, finding)| finding);
    Ok(Status::of(
        findings.any(|finding| finding.relation == Relation::Equal),
    ))
}

impl Loaded {
    fn read(&self, options: InputOptions, target: &TargetOptions) -> Result<Filter, Failure> {
        if let Some(file) = &self.bpf {
            return Filter::of_program_file(file, options, target);
        }
        let live = match (self.pid, &self.container) {
            (Some(pid), _) => Live::Process(pid),
            (None, Some(name)) => Live::container(name)?,
            (None, None) => unreachable!("one of the three is required"),
        };
        Filter::live(&live)
    }
}

/// The instructions of each filter, the oldest first.
fn lengths(meaning: &Meaning) -> Vec<usize> {
    match meaning {
        Meaning::Program(program) => vec![program.len()],
        Meaning::Policy(_) => Vec::new(),
        Meaning::Stack(layers) => layers
            .iter()
            .flat_map(|layer| lengths(&layer.meaning))
            .collect(),
    }
}

fn page(finding: &Finding, [said, loaded]: [&Filter; 2], layers: &[usize]) -> String {
    let count = match layers {
        [one] => format!("1 filter of {one} instructions"),
        more => {
            let lengths: Vec<String> = more.iter().map(usize::to_string).collect();
            format!(
                "{} filters of {} instructions",
                more.len(),
                lengths.join(" and ")
            )
        }
    };
    let (profile, name) = (&said.name, &loaded.name);
    let verdict = match finding.relation {
        Relation::Equal => {
            return format!("equal: {name} answers every call as {profile} says ({count})\n");
        }
        Relation::EquallyStrict => "gives other data, and no other action,",
        Relation::Stricter => "is looser",
        Relation::Looser => "is stricter",
        Relation::Neither => "is looser for some calls and stricter for others",
    };
    let mut text = format!("different: {name} {verdict} than {profile} says ({count})\n");
    for witness in &finding.witnesses {
        let _ = writeln!(text, "\n{witness}");
        let answers = [witness.answer(0), witness.answer(1)];
        let width = answers.iter().map(String::len).max().unwrap_or(0);
        for ((side, filter), answer) in ["said", "loaded"]
            .into_iter()
            .zip([said, loaded])
            .zip(&answers)
        {
            let place = filter.place(&witness.call);
            let _ = writeln!(text, "  {side:<6}  {answer:<width$}  {place}");
        }
    }
    text
}

/// The JSON document; in its witnesses `a` is what the profile says and `b` what is loaded.
#[derive(Serialize)]
struct Answer<'f> {
    schema: &'static str,
    profile: &'f str,
    loaded: &'f str,
    instructions: &'f [usize],
    equal: bool,
    relation: &'static str,
    witnesses: Vec<WitnessAnswer>,
}
