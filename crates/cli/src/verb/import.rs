//! `callgate import`: a profile from what another tool watched.
//!
//! Apart from `record`, which watches itself.

use std::path::PathBuf;

use callgate_observe::{Source, import};
use callgate_syscalls::Arch;
use clap::{Args, ValueEnum};

use crate::failure::{Ended, Failure, Status};
use crate::input::{self, InputOptions};
use crate::output;

/// Write a profile from what another tool watched: strace, or the kernel's audit records
///
/// The profile permits the calls that stand there, as `callgate record` does with those that it sees, and those that any run
/// may need. An audit record is of a call that a filter logged or ended: permit it only if that was wrong.
/// A raw program becomes a profile by `callgate export docker FILE.bpf`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  strace -f -o log nginx; callgate import strace log -o nginx.json
  journalctl -k | callgate import audit - -o more.json")]
pub(crate) struct Import {
    /// Whose text it is
    kind: Kind,
    /// The text, or `-` for standard input
    file: String,
    /// Where to write, or `-` for standard output; a file is there whole or not at all
    #[arg(short, long, value_name = "PROFILE", default_value = "-")]
    output: PathBuf,
    /// Whose calls they are where the text does not say [default: this machine's]
    #[arg(long, value_name = "ARCH")]
    native: Option<Arch>,
}

/// What can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What strace wrote: a line a call, or the table of -c
    Strace,
    /// Audit records of type 1326, from auditd's log, the journal or dmesg
    Audit,
}

/// Reads, and writes the profile.
pub(crate) fn run(arguments: &Import, options: InputOptions) -> Ended {
    let bytes = input::bytes_of(&arguments.file, options)?;
    let name = input::title(&arguments.file);
    let native = match arguments.native {
        Some(native) => native,
        None => input::host()?,
    };
    let source = match arguments.kind {
        Kind::Strace => Source::Strace,
        Kind::Audit => Source::Audit,
    };
    let imported = import(source, &String::from_utf8_lossy(&bytes), native);
    if let [first, ..] = imported.unread[..] {
        let count = imported.unread.len();
        crate::say!(
            "{name}:{first}: no call that is known; lines of that kind are left out: {count}"
        );
    }
    if imported.calls.is_empty() {
        return Err(Failure::input(format_args!(
            "{name}: there is no call in it"
        )));
    }
    let profile = imported.profile(PathBuf::from(&name));
    output::to_file_or_stdout(&arguments.output, profile.to_json().as_bytes())?;
    crate::say!(
        "different calls: {}, in all: {}",
        imported.calls.len(),
        imported.calls.values().sum::<u64>()
    );
    Ok(Status::Yes)
}
