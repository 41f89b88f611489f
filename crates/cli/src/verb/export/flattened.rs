//! Exports of a profile with a base as the one profile that both are: for Docker and Podman, which read its conditions.
//!
//! Apart from the profiles that are written from a meaning, since nothing has to be resolved here.

use callgate_engines::Engine;

use super::{Export, Kind, Written};
use crate::failure::Failure;
use crate::flattened::flattened;
use crate::input::{self, Document, InputOptions};
use crate::reading::Reading;
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
    let reading = Reading::of(document, options, targets[0].clone())?;
    if !reading.profile.x_actions.is_empty() {
        return Ok(None);
    }
    let text = flattened(&reading)?;
    read_alike(&text, options, &targets)?;
    let bases = reading.document.bases.texts().iter();
    let bases: Vec<&str> = bases.map(|base| base.name.as_str()).collect();
    Ok(Some(Written {
        bytes: text.into_bytes(),
        entries: Vec::new(),
        said: format!(
            "{} on {} as one profile, proved: as {} it, every call is answered as by both",
            reading.document.name,
            bases.join(" on "),
            words::readers(&targets)
        ),
    }))
}
