//! `callgate compile`: a profile's program, as bytes, source text or annotated text.
//!
//! Apart from `run`, which loads it: this writes it for others to load.

use std::path::PathBuf;

use callgate_bpf::Program;
use callgate_compile::{CompileError, Options, Proof};
use callgate_syscalls::Arch;
use clap::{Args, ValueEnum};

use crate::failure::{Ended, Failure, Status};
use crate::input::InputOptions;
use crate::reading::{Meaning, Reading, TargetOptions};
use crate::{annotate, output};

/// Compile a profile to a filter: raw BPF, C, Rust or text
///
/// `raw` is the kernel's 8-byte records in the arch's byte order, as bwrap --seccomp and
/// crun's annotation run.oci.seccomp_bpf_data take them; it is not written to a terminal.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate compile docker:default -o filter.bpf
  callgate compile profile.json --as c > filter.h
  callgate compile profile.json --as text --arch aarch64 --native aarch64")]
pub(crate) struct Compile {
    /// A profile: a path, `-`, docker:default, or a raw program FILE.bpf to write in another form
    profile: String,
    /// Where to write, or `-` for standard output; a file is there whole or not at all
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// In which form [default: by the name of FILE: .c and .h, .rs, .txt; else raw]
    #[arg(long = "as", value_name = "FORM")]
    form: Option<Form>,
    /// Don't prove that the program answers as the profile does: for profiles whose proof takes more than its budget
    #[arg(long)]
    unproved: bool,
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
    let meaning = Meaning::read(&arguments.profile, options, &arguments.target)?;
    let (program, arch) = match meaning {
        Meaning::Program(program) => (program, arguments.target.native()?),
        Meaning::Policy(reading) => {
            let arch = match reading.resolved.policy.sections().first() {
                Some(section) => section.arch,
                None => arguments.target.native()?,
            };
            let proof = match arguments.unproved {
                true => Proof::Skipped,
                false => Options::default().proof,
            };
            (compiled(&reading, proof)?, arch)
        }
    };
    let bytes = in_form(&program, form, arch);
    match (form, to_stdout) {
        (Form::Raw, _) | (_, false) => output::to_file_or_stdout(&arguments.output, &bytes)?,
        (_, true) => output::answer(&String::from_utf8_lossy(&bytes))?,
    }
    Ok(Status::Yes)
}

/// The proved program of what a profile means, for the kernel of its target.
pub(crate) fn program(reading: &Reading) -> Result<Program, Failure> {
    compiled(reading, Options::default().proof)
}

fn compiled(reading: &Reading, proof: Proof) -> Result<Program, Failure> {
    let options = Options {
        kernel: reading.target.kernel,
        proof,
        ..Options::default()
    };
    callgate_compile::compile(&reading.resolved.policy, &options).map_err(|error| {
        let status = match error {
            CompileError::Unproved { .. } | CompileError::Cache { .. } => Status::Fault,
            _ => Status::Meaningless,
        };
        let failure = Failure::new(status, format_args!("{}: {error}", reading.document.name));
        match error {
            CompileError::Undecided(_) => {
                failure.help("`callgate compile --unproved` makes the program without a proof")
            }
            _ => failure,
        }
    })
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
