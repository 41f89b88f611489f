//! Exports of a profile with a base as the one profile that both are: for Docker and Podman, which read its conditions.
//!
//! Apart from the profiles that are written from a meaning, since nothing has to be resolved here.

use callgate_engines::{Engine, Target};
use callgate_profile::{Options, parse};

use super::{Export, Kind, Written};
use crate::failure::Failure;
use crate::flattened::flattened;
use crate::input::{self, Document, InputOptions};
use crate::reading::{self, Reading};
use crate::sources::read_alike;
use crate::words;

/// The profile and its bases as one; none where it has none, or says what those readers have no words for.
pub(super) fn written(
    arguments: &Export,
    options: InputOptions,
) -> Result<Option<Written>, Failure> {
    let reference = &arguments.filter;
    let is_for_docker = matches!(arguments.kind, Kind::Docker | Kind::Podman);
    let is_as_written = arguments.from == Engine::Callgate && arguments.layer.layers.is_empty();
    let is_file =
        !input::names_a_program(reference) && input::names_what_lives(reference)?.is_none();
    if !(is_for_docker && is_as_written && is_file) {
        return Ok(None);
    }
    let document = Document::read(reference, options)?;
    if document.bases.is_empty() {
        return Ok(None);
    }
    let targets = arguments.readers()?;
    let profile = reading::parse(&document, options).profile;
    let has_own_actions = profile.is_some_and(|profile| !profile.x_actions.is_empty());
    let readers = words::readers(&targets);
    let (reader, said) = match has_own_actions {
        false => (
            targets[0].clone(),
            format!("as {readers} it, every call is answered as by both"),
        ),
        // No engine knows these: what both say is what callgate reads.
        true => (
            arguments.target.read_by(Some(Engine::Callgate)).target()?,
            format!(
                "every call is answered as by both, with what each action of their own stands for, and {readers} it"
            ),
        ),
    };
    let reading = Reading::of(document, options, reader)?;
    let text = flattened(&reading)?;
    if has_own_actions && !targets.iter().all(|target| is_taken(&text, target)) {
        return Ok(None);
    }
    read_alike(&text, options, &targets)?;
    let document = reading.document;
    let bases = document.bases.texts().iter();
    let bases: Vec<&str> = bases.map(|base| base.name.as_str()).collect();
    Ok(Some(Written {
        bytes: text.into_bytes(),
        entries: Vec::new(),
        said: format!(
            "{} on {} as one profile, proved: {said}",
            document.name,
            bases.join(" on ")
        ),
    }))
}

/// Whether it means something to a target.
fn is_taken(text: &str, target: &Target) -> bool {
    let profile = parse(text.as_bytes(), &Options::default()).profile;
    profile.is_some_and(|profile| callgate_engines::read(&profile, target).is_ok())
}
