//! `callgate dis`: a program as annotated text.
//!
//! Apart from `compile --as text`, which prints the same, because this reads what somebody else made.

use std::fmt::Write;

use callgate_bpf::Program;
use callgate_syscalls::{Arch, Endian};
use clap::{Args, ValueEnum};

use crate::failure::{Ended, Failure, Status};
use crate::input::{self, InputOptions};
use crate::live::Live;
use crate::{annotate, output};

/// Disassemble a program, with the names of calls, arguments, arches and actions
///
/// FILE holds the kernel's 8-byte records, or the text form that this prints; a program with a zero byte is taken for records.
/// Of a process (pid:N) or container (container:NAME) every filter is shown, the oldest first.
/// The comments begin with `;`, so what is printed reads back with `callgate dis`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate compile docker:default -o - | callgate dis -
  callgate dis --native aarch64 filter.bpf")]
pub(crate) struct Dis {
    /// A raw program or the text of one, `-` for standard input, pid:N or container:NAME
    file: String,
    /// Whose names numbers get where the program does not look at the arch [default: the host's]
    #[arg(long, value_name = "ARCH")]
    native: Option<Arch>,
    /// The byte order of the records [default: that of --native or of the host, unless only the other makes sense]
    #[arg(long, value_name = "ORDER")]
    endian: Option<Order>,
}

/// An order of bytes.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    Little,
    Big,
}

/// Prints the program.
pub(crate) fn run(arguments: &Dis, options: InputOptions) -> Ended {
    let native = match arguments.native {
        Some(native) => native,
        None => input::host()?,
    };
    if let Some(live) = input::names_what_lives(&arguments.file)? {
        output::answer(&of_live(&live, native)?)?;
        return Ok(Status::Yes);
    }
    let bytes = input::bytes_of(&arguments.file, options)?;
    let endian = match arguments.endian {
        Some(Order::Little) => Some(Endian::Little),
        Some(Order::Big) => Some(Endian::Big),
        None => arguments.native.map(Arch::endian),
    };
    let program = read(&arguments.file, &bytes, endian)?;
    output::answer(&annotate::program(&program, native))?;
    Ok(Status::Yes)
}

/// Every filter in force, the oldest first.
fn of_live(live: &Live, native: Arch) -> Result<String, Failure> {
    let programs = live.filters()?;
    let mut text = String::new();
    for (at, program) in programs.iter().enumerate() {
        let blank = if at == 0 { "" } else { "\n" };
        let _ = writeln!(
            text,
            "{blank}; {live}, filter {} of {}, {} instructions",
            at + 1,
            programs.len(),
            program.len()
        );
        text.push_str(&annotate::program(program, native));
    }
    Ok(text)
}

fn read(reference: &str, bytes: &[u8], endian: Option<Endian>) -> Result<Program, Failure> {
    if bytes.is_empty() || bytes.contains(&0) {
        return input::raw_program(reference, bytes, endian);
    }
    let Ok(text) = str::from_utf8(bytes) else {
        return input::raw_program(reference, bytes, endian);
    };
    text.parse().map_err(|error| {
        let failure = Failure::input(format_args!("{}: {error}", input::title(reference)));
        if text.trim_start().starts_with('{') {
            return failure.help(
                "this looks like a profile; `callgate compile PROFILE --as text` shows its program",
            );
        }
        failure
    })
}
