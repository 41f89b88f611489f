//! `callgate import`: a profile from what another tool watched.
//!
//! Apart from `record`, which watches itself.

use std::fmt;
use std::path::PathBuf;

use callgate_analyze::decompile::decompile;
use callgate_engines::Target;
use callgate_observe::{Source, import};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;
use clap::{Args, ValueEnum};

use crate::failure::{Ended, Failure, Status};
use crate::input::{self, InputOptions};
use crate::operator;
use crate::output;

/// Write a profile from what another tool watched: strace, the kernel's audit records, or the Security Profiles Operator
///
/// The profile permits the calls that stand there, as `callgate record` does with those that it sees, and those that any run
/// may need. An audit record is of a call that a filter logged or ended: permit it only if that was wrong.
/// Of the operator's SeccompProfile resources, one a container, the profile permits what any of them does, exact on arguments
/// and proved; calls of a `baseProfileName` are not in the file, so that such a resource is refused.
/// A raw program becomes a profile by `callgate export docker FILE.bpf`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  strace -f -o log nginx; callgate import strace log -o nginx.json
  journalctl -k | callgate import audit - -o more.json
  kubectl get seccompprofiles -l spo.x-k8s.io/recording-id=nginx -o yaml | callgate import spo - -o nginx.json")]
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
    /// SeccompProfile resources in YAML, as the operator records them
    Spo,
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
        Kind::Spo => return of_operator(&name, &bytes, native, arguments),
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

/// The least strict of what the resources of a file say.
fn of_operator(name: &str, bytes: &[u8], native: Arch, arguments: &Import) -> Ended {
    let wrong = |message: &dyn fmt::Display| Failure::input(format_args!("{name}: {message}"));
    let text = str::from_utf8(bytes).map_err(|error| wrong(&error))?;
    let resources = operator::recorded(text).map_err(|message| wrong(&message))?;
    let target = Target {
        native,
        ..Target::default()
    };
    let budget = Budget::default();
    let mut all: Option<Diagram> = None;
    for resource in &resources {
        let policy = resource
            .policy(&target)
            .map_err(|message| wrong(&message))?;
        let next = Diagram::of_policy(&policy, budget).map_err(|reason| wrong(&reason))?;
        all = Some(match all {
            None => next,
            Some(all) => all
                .milder_of(&next, budget)
                .map_err(|reason| wrong(&reason))?,
        });
    }
    let all = all.ok_or_else(|| wrong(&"there is no SeccompProfile in it"))?;
    let written = decompile(&all, &target, MAX_RULES, budget).map_err(|reason| wrong(&reason))?;
    if !written.differences.is_empty() {
        return Err(wrong(&"no one profile says what these do together"));
    }
    output::to_file_or_stdout(&arguments.output, written.text.as_bytes())?;
    crate::say!(
        "profiles: {}, rules: {}; proved to permit what any of them does",
        resources.len(),
        written.rules
    );
    Ok(Status::Yes)
}

/// The most rules that are written.
const MAX_RULES: usize = 1000;
