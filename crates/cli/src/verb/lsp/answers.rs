//! Another answer for the call at a place: let it through, or refuse it, where an edit is proved to do that and open nothing else.
//!
//! Apart from the fixes of problems, because nothing is wrong here; the edits are those of `allow` and `deny`.

use std::collections::HashMap;

use callgate_analyze::amend::{Answer, Subject};
use lsp_types::{CodeAction, CodeActionKind, TextEdit, Uri, WorkspaceEdit};

use super::place;
use super::text::Text;
use crate::edited::amended;
use crate::verb::check::Look;

/// EPERM, which has this number on every arch.
const EPERM: u16 = 1;

/// The edits that give the call at a byte another answer.
// An editor's names for documents hash by their text, which nobody changes.
#[allow(clippy::mutable_key_type, reason = "the type is the library's")]
pub(super) fn changes(uri: &Uri, text: &Text, look: &Look, offset: usize) -> Vec<CodeAction> {
    let Some(call) = place::at(text.as_str(), offset).call() else {
        return Vec::new();
    };
    let subject = Subject {
        call,
        comparisons: Vec::new(),
    };
    let answers = [
        (Answer::Allow, "let {} through"),
        (Answer::Deny(EPERM), "refuse {} with EPERM"),
    ];
    let changes = answers.into_iter().filter_map(|(answer, title)| {
        let subjects = std::slice::from_ref(&subject);
        let done = amended(look.document(), subjects, answer, look.targets()).ok()?;
        let edit = edit(text, &done.text)?;
        Some(CodeAction {
            title: title.replace("{}", call.name()),
            kind: Some(CodeActionKind::REFACTOR_REWRITE),
            edit: Some(WorkspaceEdit::new(HashMap::from([(
                uri.clone(),
                vec![edit],
            )]))),
            ..CodeAction::default()
        })
    });
    changes.collect()
}

/// What turns a text into another one, as far as they differ; none where they do not.
fn edit(before: &Text, after: &str) -> Option<TextEdit> {
    let (old, new) = (before.as_str(), after);
    if old == new {
        return None;
    }
    let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        let same = pairs.take_while(|(one, other)| one == other);
        same.map(|(one, _)| one.len_utf8()).sum()
    };
    let start = same(&mut old.chars().zip(new.chars()));
    let (old, new) = (&old[start..], &new[start..]);
    let rest = same(&mut old.chars().rev().zip(new.chars().rev()));
    let range = before.range(start, start + old.len() - rest);
    Some(TextEdit::new(range, new[..new.len() - rest].to_owned()))
}
