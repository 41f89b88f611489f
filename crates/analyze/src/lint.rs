//! The lints: what each is called, how bad and how sure it is, its page, and one function that runs them all.
//!
//! Apart from the lints, each of which is a file with its page, its code and its tests.

use callgate_engines::{Engine, Resolved, Target, read};
use callgate_profile::{Problem, Profile, Severity};

use crate::lints;

/// A rule that profiles are held against beyond their form.
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
    pub(crate) find: fn(&Subject<'_>) -> Vec<Problem>,
}

/// How sure a lint is of what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confidence {
    /// It follows from the document; a call shows it where the claim is about meaning.
    Certain,
    /// It is usually not what was meant.
    Likely,
}

/// Every lint, by code.
pub const LINTS: &[Lint] = &[
    lints::cg201::LINT,
    lints::cg202::LINT,
    lints::cg204::LINT,
    lints::cg207::LINT,
    lints::cg209::LINT,
    lints::cg210::LINT,
    lints::cg211::LINT,
    lints::cg212::LINT,
    lints::cg213::LINT,
    lints::cg215::LINT,
    lints::cg301::LINT,
    lints::cg601::LINT,
    lints::cg606::LINT,
];

/// What the lints find in a profile, by place.
///
/// What the engine of the target does with the document is in [`Resolved::problems`], and not repeated here.
#[must_use]
pub fn lint(profile: &Profile, resolved: &Resolved, target: &Target) -> Vec<Problem> {
    let docker = match target.engine {
        Engine::Container { .. } | Engine::Oci(_) => None,
        Engine::Callgate => {
            let target = Target {
                engine: Engine::DOCKER,
                ..target.clone()
            };
            read(profile, &target).ok()
        }
    };
    let subject = Subject {
        profile,
        resolved,
        target,
        docker: docker.as_ref(),
    };
    let mut problems: Vec<Problem> = LINTS
        .iter()
        .flat_map(|lint| (lint.find)(&subject))
        .collect();
    problems.sort_by_key(|problem| (problem.span, problem.code));
    problems.dedup();
    problems
}

/// What a lint looks at.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) resolved: &'a Resolved,
    pub(crate) target: &'a Target,
    /// What Docker makes of it, where the target is callgate and Docker takes it.
    pub(crate) docker: Option<&'a Resolved>,
}

impl Lint {
    /// A problem of this lint.
    pub(crate) fn problem(
        &self,
        span: callgate_profile::Span,
        message: impl Into<String>,
    ) -> Problem {
        Problem::new(self.id, self.severity, span, message)
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
        }
    }
}
