//! The words that may stand at a place: keys, calls, actions, arches, capabilities.
//!
//! Apart from the schema, which has them, because an editor wants to know what they replace.

use callgate_syscalls::{Syscall, groups};
use lsp_types::{CompletionItem, CompletionItemKind, CompletionTextEdit, TextEdit};

use super::fields::Fields;
use super::place::{self, Place};
use super::text::Text;

/// The words that may stand at a byte.
pub(super) fn at(text: &Text, offset: usize) -> Vec<CompletionItem> {
    let place = place::at(text.as_str(), offset);
    let fields = Fields::new();
    match place.is_key {
        true => {
            let keys = fields.keys(&place.path).into_iter();
            keys.map(|(key, purpose)| {
                item(
                    text,
                    &place,
                    CompletionItemKind::FIELD,
                    key,
                    purpose.to_owned(),
                )
            })
            .collect()
        }
        false => {
            let words = fields.words(&place.path).into_iter();
            words
                .map(|word| {
                    let (kind, detail) = match Syscall::by_name(word) {
                        Some(call) => (CompletionItemKind::FUNCTION, about(call)),
                        None => (CompletionItemKind::ENUM_MEMBER, String::new()),
                    };
                    item(text, &place, kind, word, detail)
                })
                .collect()
        }
    }
}

fn item(
    text: &Text,
    place: &Place<'_>,
    kind: CompletionItemKind,
    word: &str,
    detail: String,
) -> CompletionItem {
    let new = match place.is_quoted {
        true => word.to_owned(),
        false => format!("\"{word}\""),
    };
    let range = text.range(place.span.start, place.span.end);
    CompletionItem {
        label: word.to_owned(),
        kind: Some(kind),
        detail: (!detail.is_empty()).then_some(detail),
        // An editor compares this with what stands in the range.
        filter_text: Some(new.clone()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(range, new))),
        ..CompletionItem::default()
    }
}

/// `Linux 5.9, @process`.
fn about(call: Syscall) -> String {
    let since = call.since().map(|release| format!("Linux {release}"));
    let groups = groups::of(call).map(|group| group.name.to_owned());
    since
        .into_iter()
        .chain(groups)
        .collect::<Vec<_>>()
        .join(", ")
}
