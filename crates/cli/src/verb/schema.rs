//! `callgate schema`: the JSON Schema of a profile.
//!
//! Apart from `check`, which knows engines and calls: this is for editors.

use clap::Args;

use crate::failure::{Ended, Status};
use crate::output;

/// Print the JSON Schema (draft 2020-12) of a profile, with callgate's x-actions, for editors
///
/// It says which keys and words there are; what they mean to an engine, and what is odd about them, `callgate check` says.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate schema > profile.schema.json
  in an editor's settings.json: \"json.schemas\": [{ \"fileMatch\": [\"*seccomp*.json\"], \"url\": \"./profile.schema.json\" }]")]
pub(crate) struct Schema {}

/// Prints it.
pub(crate) fn run(_: &Schema) -> Ended {
    output::document(&callgate_profile::schema::schema())?;
    Ok(Status::Yes)
}
