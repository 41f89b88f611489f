//! The problems of a document that names a base: its own, those of both together, and what engines make of it alone.
//!
//! Apart from the check of what is read, because here it is asked which of the texts a problem is about.

use std::collections::HashSet;

use callgate_analyze::Standard;
use callgate_profile::{Bases, Fix, Problem, Span, builtin, parse};

use super::found::for_all;
use crate::input::{Document, InputOptions};
use crate::reading;

/// A rule that does what the default does: above a base it is how a rule of the base is undone.
const AS_THE_DEFAULT: &str = "CG210";

/// The problems of a document, whether or not it has a base.
pub(super) fn problems(
    document: &Document,
    options: InputOptions,
    standards: &[&Standard],
) -> Vec<Problem> {
    let parsed = reading::parse(document, options);
    if document.bases.is_empty() {
        return for_all(&parsed, None, standards);
    }
    let alone = parse(&document.text, &options.limits()).profile;
    let mut problems = for_all(&parsed, alone.as_ref(), standards);
    let own = document.text.len();
    let told = of_its_base(document, options, standards);
    problems.retain(|problem| match problem.span.start > own {
        true => !told.contains(&key(problem)),
        false => problem.code != AS_THE_DEFAULT,
    });
    for problem in &mut problems {
        // What is mended is the file that was named.
        let is_own = |fix: &Fix| fix.changes.iter().all(|change| change.span().end <= own);
        problem.fix = problem.fix.take().filter(is_own);
    }
    for problem in &mut problems {
        if let Some(name) = naming_what_is_built_in(document, options, problem.span) {
            let label = std::mem::take(&mut problem.label);
            let related = if label.is_empty() { "here" } else { &label };
            problem
                .related
                .insert(0, (problem.span, related.to_owned()));
            problem.span = name;
        }
    }
    problems.sort_by_key(|problem| problem.span.start);
    problems
}

/// Where a built-in profile is named, for a place in it: nobody can mend it there.
fn naming_what_is_built_in(
    document: &Document,
    options: InputOptions,
    place: Span,
) -> Option<Span> {
    let own = (document.name.as_str(), &document.text, 0);
    let bases = document.bases.texts().iter();
    let starts = document.bases.starts(document.text.len());
    let bases = bases
        .zip(starts)
        .map(|(base, start)| (base.name.as_str(), &base.text, start));
    let texts: Vec<_> = [own].into_iter().chain(bases).collect();
    let within = texts
        .iter()
        .rposition(|(.., start)| *start <= place.start)?;
    builtin::by_name(texts[within].0)?;
    let (_, text, start) = texts[within.checked_sub(1)?];
    let Span {
        start: from,
        end: to,
    } = parse(text, &options.limits()).profile?.extends?.span;
    Some(Span::new(start + from, start + to))
}

/// What is told of the base by itself, at its places in the document.
fn of_its_base(
    document: &Document,
    options: InputOptions,
    standards: &[&Standard],
) -> HashSet<(&'static str, usize, String)> {
    let (Some((base, others)), Some(start)) = (
        document.bases.texts().split_first(),
        document.bases.starts(document.text.len()).next(),
    ) else {
        return HashSet::new();
    };
    let bases = Bases::of(others.to_vec());
    let base = Document {
        bases: bases.into(),
        ..Document::alone(base.name.clone(), base.text.clone())
    };
    let parsed = reading::parse(&base, options);
    let found = for_all(&parsed, None, standards).into_iter();
    found
        .map(|mut problem| {
            problem.span.start += start;
            key(&problem)
        })
        .collect()
}

fn key(problem: &Problem) -> (&'static str, usize, String) {
    (problem.code, problem.span.start, problem.message.clone())
}
