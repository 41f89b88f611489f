//! `callgate compile`: a profile's program, as bytes, source text or annotated text.
//!
//! Apart from `run`, which loads it: this writes it for others to load.

use std::path::PathBuf;

use callgate_analyze::rules;
use callgate_bpf::Program;
use callgate_compile::{CompileError, Options, Proof, Weights};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;
use clap::{Args, ValueEnum};

use crate::compiler::{self, Compiler, not_compiled};
use crate::failure::{Ended, Failure, Status};
use crate::filter::{self, Filter};
use crate::input::InputOptions;
use crate::meaning::{LayerOptions, Meaning};
use crate::reading::{Reading, TargetOptions};
use crate::statistics::{self, Subject};
use crate::{annotate, output, weights};

/// Compile a profile to a filter: raw BPF, C, Rust or text
///
/// `raw` is the kernel's 8-byte records in the arch's byte order, as bwrap --seccomp and
/// crun's annotation run.oci.seccomp_bpf_data take them; it is not written to a terminal.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate compile docker:default -o filter.bpf
  callgate compile profile.json --as c > filter.h
  callgate compile profile.json --as text --arch aarch64 --native aarch64
  callgate compile profile.json --weights counts.json --stats -o filter.bpf")]
pub(crate) struct Compile {
    /// A profile: a path, `-`, docker:default, pid:N, container:NAME, or a raw program FILE.bpf to write in another form
    profile: String,
    /// Where to write, or `-` for standard output; a file is there whole or not at all
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// In which form [default: by the name of FILE: .c and .h, .rs, .txt; else raw]
    #[arg(long = "as", value_name = "FORM")]
    form: Option<Form>,
    /// Who makes the program; libseccomp's is proved as callgate's is, and not written where it answers otherwise
    #[arg(long = "with", value_name = "COMPILER", default_value = "callgate")]
    compiler: Compiler,
    /// Don't prove that the program answers as the profile does: for profiles whose proof takes more than its budget
    #[arg(long)]
    unproved: bool,
    /// How often each call is made, so that frequent ones are answered in fewer steps: a JSON object of names and counts
    /// [default: a mix of common programs]
    #[arg(long, value_name = "FILE")]
    weights: Option<String>,
    /// Count what the program costs, on standard error: instructions, cached calls, steps
    ///
    /// `always allowed` are the calls that are allowed whatever their arguments, `cached` those that the kernel (5.11 and later)
    /// sees to be so and does not run the program for; steps are executed instructions, over all named calls with zero arguments,
    /// of those that are made and, as `denied`, of all others.
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    layer: LayerOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// The forms of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The kernel's 8-byte records
    Raw,
    /// A C array of struct sock_filter
    C,
    /// A Rust array of (code, jt, jf, k)
    Rust,
    /// What `dis` prints
    Text,
}

/// Writes the program.
pub(crate) fn run(arguments: &Compile, options: InputOptions) -> Ended {
    let form = arguments.form.unwrap_or_else(|| form_of(&arguments.output));
    let to_stdout = arguments.output.as_os_str() == "-";
    if form == Form::Raw && to_stdout && output::stdout_is_terminal() {
        return Err(Failure::input("raw BPF is not for a terminal")
            .help("-o FILE writes it to a file, --as text shows it"));
    }
    if arguments.profile == "-" && arguments.weights.as_deref() == Some("-") {
        return Err(Failure::input(
            "the profile and the weights can't both come from standard input",
        ));
    }
    let target = arguments
        .target
        .for_a_program()?
        .with_libseccomp(arguments.compiler.libseccomp());
    let meaning = Meaning::read_layers(&arguments.profile, &arguments.layer, options, &target)?;
    let proof = match arguments.unproved {
        true => Proof::Skipped,
        false => Options::default().proof,
    };
    let weights = || match &arguments.weights {
        Some(file) => weights::read(file, options),
        None => Ok(Weights::default()),
    };
    let (program, arch) = match &meaning {
        Meaning::Program(_) | Meaning::Stack(_) if arguments.compiler != Compiler::Callgate => {
            return Err(Failure::input(format_args!(
                "{} is compiled already, and --with is for profiles",
                arguments.profile
            )));
        }
        Meaning::Program(_) if arguments.weights.is_some() => {
            return Err(Failure::input(format_args!(
                "{} is compiled already, and --weights is for profiles",
                arguments.profile
            )));
        }
        Meaning::Program(program) => (program.clone(), arguments.target.native()?),
        Meaning::Policy(reading) => {
            let arch = match reading.resolved.policy.sections().first() {
                Some(section) => section.arch,
                None => arguments.target.native()?,
            };
            let options = Options {
                kernel: reading.target.kernel,
                weights: weights()?,
                proof,
            };
            (
                compiler::program(reading, arguments.compiler, &options)?,
                arch,
            )
        }
        Meaning::Stack(layers) => {
            let native = arguments.target.native()?;
            let arch = meaning.arches().first().copied().unwrap_or(native);
            (compiled_stack(layers, &target, proof, weights()?)?, arch)
        }
    };
    let bytes = in_form(&program, form, arch);
    match (form, to_stdout) {
        (Form::Raw, _) | (_, false) => output::to_file_or_stdout(&arguments.output, &bytes)?,
        (_, true) => output::answer(&String::from_utf8_lossy(&bytes))?,
    }
    if arguments.stats {
        output::tell(&counted(&program, &meaning, arguments)?);
    }
    Ok(Status::Yes)
}

/// The proved program of what a profile means, for the kernel of its target.
pub(crate) fn program(reading: &Reading) -> Result<Program, Failure> {
    let options = Options {
        kernel: reading.target.kernel,
        ..Options::default()
    };
    compiler::program(reading, Compiler::Callgate, &options)
}

/// The proved program that asks where the profile refuses.
pub(crate) fn asking_program(reading: &Reading) -> Result<Program, Failure> {
    let options = Options {
        kernel: reading.target.kernel,
        ..Options::default()
    };
    callgate_compile::compile(
        &callgate_actions::asking(&reading.resolved.policy),
        &options,
    )
    .map_err(|error| not_compiled(&reading.document.name, error))
}

/// One program that answers as several filters on one process do together, with the usual weights.
pub(crate) fn program_of_stack(
    layers: &[Filter],
    target: &TargetOptions,
) -> Result<Program, Failure> {
    let Options { proof, weights, .. } = Options::default();
    compiled_stack(layers, target, proof, weights)
}

/// The program of a stack: from its meaning as one diagram, by way of the rules that mean the same.
///
/// The proof is against the stack itself, which the rules have no part in.
fn compiled_stack(
    layers: &[Filter],
    target: &TargetOptions,
    proof: Proof,
    weights: Weights,
) -> Result<Program, Failure> {
    let budget = match proof {
        Proof::Required(budget) => budget,
        Proof::Skipped => Budget::default(),
    };
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let name = names.join(" + ");
    let meaning = filter::diagram_of(layers, budget)?;
    let policy = rules::policy(&meaning, MOST_RULES)
        .map_err(|reason| Failure::input(format_args!("{name}: {reason}")))?;
    let options = Options {
        kernel: target.first()?.kernel,
        weights,
        proof,
    };
    let program =
        callgate_compile::compile(&policy, &options).map_err(|error| not_compiled(&name, error))?;
    if proof == Proof::Skipped {
        return Ok(program);
    }
    let made = Diagram::of_program(&program, budget)
        .map_err(|reason| not_compiled(&name, CompileError::Undecided(reason)))?;
    match made.witness(&meaning) {
        None => Ok(program),
        Some(witness) => Err(not_compiled(&name, CompileError::Unproved { witness })),
    }
}

/// The most rules that a stack is written as; what needs more has no program that the kernel takes, either.
const MOST_RULES: usize = 1 << 16;

/// What `--stats` says: the length, whether it is proved, and the counts of each arch.
fn counted(program: &Program, meaning: &Meaning, arguments: &Compile) -> Result<String, Failure> {
    let budget = Budget::default();
    let proof = match (meaning, arguments.unproved) {
        (Meaning::Program(_), _) => "as given",
        (_, true) => "not proved",
        (Meaning::Policy(_), false) => "proved to answer as the profile does",
        (Meaning::Stack(_), false) => "proved to answer as the layers do together",
    };
    let diagram = match meaning {
        Meaning::Program(program) => Diagram::of_program(program, budget).ok(),
        Meaning::Policy(reading) => Diagram::of_policy(&reading.resolved.policy, budget).ok(),
        Meaning::Stack(layers) => filter::diagram_of(layers, budget).ok(),
    };
    let arches = match meaning.arches() {
        arches if arches.is_empty() => arguments.target.arches_of_a_program()?,
        arches => arches,
    };
    let table = statistics::table(&Subject {
        program,
        meaning: diagram,
        arches,
        kernel: arguments.target.first()?.kernel,
    });
    let length = program.len();
    Ok(format!("{length} instructions, {proof}\n{table}"))
}

fn in_form(program: &Program, form: Form, arch: Arch) -> Vec<u8> {
    match form {
        Form::Raw => program.to_bytes(arch.endian()),
        Form::C => program.to_c("filter").into_bytes(),
        Form::Rust => program.to_rust("FILTER").into_bytes(),
        Form::Text => annotate::program(program, arch).into_bytes(),
    }
}

fn form_of(output: &std::path::Path) -> Form {
    match output.extension().and_then(|end| end.to_str()) {
        Some("c" | "h") => Form::C,
        Some("rs") => Form::Rust,
        Some("txt") => Form::Text,
        _ => Form::Raw,
    }
}
