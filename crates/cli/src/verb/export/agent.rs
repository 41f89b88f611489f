//! `export oci` of a profile with plugin actions: what a stock runtime loads, and by which it finds the agent.
//!
//! Apart from the other documents, which are written from a meaning; here the rules stay as they are, since by their places the
//! agent knows whose action a call gets.

use callgate_actions::agent::metadata;
use callgate_engines::{Engine, Runtime, Target};
use callgate_profile::write::Document;
use callgate_profile::{ActionName, CustomAction, Profile};

use super::{Export, Written};
use crate::failure::{Failure, Status};
use crate::input::{self, InputOptions};
use crate::reading::{self, Reading};

/// The profile for a runtime with an agent; none where it has no action with a plugin.
pub(super) fn written(
    arguments: &Export,
    options: InputOptions,
) -> Result<Option<Written>, Failure> {
    let reference = &arguments.filter;
    if input::names_a_program(reference) || input::names_what_lives(reference)?.is_some() {
        return Ok(None);
    }
    let document = input::Document::read(reference, options)?;
    let parsed = reading::parse(&document, options);
    let has_plugins = |profile: &Profile| {
        let mut actions = profile.x_actions.values();
        actions.any(|action| action.plugin.is_some())
    };
    if !parsed.profile.as_ref().is_some_and(has_plugins) {
        return Ok(None);
    }
    // Read as callgate does, which says what is wrong with it.
    let target = arguments.target.read_by(Some(Engine::Callgate)).target()?;
    let reading = Reading::of(document, options, target)?;
    let name = &reading.document.name;
    let refuse =
        |message: &str| Failure::new(Status::Meaningless, format_args!("{name}: {message}"));
    let profile = &reading.profile;
    let has_conditions = profile.arch_map.is_some()
        || profile
            .rules()
            .iter()
            .any(|rule| rule.value.includes.is_some() || rule.value.excludes.is_some());
    if has_conditions {
        return Err(refuse(
            "a profile with plugin actions has neither archMap nor conditions, which no runtime reads",
        ));
    }
    let mut actions = profile.x_actions.values();
    if let Some(traced) = actions.find(|action| asks_a_tracer(action)) {
        let name = &traced.name.value;
        return Err(refuse(&format!(
            "{name} asks a tracer, and a runtime has no tracer: its answer is SCMP_ACT_NOTIFY"
        )));
    }
    let target = runtime(arguments)?;
    let document = Document::of(profile).ok_or_else(|| refuse("not every value could be read"))?;
    let mut lowered = document
        .clone()
        .lowered()
        .map_err(|error| refuse(&error.to_string()))?;
    lowered.listener_path = Some(arguments.listener.display().to_string());
    lowered.listener_metadata = Some(metadata(&document, &target));
    Ok(Some(Written {
        bytes: lowered.to_json().into_bytes(),
        entries: Vec::new(),
        said: format!(
            "for {target}: plugin actions ask at {}, where `callgate agent` answers",
            arguments.listener.display()
        ),
    }))
}

fn asks_a_tracer(action: &CustomAction) -> bool {
    let answer = action.answer.as_ref().map(|answer| &answer.value);
    action.plugin.is_some() && answer == Some(&ActionName::Trace)
}

/// The runtime that loads it: what --target names, else runc.
fn runtime(arguments: &Export) -> Result<Target, Failure> {
    let target = arguments.target.target()?;
    match target.engine {
        Engine::Oci(Runtime::Runc(_) | Runtime::Crun(_)) => Ok(target),
        Engine::Callgate => {
            let runc = "runc".parse().expect("a modelled engine");
            arguments.target.read_by(Some(runc)).target()
        }
        _ => Err(Failure::input(format_args!(
            "--target {target}: plugin actions go to runc or crun"
        ))),
    }
}
