//! Exports that are a list of calls: for units of systemd, for seccompiler and minijail.
//!
//! Apart from profiles, because no engine of ours reads them: what they mean comes with them.

use callgate_analyze::export::{Listed, Request, Tool, list};
use callgate_prove::Budget;
use callgate_syscalls::{Release, Syscall};

use super::profile::{not_written, refuse_wider};
use super::{Export, Written};
use crate::compiler::not_compiled;
use crate::failure::{Ended, Failure, Status};
use crate::filter::Filter;
use crate::input::InputOptions;
use crate::meaning::Meaning;
use crate::output;
use crate::verb::diff::{Entry, lines};

pub(super) fn run(arguments: &Export, tool: Tool, options: InputOptions) -> Ended {
    let from = arguments.target.read_by(Some(arguments.from));
    let filter = Filter::read(&arguments.filter, &arguments.layer, options, &from)?;
    let target = arguments.target.first()?;
    let reader = match tool {
        Tool::Systemd => "systemd",
        Tool::Seccompiler => "seccompiler",
        Tool::Minijail => "minijail",
    };
    let budget = Budget::default();
    let request = Request {
        diagram: &filter.diagram(budget)?,
        native: target.native,
        arches: target.arches.as_deref(),
        limit: arguments.max_rules,
        budget,
    };
    let listed = list(tool, &request).map_err(|reason| not_written(&filter.name, &reason))?;
    let newest = match tool {
        Tool::Systemd => listed.newest_refused(),
        // They take no list with a name that they do not know.
        Tool::Seccompiler | Tool::Minijail => None,
    };
    let Listed {
        text,
        policy,
        differences,
        wider,
    } = listed;
    let whole = match (&target.arches, tool) {
        (Some(_), _) => "every call of the arches that --arch names".to_owned(),
        // A kernel has no calls of another machine's arches, and systemd's filters may let them be.
        (None, Tool::Systemd) => format!("every call that a kernel of {} has", target.native),
        (None, _) => "every call".to_owned(),
    };
    if differences.is_empty() {
        arguments.put(&Written {
            bytes: text.into_bytes(),
            entries: Vec::new(),
            said: format!(
                "proved: to {reader}, {whole} is answered as by {}",
                filter.name
            ),
        })?;
        say_what_it_rests_on(newest);
        return Ok(Status::Yes);
    }
    let program = callgate_compile::compile(&policy, &callgate_compile::Options::default())
        .map_err(|error| not_compiled(reader, error))?;
    let listed = Filter {
        name: reader.to_owned(),
        meaning: Meaning::Program(program),
    };
    let filters = [filter, listed];
    let count = differences.len();
    let entries = differences
        .into_iter()
        .map(|difference| Entry::confirmed(&filters, difference))
        .collect::<Result<Vec<_>, _>>()?;
    let name = &filters[0].name;
    crate::say!(
        "{name}: {reader} has no words for all of it; from the filter to the nearest list, {count} differ:"
    );
    output::tell(&lines(&entries));
    if !arguments.lossy {
        output::tell(
            "\n  help: --arch asks for the same answers on the arches that it names alone, --lossy writes it nevertheless\n",
        );
        return Err(Failure::told(Status::No));
    }
    refuse_wider(&filters, wider)?;
    arguments.put(&Written {
        bytes: text.into_bytes(),
        entries,
        said: format!("proved: {reader} lets no call through that {name} refuses"),
    })?;
    say_what_it_rests_on(newest);
    Ok(Status::Yes)
}

/// The proof is about a systemd that knows every name; one that does not ignores the name.
fn say_what_it_rests_on(newest: Option<(Syscall, Release)>) {
    if let Some((call, since)) = newest {
        crate::say!(
            "a systemd whose libseccomp lacks one of these names lets its call through; the newest is {}, of Linux {since}",
            call.name()
        );
    }
}
