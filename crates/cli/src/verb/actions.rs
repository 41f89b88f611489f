//! `callgate actions`: the plugins that come with callgate, and what each takes.
//!
//! Apart from `run`, which serves them.

use std::fmt::Write;

use callgate_actions::plugins::{Plugin, SHIPPED};
use clap::Args;
use serde::Serialize;

use super::Format;
use crate::failure::{Ended, Failure, Status};
use crate::output;

/// List the plugins for actions of a profile's own, or document one
///
/// A profile declares an action under `x-actions`, with the kernel's answer and the plugin, and names it in its rules;
/// `callgate run` then answers the calls.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate actions
  callgate actions connect")]
pub(crate) struct Actions {
    /// The plugin to document [default: a line for each]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Lists or documents them.
pub(crate) fn run(arguments: &Actions) -> Ended {
    let plugins: Vec<&Plugin> = match &arguments.name {
        None => SHIPPED.iter().collect(),
        Some(name) => vec![by_name(name)?],
    };
    match arguments.format {
        Format::Json => output::document(&Answer {
            schema: "callgate/actions/v1",
            plugins: plugins.iter().map(|plugin| Entry::of(plugin)).collect(),
        })?,
        Format::Human if arguments.name.is_some() => output::answer(&page(plugins[0]))?,
        Format::Human => output::answer(&list(&plugins))?,
    }
    Ok(Status::Yes)
}

fn by_name(name: &str) -> Result<&'static Plugin, Failure> {
    SHIPPED
        .iter()
        .find(|plugin| plugin.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = SHIPPED.iter().map(|plugin| plugin.name).collect();
            Failure::input(format_args!(
                "no plugin is called `{name}`; {} come with callgate",
                known.join(" ")
            ))
        })
}

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    plugins: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    about: &'static str,
    manual: &'static str,
}

impl Entry {
    const fn of(plugin: &Plugin) -> Self {
        Self {
            name: plugin.name,
            about: plugin.about,
            manual: plugin.manual,
        }
    }
}

fn list(plugins: &[&Plugin]) -> String {
    let width = plugins.iter().map(|plugin| plugin.name.len()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for plugin in plugins {
        let _ = writeln!(text, "{:width$}  {}", plugin.name, plugin.about);
    }
    text
}

fn page(plugin: &Plugin) -> String {
    format!("{}: {}\n\n{}\n", plugin.name, plugin.about, plugin.manual)
}
