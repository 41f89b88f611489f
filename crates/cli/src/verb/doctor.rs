//! `callgate doctor`: what this machine can do with filters, and what to do about the rest.
//!
//! Apart from `run`, which says only what concerns its profile.

use std::fmt::Write;

use callgate_bpf::Action;
use callgate_load::{Feature, Flags, Jit, Mode, Presence, ProcessState, Support};
use clap::Args;
use serde::Serialize;

use crate::failure::{Ended, Status};
use crate::output;
use crate::verb::Format;

/// Say what this machine can do: kernel, actions, flags, JIT, privileges
///
/// Asks the kernel and loads nothing. The exit status is 3 where no filter can be loaded here.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Prints what was found.
pub(crate) fn run(arguments: &Doctor) -> Ended {
    let support = Support::probe();
    let advice = advice(&support);
    match arguments.format {
        Format::Human => output::answer(&page(&support, &advice))?,
        Format::Json => output::document(&Answer::of(&support, &advice))?,
    }
    if support.feature(Feature::Filter).is_present() {
        return Ok(Status::Yes);
    }
    Ok(Status::NotPossible)
}

fn page(support: &Support, advice: &[String]) -> String {
    let mut page = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(page, "{name:<13} {value}");
    };
    row(
        "kernel",
        &format!("{} on {}", support.release, support.machine),
    );
    row(
        "call table",
        support
            .arch
            .map_or("none for this machine", |arch| arch.name()),
    );
    row("filters", &support.feature(Feature::Filter).to_string());
    let (there, lacking) = actions(support);
    row("actions", &there.join(" "));
    if !lacking.is_empty() {
        row("no action", &lacking.join(" "));
    }
    let (there, lacking) = flags(support);
    row("flags", &there.join(" "));
    if !lacking.is_empty() {
        row("no flag", &lacking.join(" "));
    }
    row(
        "logged",
        &support
            .actions_logged
            .as_ref()
            .map_or("not known".to_owned(), |names| names.join(" ")),
    );
    row(
        "allow cache",
        &support.feature(Feature::AllowCache).to_string(),
    );
    row(
        "JIT",
        &support
            .jit
            .map_or("not known".to_owned(), |jit| jit.to_string()),
    );
    match support.process {
        Some(process) => {
            row("this process", &standing(process));
        }
        None => row("this process", "not known: /proc can't be read"),
    }
    if !advice.is_empty() {
        page.push('\n');
    }
    for line in advice {
        let _ = writeln!(page, "- {line}");
    }
    page
}

fn standing(process: ProcessState) -> String {
    let filters = match (process.mode, process.filters) {
        (Mode::Disabled, _) => "no filter".to_owned(),
        (Mode::Strict, _) => "strict mode".to_owned(),
        (Mode::Filter, Some(1)) => "1 filter".to_owned(),
        (Mode::Filter, Some(count)) => format!("{count} filters"),
        (Mode::Filter, None) => "filters".to_owned(),
    };
    let has = |has: bool| if has { "yes" } else { "no" };
    format!(
        "{filters}, no-new-privileges: {}, CAP_SYS_ADMIN: {}",
        has(process.no_new_privileges),
        has(process.admin)
    )
}

/// The kernel's actions by name, there and lacking.
fn actions(support: &Support) -> (Vec<&'static str>, Vec<&'static str>) {
    let all = [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(0),
        Action::Errno(0),
        Action::Notify,
        Action::Trace(0),
        Action::Log,
        Action::Allow,
    ];
    let names = |there: bool| {
        all.into_iter()
            .filter(|&action| support.action(action).is_present() == there)
            .map(Action::name)
            .collect()
    };
    (names(true), names(false))
}

/// The flags of seccomp(2) by name, there and lacking.
fn flags(support: &Support) -> (Vec<&'static str>, Vec<&'static str>) {
    let names = |there: bool| {
        Flags::EACH
            .into_iter()
            .filter_map(Flags::feature)
            .filter(|&feature| support.feature(feature).is_present() == there)
            .map(Feature::name)
            .collect()
    };
    (names(true), names(false))
}

/// What a user can do about what is not as it could be.
fn advice(support: &Support) -> Vec<String> {
    let mut advice = Vec::new();
    if !support.feature(Feature::Filter).is_present() {
        advice.push(
            "no filter can be loaded: that needs Linux 3.17 with CONFIG_SECCOMP_FILTER, \
             and a sandbox around this process that permits seccomp(2)"
                .to_owned(),
        );
    }
    if support.arch.is_none() {
        advice.push("`run` and `record` know no call table of this machine; everything else works with --native".to_owned());
    }
    for &(feature, presence) in &support.features {
        if let Presence::Refused(_) = presence {
            advice.push(format!("{feature}: {presence}"));
        }
    }
    if !support.feature(Feature::AfterTracer).is_present() {
        advice.push(
            "on this kernel a tracer is a way out of a filter (before 4.8): refuse ptrace"
                .to_owned(),
        );
    }
    for action in [Action::KillProcess, Action::Notify, Action::Log] {
        if !support.action(action).is_present() {
            advice.push(format!(
                "a profile with {} does not do here what it says: an unknown action kills",
                action.scmp_name()
            ));
        }
    }
    match support.jit {
        Some(Jit::Off) => advice.push(
            "filters are interpreted, which is several times slower: sysctl net.core.bpf_jit_enable=1".to_owned(),
        ),
        Some(Jit::Debug) => advice.push(
            "the JIT writes machine code to the kernel's log: sysctl net.core.bpf_jit_enable=1".to_owned(),
        ),
        Some(Jit::On) | None => {}
    }
    match support.process {
        Some(process) if process.mode == Mode::Filter => advice.push(
            "this process is filtered already; what it runs gets the strictest of all filters' answers".to_owned(),
        ),
        _ => {}
    }
    match support.process {
        Some(process) if !process.admin => advice.push(
            "`run` sets no-new-privileges, so set-user-ID programs such as sudo don't work under it; \
             --keep-privileges needs CAP_SYS_ADMIN"
                .to_owned(),
        ),
        _ => {}
    }
    advice
}

/// The JSON document.
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    kernel: &'a str,
    machine: &'a str,
    arch: Option<&'static str>,
    filters: bool,
    actions: Vec<&'static str>,
    flags: Vec<&'static str>,
    features: Vec<FeatureAnswer>,
    actions_logged: Option<&'a [String]>,
    jit: Option<&'static str>,
    process: Option<ProcessAnswer>,
    advice: &'a [String],
}

#[derive(Serialize)]
struct FeatureAnswer {
    name: &'static str,
    since: String,
    present: bool,
    known: String,
    about: &'static str,
}

#[derive(Serialize)]
struct ProcessAnswer {
    mode: String,
    filters: Option<u32>,
    no_new_privileges: bool,
    cap_sys_admin: bool,
}

impl<'a> Answer<'a> {
    fn of(support: &'a Support, advice: &'a [String]) -> Self {
        Self {
            schema: "callgate/doctor/v1",
            kernel: &support.release,
            machine: &support.machine,
            arch: support.arch.map(|arch| arch.name()),
            filters: support.feature(Feature::Filter).is_present(),
            actions: actions(support).0,
            flags: flags(support).0,
            features: support
                .features
                .iter()
                .map(|&(feature, presence)| FeatureAnswer {
                    name: feature.name(),
                    since: feature.since().to_string(),
                    present: presence.is_present(),
                    known: presence.to_string(),
                    about: feature.about(),
                })
                .collect(),
            actions_logged: support.actions_logged.as_deref(),
            jit: support.jit.map(|jit| match jit {
                Jit::Off => "off",
                Jit::On => "on",
                Jit::Debug => "debug",
            }),
            process: support.process.map(|process| ProcessAnswer {
                mode: process.mode.to_string(),
                filters: process.filters,
                no_new_privileges: process.no_new_privileges,
                cap_sys_admin: process.admin,
            }),
            advice,
        }
    }
}
