//! The plugins that come with callgate, a file each, and how a profile's declarations become a registry.
//!
//! Apart from the registry, which knows no plugin by name.

mod config;
mod connect;
mod exec;
mod explain;
mod fault;
mod log;
mod mknod;
mod mount;
mod open;
mod rate;
mod roots;
mod traced;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use callgate_bpf::Action;
use callgate_profile::{ActionName, CustomAction as Declared, Problem, Profile, Spanned, codes};
use serde_json::Value;

use crate::call::Call;
use crate::external;
use crate::registry::{CustomAction, EPERM, NotifyHandler, Registry};

pub use config::Fault;
use traced::Traced;

/// What plugins need of the program that they are part of.
#[derive(Clone)]
pub struct Surroundings {
    /// Where a plugin says something to the user: a line, without its end.
    pub say: Arc<dyn Fn(&str) + Send + Sync>,
    /// Why a call is denied, in words: the rule, its place and what would allow it.
    pub explain: Arc<dyn Fn(&Call<'_>) -> String + Send + Sync>,
    /// The commands that start external plugins, each a program and its arguments, by the name that profiles use.
    pub external: BTreeMap<String, Vec<OsString>>,
}

/// A plugin that comes with callgate.
pub struct Plugin {
    /// What profiles call it.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Its manual page, in Markdown.
    pub manual: &'static str,
    /// Calls that do what it is asked about without its being asked: a profile has to refuse them, or it is of no use.
    pub around: &'static [&'static str],
    /// Whether it gives its callers descriptors, as only a listener can.
    pub gives_descriptors: bool,
    make: Make,
}

type Made = Result<Box<dyn NotifyHandler>, Vec<Fault>>;
type Make = fn(Option<&Value>, &Surroundings) -> Made;

/// All plugins that come with callgate, by name.
pub const SHIPPED: [Plugin; 9] = [
    connect::PLUGIN,
    exec::PLUGIN,
    explain::PLUGIN,
    fault::PLUGIN,
    log::PLUGIN,
    mknod::PLUGIN,
    mount::PLUGIN,
    open::PLUGIN,
    rate::PLUGIN,
];

impl NotifyHandler for Box<dyn NotifyHandler> {
    fn handle(&self, call: &Call<'_>) -> std::io::Result<crate::Reply> {
        (**self).handle(call)
    }

    fn close(&self) {
        (**self).close();
    }
}

/// The actions that a profile declares, with the handlers that it names.
///
/// An external plugin goes before one of the same name that comes with callgate.
///
/// # Errors
/// Everything that is wrong with the declarations: plugins that nobody knows, settings that they don't take.
pub fn registry(profile: &Profile, surroundings: &Surroundings) -> Result<Registry, Vec<Problem>> {
    let mut registry = Registry::new();
    let mut problems = Vec::new();
    for declared in profile.x_actions.values() {
        match action(declared, surroundings) {
            Ok(action) => {
                if let Err(error) = registry.register(action) {
                    let message = error.to_string();
                    problems.push(Problem::error(
                        codes::CUSTOM_ACTION,
                        declared.name.span,
                        message,
                    ));
                }
            }
            Err(more) => problems.extend(more),
        }
    }
    match problems.is_empty() {
        true => Ok(registry),
        false => Err(problems),
    }
}

fn action(declared: &Declared, surroundings: &Surroundings) -> Result<CustomAction, Vec<Problem>> {
    let name = declared.name.value.clone();
    let answer = declared.answer.as_ref().map(|answer| &answer.value);
    let answer = answer
        .and_then(kernel_action)
        .unwrap_or(Action::Errno(EPERM));
    let Some(plugin) = &declared.plugin else {
        return Ok(CustomAction::alias(name, answer));
    };
    can_be_asked_by(answer, plugin)?;
    let with = declared.with.as_ref();
    let place = with.map_or(plugin.span, |with| with.span);
    let handler = make(plugin, with.map(|with| &with.value), surroundings).map_err(|faults| {
        let problem = |fault: Fault| {
            let place = if fault.pointer.is_empty() {
                plugin.span
            } else {
                place
            };
            Problem::error(codes::CUSTOM_ACTION, place, fault.to_string())
        };
        faults.into_iter().map(problem).collect::<Vec<_>>()
    })?;
    let action = match answer {
        Action::Trace(_) => CustomAction::trace(name, Traced(handler)),
        _ => CustomAction::notify(name, handler),
    };
    let otherwise = declared
        .otherwise
        .as_ref()
        .map(|otherwise| &otherwise.value);
    Ok(match otherwise.and_then(kernel_action) {
        Some(otherwise) => action.otherwise(otherwise),
        None => action,
    })
}

/// Refuses an answer by which the kernel does not ask a plugin.
fn can_be_asked_by(answer: Action, plugin: &Spanned<String>) -> Result<(), Vec<Problem>> {
    let name = &plugin.value;
    let message = match answer {
        Action::Notify => return Ok(()),
        Action::Trace(_) => {
            let shipped = SHIPPED.iter().find(|plugin| plugin.name == *name);
            if !shipped.is_some_and(|plugin| plugin.gives_descriptors) {
                return Ok(());
            }
            format!(
                "plugin {name} gives descriptors, which a tracer can't: its answer is SCMP_ACT_NOTIFY"
            )
        }
        Action::Trap(_) => {
            "SCMP_ACT_TRAP asks the program itself, and no plugin: SCMP_ACT_NOTIFY does".to_owned()
        }
        other => format!("{} asks nobody: SCMP_ACT_NOTIFY does", other.scmp_name()),
    };
    Err(vec![Problem::error(
        codes::CUSTOM_ACTION,
        plugin.span,
        message,
    )])
}

fn make(name: &str, with: Option<&Value>, surroundings: &Surroundings) -> Made {
    if let Some(command) = surroundings.external.get(name) {
        return external::Plugin::new(command, with)
            .map(|plugin| Box::new(plugin) as Box<dyn NotifyHandler>)
            .map_err(|message| {
                let pointer = String::new();
                vec![Fault { pointer, message }]
            });
    }
    match SHIPPED.iter().find(|plugin| plugin.name == name) {
        Some(plugin) => (plugin.make)(with, surroundings),
        None => {
            let known: Vec<&str> = SHIPPED.iter().map(|plugin| plugin.name).collect();
            let message = format!(
                "no plugin is called `{name}`: {} come with callgate, and an external one is an executable \
                 callgate-action-{name} on PATH, or --plugin {name}=FILE",
                known.join(" ")
            );
            let pointer = String::new();
            Err(vec![Fault { pointer, message }])
        }
    }
}

/// One of the kernel's actions, refusals with `EPERM`.
fn kernel_action(name: &ActionName) -> Option<Action> {
    let word = match name {
        // The old name of KILL_THREAD.
        ActionName::Custom(_) | ActionName::Unknown(_) => return None,
        name => name.as_str(),
    };
    let all = [
        Action::KillProcess,
        Action::KillThread,
        Action::Trap(0),
        Action::Errno(EPERM),
        Action::Notify,
        Action::Trace(0),
        Action::Log,
        Action::Allow,
    ];
    match word {
        "SCMP_ACT_KILL" => Some(Action::KillThread),
        word => all.into_iter().find(|action| action.scmp_name() == word),
    }
}
