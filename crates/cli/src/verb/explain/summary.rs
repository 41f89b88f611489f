//! What a profile says on the whole, in words and as JSON.
//!
//! Apart from one call: here calls are counted.

use std::fmt::Write;

use callgate_analyze::{ArchSummary, FloorSummary, GroupSummary, Summary, summary};
use callgate_engines::Outcome;
use callgate_syscalls::Syscall;
use serde::Serialize;

use super::circumstances;
use crate::each::{self, Said};
use crate::failure::Failure;
use crate::reading::Reading;
use crate::verb::Format;
use crate::words;

/// Prints the summary for each who reads the profile.
pub(super) fn print(readings: &[Reading], format: Format) -> Result<(), Failure> {
    let summaries = readings
        .iter()
        .map(|reading| summary(&reading.profile, &reading.resolved, &reading.target));
    let summaries: Vec<Summary> = summaries.collect();
    let said = readings.iter().zip(&summaries);
    let said = said.map(|(reading, summary)| Said {
        target: reading.target.clone(),
        page: page(reading, summary),
        document: Answer::of(reading, summary),
    });
    each::put(format, &said.collect::<Vec<_>>())
}

/// What the profile is read together with, the nearest first.
fn bases(reading: &Reading) -> Vec<&str> {
    let bases = reading.document.bases.texts().iter();
    bases.map(|base| base.name.as_str()).collect()
}

fn page(reading: &Reading, summary: &Summary) -> String {
    let native = reading.target.native;
    let mut text = format!(
        "{}  ({})\n\n",
        reading.document.name,
        circumstances(reading)
    );
    let bases = bases(reading);
    if !bases.is_empty() {
        row(&mut text, "extends", &bases.join(", "));
    }
    row(
        &mut text,
        "default",
        &words::action(summary.default, native),
    );
    row(
        &mut text,
        "other arches",
        &words::action(summary.bad_arch, native),
    );
    if let Some(floor) = &summary.floor {
        row(&mut text, "runtime", &runtime(floor));
    }
    if let Some(floor) = &summary.floor_without_new_privileges {
        row(&mut text, "", &runtime(floor));
    }
    for arch in &summary.arches {
        text.push('\n');
        of_arch(&mut text, arch);
    }
    if !summary.capabilities.is_empty() {
        text.push_str("\nanswered otherwise with and without\n");
        let longest = summary
            .capabilities
            .iter()
            .map(|unlocked| unlocked.capability.name().len());
        let width = longest.max().unwrap_or(0);
        for unlocked in &summary.capabilities {
            let name = format!("{:width$}", unlocked.capability.name());
            row(&mut text, &name, &names(&unlocked.calls));
        }
    }
    text
}

/// Whether the runtime comes to the program, in a sentence.
fn runtime(found: &FloorSummary) -> String {
    let FloorSummary { floor, missing, .. } = found;
    let calls: Vec<Syscall> = missing.iter().map(|missing| missing.call).collect();
    if calls.is_empty() {
        return format!("starts the program: all of {} is made", floor.name());
    }
    let calls_missing = words::counted(calls.len(), "call");
    let below = format!(
        "below {}, {calls_missing} missing: {}",
        floor.name(),
        names(&calls)
    );
    match found.outcome() {
        Some(Outcome::Says(words)) => format!("{below}; where all are, a start says: {words}"),
        Some(Outcome::Hangs) => format!("{below}; where all are, a start hangs"),
        None => below,
    }
}

fn of_arch(text: &mut String, arch: &ArchSummary) {
    let _ = writeln!(
        text,
        "{}: {} of {} calls are made, {} with some arguments, {} never",
        arch.arch,
        arch.allowed,
        arch.known,
        arch.partly.len(),
        arch.denied
    );
    if let Some(ceiling) = arch.ceiling {
        row(text, "ENOSYS above", &ceiling.to_string());
    }
    let full = |group: &&GroupSummary| group.allowed == group.known;
    let none = |group: &&GroupSummary| group.allowed == 0 && group.partly == 0;
    let list = |groups: Vec<&GroupSummary>| {
        let names: Vec<&str> = groups.iter().map(|group| group.group.name).collect();
        names.join(" ")
    };
    let in_part: Vec<String> = arch
        .groups
        .iter()
        .filter(|group| !full(group) && !none(group))
        .map(|group| format!("{} {}/{}", group.group.name, group.allowed, group.known))
        .collect();
    row(
        text,
        "whole",
        &list(arch.groups.iter().filter(full).collect()),
    );
    row(text, "in part", &in_part.join("  "));
    row(
        text,
        "none of",
        &list(arch.groups.iter().filter(none).collect()),
    );
    row(text, "by arguments", &names(&arch.partly));
}

/// A row of words, folded to the width of a page; none where there is nothing to say.
fn row(text: &mut String, name: &str, words: &str) {
    /// As wide as is read with ease.
    const WIDTH: usize = 96;
    if words.is_empty() {
        return;
    }
    let mut name = name;
    let mut line = String::new();
    let indent = 12.max(name.len());
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if indent + 3 + line.len() + word.len() > WIDTH && !line.is_empty() {
            let _ = writeln!(text, "  {name:<indent$} {}", line.trim_end());
            name = "";
            line.clear();
        }
        line.push_str(word);
        line.push(' ');
    }
    let _ = writeln!(text, "  {name:<indent$} {}", line.trim_end());
}

fn names(calls: &[Syscall]) -> String {
    let names: Vec<&str> = calls.iter().map(|call| call.name()).collect();
    names.join(" ")
}

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    target: String,
    native: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extends: Vec<String>,
    default: String,
    other_arches: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<FloorAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    floor_without_new_privileges: Option<FloorAnswer>,
    arches: Vec<ArchAnswer>,
    capabilities: Vec<CapabilityAnswer>,
}

#[derive(Serialize)]
struct FloorAnswer {
    name: String,
    missing: Vec<&'static str>,
    /// What such a start was seen to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<&'static str>,
    /// Whether such a start was seen to hang.
    #[serde(skip_serializing_if = "Option::is_none")]
    hangs: Option<bool>,
}

#[derive(Serialize)]
struct ArchAnswer {
    arch: &'static str,
    known: usize,
    allowed: usize,
    denied: usize,
    by_arguments: Vec<&'static str>,
    enosys_above: Option<u32>,
    groups: Vec<GroupAnswer>,
}

#[derive(Serialize)]
struct GroupAnswer {
    group: &'static str,
    known: usize,
    allowed: usize,
    by_arguments: usize,
}

#[derive(Serialize)]
struct CapabilityAnswer {
    capability: &'static str,
    calls: Vec<&'static str>,
}

impl Answer {
    fn of(reading: &Reading, summary: &Summary) -> Self {
        let native = reading.target.native;
        Self {
            schema: "callgate/summary/v1",
            target: reading.target.to_string(),
            native: native.name(),
            extends: bases(reading).into_iter().map(str::to_owned).collect(),
            default: words::action(summary.default, native),
            other_arches: words::action(summary.bad_arch, native),
            floor: summary.floor.as_ref().map(FloorAnswer::of),
            floor_without_new_privileges: summary
                .floor_without_new_privileges
                .as_ref()
                .map(FloorAnswer::of),
            arches: summary.arches.iter().map(ArchAnswer::of).collect(),
            capabilities: summary
                .capabilities
                .iter()
                .map(|unlocked| CapabilityAnswer {
                    capability: unlocked.capability.name(),
                    calls: unlocked.calls.iter().map(|call| call.name()).collect(),
                })
                .collect(),
        }
    }
}

impl FloorAnswer {
    fn of(found: &FloorSummary) -> Self {
        let missing = found.missing.iter().map(|missing| missing.call.name());
        let outcome = found.outcome();
        Self {
            name: found.floor.name(),
            missing: missing.collect(),
            says: match outcome {
                Some(Outcome::Says(words)) => Some(words),
                _ => None,
            },
            hangs: outcome.map(|outcome| outcome == Outcome::Hangs),
        }
    }
}

impl ArchAnswer {
    fn of(arch: &ArchSummary) -> Self {
        Self {
            arch: arch.arch.name(),
            known: arch.known,
            allowed: arch.allowed,
            denied: arch.denied,
            by_arguments: arch.partly.iter().map(|call| call.name()).collect(),
            enosys_above: arch.ceiling,
            groups: arch
                .groups
                .iter()
                .map(|group| GroupAnswer {
                    group: group.group.name,
                    known: group.known,
                    allowed: group.allowed,
                    by_arguments: group.partly,
                })
                .collect(),
        }
    }
}
