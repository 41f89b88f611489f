//! `callgate export`: a filter in the words of another tool that are proved to mean the same, or why there are none.
//!
//! Apart from `compile`, which makes programs for the kernel alone.

mod agent;
mod document;
mod flattened;
mod list;
mod profile;
mod program;

use std::path::{Path, PathBuf};

use callgate_analyze::export::Tool;
use callgate_engines::Engine;
use clap::{Args, ValueEnum};

use super::Format;
use super::diff::Entry;
use crate::failure::{Ended, Failure, Status};
use crate::input::InputOptions;
use crate::meaning::LayerOptions;
use crate::output;
use crate::reading::TargetOptions;

use self::document::Answer;

/// Write a filter in the words of another tool, proved to mean the same
///
/// The filter is a raw program of any origin, a process, a container, or a profile for another engine.
/// What is written is read back as its reader reads it, and proved to answer every call as the filter does;
/// what the reader has no words for is listed, and nothing is written then: numbers without a name, another answer for other
/// arches, names that are answered differently on two arches, conditions on where a call is made from.
/// A profile that names a base by `x-extends` becomes one with it; for docker and podman its conditions stay as they are.
/// --lossy writes the nearest there is, which refuses more calls, and never fewer.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 written, and proved equal (with --lossy: and nowhere wider); 1 there are no words for it; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate export docker filter.bpf -o profile.json
  callgate export docker container:web --target docker@20.10
  callgate export oci profile.json --from docker@28 --caps CAP_NET_RAW -o seccomp.json
  callgate export spo profile.json --from docker@28 -o profile.yaml
  callgate export bwrap profile.json -o filter.bpf
  callgate export systemd profile.json --arch x86_64 --lossy -o app.service.d/calls.conf"
)]
pub(crate) struct Export {
    /// In whose words
    kind: Kind,
    /// The filter: FILE.bpf, pid:N, container:NAME, or a profile: a path, `-`, docker:default
    filter: String,
    /// Where to write, or `-` for standard output; a file is there whole or not at all
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Who reads the filter where it is a profile
    #[arg(long, value_name = "ENGINE", default_value = "callgate")]
    from: Engine,
    /// The most rules that may be written
    #[arg(long, value_name = "RULES", default_value_t = 1000)]
    max_rules: usize,
    /// Write it also where it is read differently; the calls are listed on standard error. It may refuse more, never less
    #[arg(long)]
    lossy: bool,
    /// How to print the answer: `json` has the text and every call that it changes in one document on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    layer: LayerOptions,
    /// Where a runtime finds `callgate agent`, for `oci` of a profile with plugin actions
    #[arg(long, value_name = "PATH", default_value = "/run/callgate/agent.sock")]
    listener: PathBuf,
    #[command(flatten)]
    target: TargetOptions,
}

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Docker's JSON; read by docker@28 where --target names nobody else
    Docker,
    /// The same in its first form, with one `name` a rule
    DockerOld,
    /// The object `linux.seccomp` of an OCI config.json, all conditions resolved; read by runc. Of a profile with plugin actions,
    /// for a runtime and `callgate agent`
    Oci,
    /// Podman's JSON
    Podman,
    /// A file for a pod's seccompProfile of type Localhost; read by containerd
    K8s,
    /// SeccompProfile v1 of the security profiles operator, as YAML; read by containerd
    Spo,
    /// SeccompProfile v1beta1 of the same
    SpoV1beta1,
    /// The layer of an OCI artifact of KEP-6061, with the media type application/vnd.cncf.seccomp-profile.config.v1+json; read by
    /// runc, after what the node permits. What asks a listener is refused there
    #[value(name = "kep-6061")]
    Artifact,
    /// SystemCallFilter= and its companions, for a unit of systemd: names alone, no arguments, as libseccomp takes them. Where it
    /// refuses by name, a systemd whose libseccomp lacks the name lets the call through; the newest name is told
    Systemd,
    /// The JSON of the crate seccompiler: the native arch, two answers
    Seccompiler,
    /// A policy of minijail, for the native arch; its first line is the command that compiles it, for minijail0
    /// --seccomp-bpf-binary
    Minijail,
    /// A raw program for bwrap --seccomp FD
    Bwrap,
    /// The annotation run.oci.seccomp_bpf_data, as an object of JSON for config.json
    Crun,
    /// A C array of struct sock_filter
    C,
    /// A Rust array of (code, jt, jf, k)
    Rust,
}

/// What an export came to.
struct Written {
    /// What is written; bytes, for a program.
    bytes: Vec<u8>,
    /// What it says differently than the filter: none where the two are proved equal.
    entries: Vec<Entry>,
    /// What was proved, in a line.
    said: String,
}

/// Writes it.
pub(crate) fn run(arguments: &Export, options: InputOptions) -> Ended {
    if arguments.kind == Kind::Oci
        && let Some(written) = agent::written(arguments, options)?
    {
        arguments.put(&written)?;
        return Ok(Status::Yes);
    }
    if let Some(written) = flattened::written(arguments, options)? {
        arguments.put(&written)?;
        return Ok(Status::Yes);
    }
    match arguments.kind {
        Kind::Docker
        | Kind::DockerOld
        | Kind::Oci
        | Kind::Podman
        | Kind::K8s
        | Kind::Spo
        | Kind::SpoV1beta1
        | Kind::Artifact => profile::run(arguments, options),
        Kind::Systemd => list::run(arguments, Tool::Systemd, options),
        Kind::Seccompiler => list::run(arguments, Tool::Seccompiler, options),
        Kind::Minijail => list::run(arguments, Tool::Minijail, options),
        Kind::Bwrap | Kind::Crun | Kind::C | Kind::Rust => program::run(arguments, options),
    }
}

impl Export {
    /// Puts out what was written, as it was asked for.
    fn put(&self, written: &Written) -> Result<(), Failure> {
        match self.format {
            Format::Human => output::to_file_or_stdout(&self.output, &written.bytes)?,
            Format::Json => {
                if self.output != Path::new("-") {
                    output::to_file_or_stdout(&self.output, &written.bytes)?;
                }
                output::document(&Answer::of(self.kind, written))?;
            }
        }
        crate::say!("{}", written.said);
        Ok(())
    }
}
