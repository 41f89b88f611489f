//! What is known of the word under the pointer: a key's purpose, a call's page and its verdict for each target.
//!
//! Apart from `syscall` and `explain`, whose words these are.

use std::fmt::Write;

use callgate_analyze::{answers, comparisons};
use callgate_engines::Target;
use callgate_policy::Rule;
use callgate_profile::{Profile, Span};
use callgate_syscalls::Syscall;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::fields::Fields;
use super::place::{self, Place, Step};
use super::text::Text;
use crate::verb::check::{Inner, Look};
use crate::verb::syscall;
use crate::words;

/// What is known of what stands at a byte; in YAML, of what stands in a profile there.
pub(super) fn at(text: &Text, look: Option<&Look>, offset: usize) -> Option<Hover> {
    let targets = look.map(Look::targets).unwrap_or_default();
    let (words, span) = match look.and_then(|look| look.in_yaml(offset)) {
        Some(Inner {
            json,
            profile,
            offset,
        }) => {
            let (words, span) = known(&json.text, profile.as_ref(), targets, offset)?;
            (words, json.place(span))
        }
        None => {
            let profile = look.and_then(Look::profile);
            known(text.as_str(), profile.as_ref(), targets, offset)?
        }
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: words,
        }),
        range: Some(text.range(span.start, span.end)),
    })
}

/// What is known of what stands at a byte of JSON, and where that stands.
fn known(
    text: &str,
    profile: Option<&Profile>,
    targets: &[Target],
    offset: usize,
) -> Option<(String, Span)> {
    let place = place::at(text, offset);
    let known = match place.call() {
        Some(call) => Some(page(call, profile, targets)),
        None => purpose(&place),
    };
    let word = known.filter(|_| place.is_quoted);
    let condition = condition(profile, targets, offset);
    let span = match (&word, &condition) {
        (Some(_), _) => place.span,
        (None, Some((_, span))) => *span,
        (None, None) => return None,
    };
    let parts = word.into_iter().chain(condition.map(|(words, _)| words));
    Some((parts.collect::<Vec<_>>().join("\n\n"), span))
}

/// The page of a call, and under it what the profile says of it.
fn page(call: Syscall, profile: Option<&Profile>, targets: &[Target]) -> String {
    let native = targets.first().map(|target| target.native);
    let mut value = format!("```text\n{}```\n", syscall::page_for(call, native));
    for target in targets {
        if let Some(verdict) = profile.and_then(|profile| verdict(call, profile, target)) {
            let _ = writeln!(value, "\n{target}: **{verdict}**");
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

/// What the comparisons around a byte ask, in words, and where they stand: as the first target reads them, for its own arch.
fn condition(
    profile: Option<&Profile>,
    targets: &[Target],
    offset: usize,
) -> Option<(String, Span)> {
    let profile = profile?;
    let (rule, args) = profile.rules().iter().find_map(|rule| {
        let args = rule.value.args.as_ref()?.span;
        (args.start <= offset && offset <= args.end).then_some((rule.span, args))
    })?;
    let target = targets.first()?;
    let resolved = callgate_engines::read(profile, target).ok()?;
    let arch = target.native;
    let of_rule =
        |read: &&Rule| !read.comparisons.is_empty() && resolved.origin(read.id).rule == rule;
    let rules = &resolved.policy.section(arch)?.rules;
    let first = rules.iter().find(of_rule)?.numbers;
    // A runtime may read the comparisons of one rule as alternatives.
    let all = rules
        .iter()
        .filter(of_rule)
        .filter(|read| read.numbers == first);
    let call = Syscall::by_number(arch, first.first);
    let ways = all.map(|read| comparisons(arch, call, &read.comparisons));
    let ways = ways.collect::<Vec<_>>().join(" or ");
    let call = call.map_or_else(|| first.first.to_string(), |call| call.name().to_owned());
    Some((format!("`{call}` where {ways}"), args))
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
