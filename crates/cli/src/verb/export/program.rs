//! Exports that are a program: for bwrap, crun, C and Rust.
//!
//! Apart from those in words, because a program says everything that a filter can, so that none is lossy.

use callgate_syscalls::Endian;
use serde_json::json;

use super::{Export, Kind, Written};
use crate::base64;
use crate::failure::{Ended, Failure, Status};
use crate::input::InputOptions;
use crate::meaning::Meaning;
use crate::output;
use crate::verb::compile;

/// What crun takes instead of `linux.seccomp`.
const ANNOTATION: &str = "run.oci.seccomp_bpf_data";

pub(super) fn run(arguments: &Export, options: InputOptions) -> Ended {
    let is_raw = arguments.kind == Kind::Bwrap;
    if is_raw && arguments.output.as_os_str() == "-" && output::stdout_is_terminal() {
        return Err(
            Failure::input("raw BPF is not for a terminal").help("-o FILE writes it to a file")
        );
    }
    let target = arguments
        .target
        .read_by(Some(arguments.from))
        .for_a_program()?;
    let meaning = Meaning::read_layers(&arguments.filter, &arguments.layer, options, &target)?;
    let (program, said) = match &meaning {
        Meaning::Policy(reading) => (
            compile::program(reading)?,
            "proved to answer as the profile does",
        ),
        Meaning::Program(program) => (program.clone(), "as given"),
        Meaning::Stack(layers) => (
            compile::program_of_stack(layers, &target)?,
            "proved to answer as the layers do together",
        ),
    };
    let first = meaning.arches().first().copied();
    let endian = match first {
        Some(arch) => arch.endian(),
        None => target.native()?.endian(),
    };
    let bytes = match arguments.kind {
        Kind::C => program.to_c("filter").into_bytes(),
        Kind::Rust => program.to_rust("FILTER").into_bytes(),
        Kind::Crun => annotation(&program.to_bytes(endian)),
        _ => program.to_bytes(endian),
    };
    let order = match (arguments.kind, endian) {
        (Kind::Bwrap | Kind::Crun, Endian::Big) => ", big-endian",
        _ => "",
    };
    arguments.put(&Written {
        bytes,
        entries: Vec::new(),
        said: format!("{} instructions{order}, {said}", program.len()),
    })?;
    Ok(Status::Yes)
}

/// An object of `annotations`.
fn annotation(program: &[u8]) -> Vec<u8> {
    let object = json!({ ANNOTATION: base64::encode(program) });
    format!("{object:#}\n").into_bytes()
}
