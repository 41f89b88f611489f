//! What is known of the word under the pointer: a key's purpose, a call's page and its verdict for each target.
//!
//! Apart from `syscall` and `explain`, whose words these are.

use std::fmt::Write;

use callgate_analyze::answers;
use callgate_engines::Target;
use callgate_profile::{Options, Profile, parse};
use callgate_syscalls::Syscall;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::fields::Fields;
use super::place::{self, Place, Step};
use super::text::Text;
use crate::verb::check::Look;
use crate::verb::syscall;
use crate::words;

/// What is known of the word at a byte.
pub(super) fn at(text: &Text, look: Option<&Look>, offset: usize) -> Option<Hover> {
    let place = place::at(text.as_str(), offset);
    if !place.is_quoted {
        return None;
    }
    let value = match call_at(&place) {
        Some(call) => page(call, text, look),
        None => purpose(&place)?,
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value,
        }),
        range: Some(text.range(place.span.start, place.span.end)),
    })
}

/// The call that a rule names at a place.
fn call_at(place: &Place<'_>) -> Option<Syscall> {
    match place.path[..] {
        [.., Step::Key("names"), Step::Item] | [.., Step::Key("name")] => {
            Syscall::by_name(place.word)
        }
        _ => None,
    }
}

/// The page of a call, and under it what the profile says of it.
fn page(call: Syscall, text: &Text, look: Option<&Look>) -> String {
    let targets = look.map(Look::targets).unwrap_or_default();
    let native = targets.first().map(|target| target.native);
    let mut value = format!("```text\n{}```\n", syscall::page_for(call, native));
    let parsed = parse(text.as_str().as_bytes(), &Options::default());
    if let Some(profile) = parsed.profile {
        for target in targets {
            if let Some(verdict) = verdict(call, &profile, target) {
                let _ = writeln!(value, "\n{target}: **{verdict}**");
            }
        }
    }
    value
}

/// What a target answers to a call on its own arch; none where it reads no meaning.
fn verdict(call: Syscall, profile: &Profile, target: &Target) -> Option<String> {
    let resolved = callgate_engines::read(profile, target).ok()?;
    let native = target.native;
    let answers = answers(&resolved.policy, native, call.number(native)?);
    Some(match answers.always() {
        Some(action) => words::action(action, native),
        None => "depends on its arguments".to_owned(),
    })
}

/// What a key, or the key of a value, is for.
fn purpose(place: &Place<'_>) -> Option<String> {
    let fields = Fields::new();
    if place.is_key {
        return fields.purpose(&place.path, place.word).map(str::to_owned);
    }
    let last = place
        .path
        .iter()
        .rposition(|step| matches!(step, Step::Key(_)))?;
    let Step::Key(key) = place.path[last] else {
        return None;
    };
    let purpose = fields.purpose(&place.path[..last], key)?;
    Some(format!("`{key}`: {purpose}"))
}
