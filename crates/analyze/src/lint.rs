//! The lints: what each is called, how bad and how sure it is, its page, and one function that runs them all.
//!
//! Apart from the lints, each of which is a file with its page, its code and its tests.

use callgate_engines::{Resolved, Target};
use callgate_profile::{Problem, Profile, Severity, Span};

use crate::example::Example;
use crate::lints;
use crate::standard::{Context, Standard};
use crate::subject::Subject;

/// A rule that profiles are held against.
#[derive(Clone, Copy, Debug)]
pub struct Lint {
    /// Its code in the catalogue: `CG204`.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// How bad that is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Its page of the manual: what it finds, why that matters, and what to do.
    pub page: &'static str,
    /// A text that has it, and one that has not; none where such a text is too long for a page.
    pub example: Option<Example>,
    pub(crate) find: Find,
}

/// How sure a lint is of what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confidence {
    /// It follows from the document; a call shows it where the claim is about meaning.
    Certain,
    /// It is usually not what was meant.
    Likely,
}

/// Who finds it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Find {
    /// The reading of the text.
    Reading,
    /// The engine, or the runtime that it starts, in what it makes of the document.
    Engine,
    /// Whoever looks for the files that name profiles.
    Discovery,
    /// The lint.
    Here(fn(&Subject<'_>) -> Vec<Problem>),
}

/// Every lint, by code.
pub const LINTS: &[Lint] = lints::ALL;

/// The lint of this code.
#[must_use]
pub fn lint_by_id(id: &str) -> Option<&'static Lint> {
    let place = LINTS.binary_search_by_key(&id, |lint| lint.id);
    place.ok().map(|place| &LINTS[place])
}

/// What the lints find in a container's profile, by place.
///
/// What the engine of the target does with the document is in [`Resolved::problems`], and not repeated here.
/// For many profiles, or another context, make a [`Standard`] once.
#[must_use]
pub fn lint(profile: &Profile, resolved: &Resolved, target: &Target) -> Vec<Problem> {
    Standard::new(target.clone(), Context::default()).lint(profile, resolved)
}

impl Standard {
    /// What the lints find in a profile as the target reads it, by place.
    #[must_use]
    pub fn lint(&self, profile: &Profile, resolved: &Resolved) -> Vec<Problem> {
        self.lint_beside(profile, resolved, &[])
    }

    /// The same, with what other targets make of the same profile at hand: a lint that compares with one of them reads no more.
    #[must_use]
    pub fn lint_beside(
        &self,
        profile: &Profile,
        resolved: &Resolved,
        beside: &[(&Target, &Resolved)],
    ) -> Vec<Problem> {
        let subject = Subject::new(profile, resolved, self, beside);
        let mut problems: Vec<Problem> = LINTS
            .iter()
            .flat_map(|lint| match lint.find {
                Find::Here(find) => find(&subject),
                Find::Reading | Find::Engine | Find::Discovery => Vec::new(),
            })
            .collect();
        problems.sort_by_key(|problem| (problem.span, problem.code));
        problems.dedup();
        problems
    }
}

impl Lint {
    /// Where a finding of it comes from, in a few words.
    #[must_use]
    pub const fn found_by(&self) -> &'static str {
        match self.find {
            Find::Reading => "the reading of the text",
            Find::Engine => "the model of the target",
            Find::Discovery => "the search for profiles",
            Find::Here(_) => "a look at what the profile means",
        }
    }

    /// A problem of this lint.
    pub(crate) fn problem(&self, span: Span, message: impl Into<String>) -> Problem {
        Problem::new(self.id, self.severity, span, message)
    }
}

impl Confidence {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lint_has_its_page_and_its_place() {
        assert!(LINTS.is_sorted_by(|one, two| one.id < two.id));
        for lint in LINTS {
            assert!(
                lint.id.starts_with("CG") && lint.id.len() == 5,
                "{}",
                lint.id
            );
            assert!(
                lint.page.ends_with(".\n") && lint.page.lines().count() > 1,
                "{}",
                lint.id
            );
            assert!(!lint.title.ends_with('.'), "{}", lint.id);
            assert_eq!(lint_by_id(lint.id).map(|lint| lint.title), Some(lint.title));
        }
    }
}
