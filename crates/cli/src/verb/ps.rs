//! `callgate ps`: the processes that have filters, and what is known of each filter.
//!
//! Apart from `verify`, which asks about one process and one profile.

use std::fmt::Write;

use callgate_bpf::Program;
use callgate_load::processes::{self, Process};
use callgate_load::{Mode, Support, filters};
use callgate_syscalls::KERNEL;
use clap::Args;
use serde::Serialize;

use super::Format;
use crate::failure::{Ended, Failure, Status};
use crate::input::{self, InputOptions};
use crate::known::Known;
use crate::{output, words};

/// List the processes and containers that have filters, and which known profile each filter is
///
/// A filter is known where it answers every call as a built-in profile does, or one that --known names, as some engine
/// reads it for Docker's capabilities or for those of the process, whatever its instructions.
/// Reading the filters of a process stops it for a moment, and needs CAP_SYS_ADMIN and the right to trace it;
/// where that is not given, the row says so.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate ps
  callgate ps 4711
  callgate ps --known web.json --known /etc/containers/seccomp.json
  callgate ps --format json | jq '.processes[] | select(.container)'")]
pub(crate) struct Ps {
    /// Only these processes, with or without filters
    #[arg(value_name = "PID", value_parser = clap::value_parser!(u32).range(1..=0x7fff_ffff))]
    pids: Vec<u32>,
    /// Another profile to know filters by; repeatable
    #[arg(long, value_name = "PROFILE")]
    known: Vec<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Lists them.
pub(crate) fn run(arguments: &Ps, options: InputOptions) -> Ended {
    let found = asked_for(arguments)?;
    let kernel = Support::probe().release_numbers().unwrap_or(KERNEL);
    let host = input::host()?;
    let mut known = Known::on(host, kernel.min(KERNEL), &arguments.known, options)?;
    let rows: Vec<Row> = found
        .into_iter()
        .map(|process| Row::of(process, &mut known))
        .collect();
    match arguments.format {
        Format::Human => output::answer(&table(&rows))?,
        Format::Json => output::document(&Answer {
            schema: "callgate/ps/v1",
            processes: rows,
        })?,
    }
    Ok(Status::Yes)
}

fn asked_for(arguments: &Ps) -> Result<Vec<Process>, Failure> {
    if arguments.pids.is_empty() {
        let all = processes::all().map_err(|error| {
            Failure::new(
                Status::NotPossible,
                format_args!("/proc: {}", words::system_error(&error)),
            )
        })?;
        let has_filters = |process: &Process| process.state.mode != Mode::Disabled;
        return Ok(all.into_iter().filter(has_filters).collect());
    }
    let of = |&pid: &u32| {
        Process::of(pid).map_err(|error| {
            Failure::new(
                Status::NotPossible,
                format_args!("pid:{pid}: {}", words::system_error(&error)),
            )
        })
    };
    arguments.pids.iter().map(of).collect()
}

/// The JSON document.
#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    processes: Vec<Row>,
}

/// What there is to say of a process.
#[derive(Serialize)]
struct Row {
    pid: u32,
    comm: String,
    container: Option<String>,
    mode: String,
    /// How many; none where the kernel does not say (before Linux 5.9).
    filters: Option<u32>,
    /// The filters, the oldest first; none where they can't be read.
    programs: Option<Vec<Filter>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<String>,
}

#[derive(Serialize)]
struct Filter {
    instructions: usize,
    /// The known profile that it answers as.
    known: Option<String>,
}

impl Row {
    fn of(process: Process, known: &mut Known) -> Self {
        let read = match process.state.mode {
            Mode::Filter => filters::of_process(process.pid).map_err(|error| error.to_string()),
            Mode::Disabled | Mode::Strict => Ok(Vec::new()),
        };
        let mut filter = |program: &Program| Filter {
            instructions: program.len(),
            known: known.name(program, process.state.bounding),
        };
        let (programs, unread) = match read {
            Ok(programs) => (Some(programs.iter().map(&mut filter).collect()), None),
            Err(reason) => (None, Some(reason)),
        };
        Self {
            pid: process.pid,
            comm: process.name,
            container: process.container,
            mode: process.state.mode.to_string(),
            filters: process.state.filters,
            programs,
            unread,
        }
    }

    /// What is said of its filters, a line each.
    fn lines(&self) -> Vec<String> {
        match (&self.programs, &self.unread) {
            (_, Some(reason)) => vec![format!("not read: {reason}")],
            (None, None) => Vec::new(),
            (Some(programs), None) => programs
                .iter()
                .map(|filter| match &filter.known {
                    Some(name) => format!("{} instructions, {name}", filter.instructions),
                    None => format!("{} instructions", filter.instructions),
                })
                .collect(),
        }
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    if rows.is_empty() {
        return "no process has a filter\n".to_owned();
    }
    let width = |of: fn(&Row) -> usize, title: &str| {
        rows.iter().map(of).max().unwrap_or(0).max(title.len())
    };
    let pid = width(|row| row.pid.to_string().len(), "PID");
    let comm = width(|row| words::harmless(&row.comm).chars().count(), "COMM");
    let _ = writeln!(
        text,
        "{:>pid$}  {:<comm$}  {:<12}  {:<8}  {:>7}  EACH",
        "PID", "COMM", "CONTAINER", "MODE", "FILTERS"
    );
    for row in rows {
        let name = words::harmless(&row.comm);
        let container = row.container.as_deref().map_or("-", |id| &id[..12]);
        let count = row
            .filters
            .map_or("?".to_owned(), |count| count.to_string());
        let mut lines = row.lines().into_iter();
        let first = lines.next().unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(
            text,
            "{:>pid$}  {name:<comm$}  {container:<12}  {:<8}  {count:>7}  {first}",
            row.pid, row.mode
        );
        // Under the first filter's.
        let indent = pid + comm + 12 + 8 + 7 + 10;
        for line in lines {
            let _ = writeln!(text, "{:indent$}{line}", "");
        }
    }
    text
}
