//! The problems of a document that names a base: its own, those of both together, and what engines make of it alone.
//!
//! Apart from the check of what is read, because here it is asked which of the texts a problem is about.

use std::collections::HashSet;

use callgate_analyze::Standard;
use callgate_profile::{Bases, Fix, Problem, parse};

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
    problems
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
