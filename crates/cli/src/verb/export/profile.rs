//! Exports that are a profile: for Docker, Podman, the runtimes and Kubernetes.
//!
//! Apart from the other kinds, because a profile means what its engine makes of it, which is read back.

use std::path::Path;

use callgate_analyze::decompile::{Decompiled, NoProfile, decompile_as};
use callgate_analyze::dialect::Dialect;
use callgate_analyze::rules::Unwritable;
use callgate_engines::{Engine, Target};
use callgate_policy::SeccompData;
use callgate_prove::Budget;

use super::{Export, Kind, Written};
use crate::failure::{Ended, Failure, Status};
use crate::filter::{Filter, Witness};
use crate::input::InputOptions;
use crate::meaning::Meaning;
use crate::output;
use crate::sources::read_alike;
use crate::verb::diff::{Entry, lines};
use crate::words;

pub(super) fn run(arguments: &Export, options: InputOptions) -> Ended {
    let from = arguments.target.read_by(Some(arguments.from));
    let filter = Filter::read(&arguments.filter, &arguments.layer, options, &from)?;
    let targets = arguments.readers()?;
    let target = &targets[0];
    let budget = Budget::default();
    let diagram = filter.diagram(budget)?;
    let name = resource_name(&arguments.filter);
    let dialect = match arguments.kind {
        Kind::DockerOld => Dialect::OneName,
        Kind::Artifact => Dialect::Artifact,
        Kind::Spo => Dialect::Spo {
            version: "v1",
            name: &name,
        },
        Kind::SpoV1beta1 => Dialect::Spo {
            version: "v1beta1",
            name: &name,
        },
        _ => Dialect::Names,
    };
    let written = decompile_as(dialect, &diagram, target, arguments.max_rules, budget)
        .map_err(|reason| not_written(&filter.name, &reason))?;
    let rules = words::counted(written.rules, "rule");
    read_alike(&written.json, options, &targets)?;
    if written.differences.is_empty() {
        let whole = match &target.arches {
            None => "every call",
            Some(_) => "every call of the arches that --arch names",
        };
        arguments.put(&Written {
            bytes: written.text.into_bytes(),
            entries: Vec::new(),
            said: format!(
                "{rules}, proved: as {} them, {whole} is answered as by {}",
                words::readers(&targets),
                filter.name
            ),
        })?;
        return Ok(Status::Yes);
    }
    differently(arguments, filter, target, written, &rules)
}

/// Lists what is read differently, and writes the text all the same where that was asked for and opens nothing.
fn differently(
    arguments: &Export,
    filter: Filter,
    target: &Target,
    written: Decompiled,
    rules: &str,
) -> Ended {
    let reads_as_callgate =
        arguments.from == Engine::Callgate && matches!(filter.meaning, Meaning::Policy(_));
    let filters = [filter, Filter::written(&written.json, target)];
    let count = written.differences.len();
    let entries = written
        .differences
        .into_iter()
        .map(|difference| Entry::confirmed(&filters, difference))
        .collect::<Result<Vec<_>, _>>()?;
    let name = &filters[0].name;
    crate::say!(
        "{name}: {target} reads no profile that says all of it; from the filter to the nearest, {count} differ:"
    );
    output::tell(&lines(&entries));
    if !arguments.lossy {
        let mut help = "\n  help: --arch asks for the same answers on the arches that it names alone, --lossy writes it nevertheless\n".to_owned();
        if reads_as_callgate {
            help.push_str("  help: --from docker@28 reads the profile as Docker does, callgate reads what it says\n");
        }
        output::tell(&help);
        return Err(Failure::told(Status::No));
    }
    refuse_wider(&filters, written.wider)?;
    arguments.put(&Written {
        bytes: written.text.into_bytes(),
        entries,
        said: format!(
            "{rules}, proved: as {target} reads them, no call is let through that {name} refuses"
        ),
    })?;
    Ok(Status::Yes)
}

/// Refuses what lets a call through that the filter refuses.
pub(super) fn refuse_wider(
    filters: &[Filter; 2],
    wider: Option<SeccompData>,
) -> Result<(), Failure> {
    let Some(call) = wider else {
        return Ok(());
    };
    let answers = [filters[0].answer(&call), filters[1].answer(&call)];
    let witness = Witness { call, answers };
    Err(Failure::new(
        Status::No,
        format_args!(
            "{}: the nearest that there are words for lets more through than the filter, which --lossy never writes: {witness} gets {}, and {} from the filter",
            filters[0].name,
            witness.answer(1),
            witness.answer(0)
        ),
    )
    .help("--arch asks for the same answers on the arches that it names alone"))
}

impl Export {
    /// Who reads what is written: whom --target names, else whom the kind is for.
    pub(super) fn readers(&self) -> Result<Vec<Target>, Failure> {
        match self.target.names_engines() {
            true => self.target.targets(),
            false => self.target.targets_of(&[usual_reader(self.kind)]),
        }
    }
}

/// Who reads a kind, where nobody is named.
fn usual_reader(kind: Kind) -> Engine {
    let name = match kind {
        Kind::Docker | Kind::DockerOld => return Engine::DOCKER,
        Kind::Podman => "podman",
        Kind::K8s | Kind::Spo | Kind::SpoV1beta1 => "containerd",
        _ => "runc",
    };
    name.parse().expect("an engine of ours")
}

/// A name for a resource of Kubernetes: the file's, in lower case, with hyphens for what such a name can't have.
fn resource_name(reference: &str) -> String {
    let stem = Path::new(reference).file_stem().unwrap_or_default();
    let stem = stem.to_string_lossy().to_ascii_lowercase();
    let fitting = |letter: char| match letter {
        'a'..='z' | '0'..='9' => letter,
        _ => '-',
    };
    let name: String = stem.chars().map(fitting).take(63).collect();
    match name.trim_matches('-') {
        "" => "profile".to_owned(),
        name => name.to_owned(),
    }
}

pub(super) fn not_written(name: &str, reason: &NoProfile) -> Failure {
    let (status, help) = match reason {
        NoProfile::Undecided(_) => (Status::Meaningless, None),
        NoProfile::Unwritable(Unwritable::TooMany { .. }) => {
            (Status::No, Some("--max-rules grants another number"))
        }
        NoProfile::Unwritable(_) | NoProfile::Refused(_) | NoProfile::NoWords(_) => {
            (Status::No, None)
        }
    };
    let failure = Failure::new(status, format_args!("{name}: {reason}"));
    help.into_iter().fold(failure, Failure::help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_kubernetes_takes() {
        for (reference, name) in [
            ("dir/No_X25.json", "no-x25"),
            ("-", "profile"),
            ("docker:default", "docker-default"),
            ("pid:12", "pid-12"),
        ] {
            assert_eq!(resource_name(reference), name);
        }
    }
}
