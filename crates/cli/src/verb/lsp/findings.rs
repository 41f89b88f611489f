//! Problems and their fixes, as an editor shows them.
//!
//! Apart from `check`'s formats, which are read as files: here places are an editor's, and a fix is offered.

use std::collections::HashMap;

use callgate_profile::{Fix, Problem, Severity, Span};
use lsp_types::{
    CodeAction, CodeActionKind, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity,
    Location, NumberOrString, TextEdit, Uri, WorkspaceEdit,
};

use super::text::Text;
use crate::render::Source;
use crate::verb::check::Look;

/// The problems of a text; those of its bases stand where it names them.
pub(super) fn diagnostics(uri: &Uri, text: &Text, look: &Look) -> Vec<Diagnostic> {
    let is_own = |span: Span| span.start <= text.as_str().len();
    let source = Source::of(look.document());
    let base = look.base();
    let problems = look.problems().iter().cloned().map(|mut problem| {
        problem.related.retain(|(span, _)| is_own(*span));
        if !is_own(problem.span) {
            let there = source.located(problem.span.start);
            problem.message = format!("{there}: {}", problem.message);
            problem.span = base.unwrap_or_default();
        }
        problem
    });
    problems
        .map(|problem| diagnostic(uri, text, &problem))
        .collect()
}

fn diagnostic(uri: &Uri, text: &Text, problem: &Problem) -> Diagnostic {
    let mut message = problem.message.clone();
    let notes = problem.notes.iter().map(|note| format!("\n{note}"));
    message.extend(notes);
    if let Some(help) = &problem.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let related = problem
        .related
        .iter()
        .map(|(span, words)| DiagnosticRelatedInformation {
            location: Location::new(uri.clone(), text.range(span.start, span.end)),
            message: words.clone(),
        });
    let related: Vec<_> = related.collect();
    Diagnostic {
        range: text.range(problem.span.start, problem.span.end),
        severity: Some(match problem.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
            Severity::Style => DiagnosticSeverity::HINT,
        }),
        code: Some(NumberOrString::String(problem.code.to_owned())),
        source: Some("callgate".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// The changes that mend problems at a place; preferred are those that are proved to let no more calls through.
// An editor's names for documents hash by their text, which nobody changes.
#[allow(clippy::mutable_key_type, reason = "the type is the library's")]
pub(super) fn changes(uri: &Uri, text: &Text, look: &Look, wanted: Span) -> Vec<CodeAction> {
    let is_there =
        |problem: &&Problem| problem.span.start <= wanted.end && wanted.start <= problem.span.end;
    let problems = look.problems().iter().filter(is_there);
    let changes = problems.filter_map(|problem| {
        let fix = problem.fix.as_ref()?;
        let (mended, is_proved) = look.mended(fix)?;
        Some(CodeAction {
            title: title(fix, is_proved),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic(uri, text, problem)]),
            edit: Some(WorkspaceEdit::new(HashMap::from([(
                uri.clone(),
                vec![edit(text, &mended)],
            )]))),
            is_preferred: Some(is_proved),
            ..CodeAction::default()
        })
    });
    changes.collect()
}

fn title(fix: &Fix, is_proved: bool) -> String {
    match is_proved {
        true => fix.does.clone(),
        false => format!("{} (not proved to let no more calls through)", fix.does),
    }
}

/// The change from one text to another: all between what both begin with and what both end with.
fn edit(text: &Text, mended: &str) -> TextEdit {
    let before = text.as_str();
    let same = before.chars().zip(mended.chars());
    let same = same.take_while(|(one, two)| one == two);
    let start: usize = same.map(|(one, _)| one.len_utf8()).sum();
    let (rest, new) = (&before[start..], &mended[start..]);
    let same = rest.chars().rev().zip(new.chars().rev());
    let same = same.take_while(|(one, two)| one == two);
    let end: usize = same.map(|(one, _)| one.len_utf8()).sum();
    let range = text.range(start, before.len() - end);
    TextEdit::new(range, new[..new.len() - end].to_owned())
}
