//! `callgate export`: a filter as a profile that is proved to mean the same, or why there is none.
//!
//! Apart from `compile`, which goes the other way.

use std::path::PathBuf;

use callgate_analyze::decompile::{Decompiled, NoProfile, decompile};
use callgate_analyze::rules::Unwritable;
use callgate_engines::Engine;
use callgate_profile::Options;
use callgate_prove::Budget;
use clap::{Args, ValueEnum};

use super::diff::{Entry, lines};
use crate::failure::{Ended, Failure, Status};
use crate::filter::Filter;
use crate::input::{Document, InputOptions};
use crate::meaning::{LayerOptions, Meaning};
use crate::output;
use crate::reading::{Reading, TargetOptions};

/// Write a filter as a profile that is proved to mean the same
///
/// The filter is a raw program of any origin, a process, a container, or a profile for another engine.
/// What is written is read back as --target reads it, and proved to answer every call as the filter does;
/// what the dialect can't say is listed, and nothing is written then: numbers without a name, another answer for other arches,
/// names that are answered differently on two arches, conditions on where a call is made from.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 written, and proved equal; 1 the dialect can't say it; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate export docker filter.bpf -o profile.json
  callgate export docker container:web --target docker@20.10
  callgate export docker pid:4711 --arch x86_64"
)]
pub(crate) struct Export {
    /// The dialect
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
    /// Write it also where the target reads it differently; the calls are listed on standard error
    #[arg(long)]
    lossy: bool,
    #[command(flatten)]
    layer: LayerOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// The dialects that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Docker's JSON; read by docker@28 where --target names nobody else
    Docker,
}

/// Writes the profile.
pub(crate) fn run(arguments: &Export, options: InputOptions) -> Ended {
    let Kind::Docker = arguments.kind;
    let from = arguments.target.read_by(Some(arguments.from));
    let filter = Filter::read(&arguments.filter, &arguments.layer, options, &from)?;
    let mut target = arguments.target.target()?;
    if target.engine == Engine::Callgate {
        target.engine = Engine::DOCKER;
    }
    let budget = Budget::default();
    let diagram = filter.diagram(budget)?;
    let written = decompile(&diagram, &target, arguments.max_rules, budget)
        .map_err(|reason| not_written(&filter.name, &reason))?;
    let Decompiled {
        text,
        rules,
        differences,
    } = written;
    if differences.is_empty() {
        put(arguments, &text)?;
        let whole = match &target.arches {
            None => "every call",
            Some(_) => "every call of the arches that --arch names",
        };
        let rules = match rules {
            1 => "1 rule".to_owned(),
            count => format!("{count} rules"),
        };
        crate::say!(
            "{rules}, proved: as {target} reads them, {whole} is answered as by {}",
            filter.name
        );
        return Ok(Status::Yes);
    }
    let profile = callgate_profile::parse(text.as_bytes(), &Options::default()).profile;
    let profile = profile.expect("what is written is a profile");
    let resolved = callgate_engines::read(&profile, &target).expect("it was read before");
    let reading = Reading {
        document: Document {
            name: "the profile".to_owned(),
            text: text.clone().into_bytes(),
        },
        profile,
        resolved,
        target: target.clone(),
    };
    let count = differences.len();
    let filters = [
        filter,
        Filter {
            name: reading.document.name.clone(),
            meaning: Meaning::Policy(Box::new(reading)),
        },
    ];
    let entries = differences
        .into_iter()
        .map(|difference| Entry::confirmed(&filters, difference))
        .collect::<Result<Vec<_>, _>>()?;
    crate::say!(
        "{}: {target} reads no profile that says all of it; from the filter to the nearest, {count} differ:",
        filters[0].name
    );
    output::tell(&lines(&entries));
    if arguments.lossy {
        put(arguments, &text)?;
        return Ok(Status::Yes);
    }
    output::tell(
        "\n  help: --arch asks for the same answers on the arches that it names alone, --lossy writes it nevertheless\n",
    );
    Err(Failure::told(Status::No))
}

fn put(arguments: &Export, text: &str) -> Result<(), Failure> {
    output::to_file_or_stdout(&arguments.output, text.as_bytes())
}

fn not_written(name: &str, reason: &NoProfile) -> Failure {
    let (status, help) = match reason {
        NoProfile::Undecided(_) => (Status::Meaningless, None),
        NoProfile::Unwritable(Unwritable::TooMany { .. }) => {
            (Status::No, Some("--max-rules grants another number"))
        }
        NoProfile::Unwritable(_) | NoProfile::Refused(_) => (Status::No, None),
    };
    let failure = Failure::new(status, format_args!("{name}: {reason}"));
    help.into_iter().fold(failure, Failure::help)
}
