//! `callgate bench`: what the program of a profile costs, counted and measured here, beside libseccomp's where that is built in.
//!
//! Apart from `compile --stats`, which counts what it writes: this compares, and it loads filters.

use std::time::Duration;

use callgate_bpf::{Program, SeccompData, always_allows, run as simulate};
use callgate_compile::{Options, Proof, Weights};
use callgate_engines::Target;
use callgate_load::attach_time;
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Syscall};
use clap::Args;
use serde::Serialize;

use super::Format;
use crate::compiler::{self, Compiler};
use crate::failure::{Ended, Failure, Status};
use crate::filter::Filter;
use crate::input::InputOptions;
use crate::meaning::{LayerOptions, Meaning};
use crate::reading::{Reading, TargetOptions};
use crate::sources::Sources;
use crate::statistics::{self, Counts, Subject};
use crate::{output, weights, words};

/// Measure what a profile's filter costs: instructions, steps, cached calls, the time to attach it
///
/// `always` are the calls that are allowed whatever their arguments, and `cached` those of them that the kernel (5.11 and later) sees
/// to be so: it asks the filter about them once, when it is attached. Steps are executed instructions, with zero arguments:
/// the mean and the worst over all named calls that are made and, as `denied`, over all others; `weighted` is the mean by how often
/// calls are made, `not cached` the mean over those of them that the cache leaves over.
/// `attach` is the time that the kernel of this machine takes to load the filter, the median of many.
/// With several --target, what each makes of the profile is measured.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate bench docker:default
  callgate bench profile.json --target docker@28 --weights counts.json
  callgate bench filter.bpf --format json | jq '.programs[].instructions'")]
pub(crate) struct Bench {
    /// A profile: a path, `-`, docker:default, or a raw program FILE.bpf of any origin
    profile: String,
    /// How often each call is made: a JSON object of names and counts [default: a mix of common programs]
    #[arg(long, value_name = "FILE")]
    weights: Option<String>,
    /// How often to attach each filter, of which the median counts; 0 leaves that out
    #[arg(long, value_name = "TIMES", default_value_t = 31)]
    attach: u32,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    target: TargetOptions,
}

/// What there is to say of one program.
#[derive(Serialize)]
struct Measured {
    /// Who reads the profile, where several do.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    compiler: &'static str,
    instructions: usize,
    /// How long it takes to attach it here; none where that was left out, or is not possible.
    attach_nanoseconds: Option<u64>,
    /// Why it is not possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_attached: Option<String>,
    arches: Vec<Row>,
}

/// What it costs for the calls of an arch.
#[derive(Serialize)]
struct Row {
    arch: String,
    always_allowed: Option<usize>,
    cached: Option<usize>,
    weighted_steps: Option<f64>,
    not_cached_steps: Option<f64>,
    allowed_mean_steps: Option<f64>,
    allowed_worst_steps: Option<u32>,
    denied_mean_steps: Option<f64>,
    denied_worst_steps: Option<u32>,
}

#[derive(Serialize)]
struct Document<'m> {
    schema: &'static str,
    profile: &'m str,
    programs: &'m [Measured],
}

/// Measures and prints.
pub(crate) fn run(arguments: &Bench, options: InputOptions) -> Ended {
    let weights = match &arguments.weights {
        Some(file) => weights::read(file, options)?,
        None => Weights::default(),
    };
    let target = arguments.target.for_a_program()?;
    let mut measured = Vec::new();
    let none = LayerOptions::default();
    let sources = Sources::read(&arguments.profile, &none, options, &target)?;
    let targets = target.targets()?;
    for each in &targets {
        match sources.meaning(options, each)? {
            Meaning::Program(program) => {
                let subject = Subject {
                    program: &program,
                    meaning: Diagram::of_program(&program, Budget::default()).ok(),
                    arches: target.arches_of_a_program()?,
                    kernel: each.kernel,
                };
                measured.push(measure("as given", &subject, &weights, arguments.attach));
                // It is the same whoever would read it.
                break;
            }
            Meaning::Stack(layers) => return Err(arguments.not_one(&layers)),
            Meaning::Policy(reading) => {
                let mut programs = arguments.programs(&reading, &weights)?;
                if targets.len() > 1 {
                    for program in &mut programs {
                        program.target = Some(each.to_string());
                    }
                }
                measured.extend(programs);
            }
        }
    }
    match arguments.format {
        Format::Human => output::answer(&table(&measured))?,
        Format::Json => output::document(&Document {
            schema: "callgate/bench/v1",
            profile: &arguments.profile,
            programs: &measured,
        })?,
    }
    Ok(Status::Yes)
}

impl Bench {
    /// The program of each compiler that is built in, measured.
    fn programs(&self, reading: &Reading, weights: &Weights) -> Result<Vec<Measured>, Failure> {
        let mut measured = Vec::new();
        for &compiler in Compiler::built_in() {
            // Their library may know fewer calls.
            let theirs = reading.again(Target {
                libseccomp: reading.target.libseccomp.or(compiler.libseccomp()),
                ..reading.target.clone()
            })?;
            // What is compared is what it costs; whether it answers alike is `compile --with`'s to say.
            let proof = match compiler {
                Compiler::Callgate => Options::default().proof,
                _ => Proof::Skipped,
            };
            let made = Options {
                kernel: theirs.target.kernel,
                weights: weights.clone(),
                proof,
            };
            let program = match compiler::program(&theirs, compiler, &made) {
                Ok(program) => program,
                Err(failure) if compiler == Compiler::Callgate => return Err(failure),
                Err(failure) => {
                    failure.tell();
                    continue;
                }
            };
            let policy = &theirs.resolved.policy;
            let subject = Subject {
                program: &program,
                meaning: Diagram::of_policy(policy, Budget::default()).ok(),
                arches: policy.sections().iter().map(|each| each.arch).collect(),
                kernel: theirs.target.kernel,
            };
            measured.push(measure(compiler.name(), &subject, weights, self.attach));
        }
        Ok(measured)
    }

    /// Several filters have no program to measure until they are made one.
    fn not_one(&self, layers: &[Filter]) -> Failure {
        let name = &self.profile;
        Failure::input(format_args!(
            "{name} is {} filters, and one is measured",
            layers.len()
        ))
        .help(format_args!(
            "`callgate compile {name} -o one.bpf` makes one of them, and `callgate bench one.bpf` takes it"
        ))
    }
}

fn measure(
    compiler: &'static str,
    subject: &Subject<'_>,
    weights: &Weights,
    times: u32,
) -> Measured {
    let rows = subject.arches.iter().map(|&arch| {
        let counts = statistics::counts(subject, arch);
        row(subject.program, arch, counts, weights)
    });
    let attached = (times > 0).then(|| median_of_attaching(subject.program, times));
    let (attach_nanoseconds, not_attached) = match attached.transpose() {
        Ok(nanoseconds) => (nanoseconds, None),
        Err(error) => (None, Some(error)),
    };
    Measured {
        target: None,
        compiler,
        instructions: subject.program.len(),
        attach_nanoseconds,
        not_attached,
        arches: rows.collect(),
    }
}

fn row(program: &Program, arch: Arch, counts: Counts, weights: &Weights) -> Row {
    let is_cached = |nr| counts.cached.is_some() && always_allows(program, arch.audit(), nr);
    Row {
        arch: arch.to_string(),
        always_allowed: counts.always_allowed,
        cached: counts.cached,
        weighted_steps: mean(program, arch, weights.shares(), |_| true),
        not_cached_steps: mean(program, arch, weights.shares_beside_the_cache(), |nr| {
            !is_cached(nr)
        }),
        allowed_mean_steps: counts.allowed.mean(),
        allowed_worst_steps: counts.allowed.worst(),
        denied_mean_steps: counts.denied.mean(),
        denied_worst_steps: counts.denied.worst(),
    }
}

/// The steps of a call on average, by shares; none where no call that counts has one.
fn mean(
    program: &Program,
    arch: Arch,
    shares: impl Iterator<Item = (Syscall, f64)>,
    counts: impl Fn(u32) -> bool,
) -> Option<f64> {
    let (mut steps, mut whole) = (0.0, 0.0);
    for (syscall, share) in shares {
        let Some(nr) = syscall.number(arch).filter(|&nr| counts(nr)) else {
            continue;
        };
        let call = SeccompData {
            nr,
            arch: arch.audit(),
            ..SeccompData::default()
        };
        steps += share * f64::from(simulate(program, &call).steps);
        whole += share;
    }
    (whole > 0.0).then(|| steps / whole)
}

/// In nanoseconds.
fn median_of_attaching(program: &Program, times: u32) -> Result<u64, String> {
    let mut spent = (0..times)
        .map(|_| attach_time(program))
        .collect::<Result<Vec<Duration>, _>>()
        .map_err(|error| words::system_error(&error))?;
    spent.sort_unstable();
    Ok(spent[spent.len() / 2].as_nanos() as u64)
}

impl Measured {
    /// Who made it, and for whom where that is said.
    fn title(&self) -> String {
        match &self.target {
            Some(target) => format!("{} for {target}", self.compiler),
            None => self.compiler.to_owned(),
        }
    }
}

const HEADS: [&str; 12] = [
    "compiler",
    "instructions",
    "attach",
    "arch",
    "always",
    "cached",
    "weighted",
    "not cached",
    "allowed",
    "worst",
    "denied",
    "worst",
];

/// A line for each program and arch.
fn table(measured: &[Measured]) -> String {
    let mut rows = vec![HEADS.map(str::to_owned)];
    for program in measured {
        for (at, row) in program.arches.iter().enumerate() {
            let of_program = |text: String| if at == 0 { text } else { String::new() };
            let attach = program
                .attach_nanoseconds
                .map(|nanoseconds| format!("{:.1} µs", nanoseconds as f64 / 1000.0));
            let steps = |steps: Option<f64>| words::or_dash(steps.map(|each| format!("{each:.2}")));
            rows.push([
                of_program(program.title()),
                of_program(program.instructions.to_string()),
                of_program(words::or_dash(attach)),
                row.arch.clone(),
                words::or_dash(row.always_allowed),
                words::or_dash(row.cached),
                steps(row.weighted_steps),
                steps(row.not_cached_steps),
                steps(row.allowed_mean_steps),
                words::or_dash(row.allowed_worst_steps),
                steps(row.denied_mean_steps),
                words::or_dash(row.denied_worst_steps),
            ]);
        }
    }
    let mut text = words::columns(&rows);
    for program in measured {
        if let Some(error) = &program.not_attached {
            text.push_str(&format!("{} was not attached: {error}\n", program.title()));
        }
    }
    text
}
