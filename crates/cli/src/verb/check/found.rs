//! The problems of one document, for all of its targets together.
//!
//! Apart from the ways to print them, because all of those print the same.

use std::collections::HashMap;

use callgate_analyze::{Standard, without_its_base};
use callgate_engines::{Resolved, Target};
use callgate_profile::{Parsed, Problem, Profile, Severity};

use super::manifest::{self, Manifest};
use super::selection::Selection;
use super::{config, extending, length};
use crate::input::{Document, InputOptions};
use crate::reading;

/// A profile and its problems.
pub(super) struct Checked {
    pub(super) document: Document,
    pub(super) targets: Vec<Target>,
    pub(super) problems: Vec<Problem>,
    /// How many are known and not told.
    pub(super) known: usize,
}

impl Checked {
    /// Reads a document as each of the targets would, and holds it against the standard of each.
    pub(super) fn of(
        document: Document,
        options: InputOptions,
        standards: &[&Standard],
        selection: &Selection,
    ) -> Self {
        let mut problems = match manifest::of(&document) {
            Some(manifest) => of_manifest(&document, manifest, options, standards),
            None => extending::problems(&document, options, standards),
        };
        problems.extend(config::problems(&document.text));
        problems.sort_by_key(|problem| problem.span.start);
        problems.retain(|problem| selection.tells(problem));
        Self {
            document,
            targets: standards.iter().map(|each| each.target.clone()).collect(),
            problems,
            known: 0,
        }
    }

    pub(super) fn count(&self, severity: Severity) -> usize {
        self.problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    }

    /// The targets in one word each.
    pub(super) fn target_names(&self) -> String {
        let names: Vec<String> = self.targets.iter().map(Target::to_string).collect();
        names.join(", ")
    }
}

/// The problems of a YAML file, and of the profiles that stand in it, at their places there.
fn of_manifest(
    file: &Document,
    manifest: Manifest,
    options: InputOptions,
    standards: &[&Standard],
) -> Vec<Problem> {
    let mut problems = manifest.problems;
    for profile in &manifest.profiles {
        let document = manifest::document_of(&profile.json, file, options);
        let mut found = extending::problems(&document, options, standards);
        // A problem in a base has no place in the YAML.
        found.retain(|problem| problem.span.start <= document.text.len());
        problems.extend(found.into_iter().map(|problem| profile.moved(problem)));
    }
    problems.sort_by_key(|problem| problem.span.start);
    problems
}

/// The problems of a profile for all targets: all that their readings and the lints find, and what they make of it `alone` where it
/// has a base.
pub(super) fn for_all(
    parsed: &Parsed,
    alone: Option<&Profile>,
    standards: &[&Standard],
) -> Vec<Problem> {
    let judged = standards
        .iter()
        .map(|standard| reading::judge(parsed, &standard.target));
    let (readings, told): (Vec<_>, Vec<_>) = judged.unzip();
    let pairs = standards.iter().zip(&readings);
    let pairs =
        pairs.filter_map(|(standard, resolved)| Some((&standard.target, resolved.as_ref()?)));
    let beside: Vec<(&Target, &Resolved)> = pairs.collect();
    let of_each = standards.iter().zip(&readings).zip(told);
    let found = of_each.map(|((standard, resolved), problems)| {
        let all = match parsed.profile.as_ref().zip(resolved.as_ref()) {
            Some((profile, resolved)) => {
                let mut found = standard.lint_beside(profile, resolved, &beside);
                let target = &standard.target;
                found.extend(length::problem(profile, resolved, target));
                found.extend(alone.and_then(|alone| without_its_base(alone, resolved, target)));
                reading::by_place(problems, found)
            }
            None => problems,
        };
        (&standard.target, all)
    });
    summed(joined(found.collect()))
}

/// The problems for all targets by place, each once; one that not all have says whose it is.
fn joined(found: Vec<(&Target, Vec<Problem>)>) -> Vec<Problem> {
    let count = found.len();
    let mut all: Vec<(Problem, Vec<&Target>)> = Vec::new();
    let mut places: HashMap<(&'static str, usize, usize, String), usize> = HashMap::new();
    for (target, problems) in found {
        for problem in problems {
            let span = problem.span;
            // Of a warning that two targets have in other words, one is enough.
            let words = match problem.severity {
                Severity::Error => problem.message.clone(),
                Severity::Warning | Severity::Info | Severity::Style => String::new(),
            };
            let key = (problem.code, span.start, span.end, words);
            let place = *places.entry(key).or_insert_with(|| {
                all.push((problem, Vec::new()));
                all.len() - 1
            });
            if all[place].1.last() != Some(&target) {
                all[place].1.push(target);
            }
        }
    }
    all.sort_by_key(|(problem, _)| problem.span.start);
    let told = all.into_iter().map(|(problem, targets)| {
        if targets.len() == count {
            return problem;
        }
        let names: Vec<String> = targets.iter().map(|target| target.to_string()).collect();
        problem.note(format!("for {}", names.join(", ")))
    });
    told.collect()
}

/// Fields that a target does not read, of which a document may have one in each rule: told once, and counted.
const SUMMED: &str = "CG223";

fn summed(problems: Vec<Problem>) -> Vec<Problem> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Problem> = Vec::new();
    for problem in problems {
        if problem.code != SUMMED {
            kept.push(problem);
            continue;
        }
        let count = counts.entry(problem.message.clone()).or_default();
        *count += 1;
        if *count == 1 {
            kept.push(problem);
        }
    }
    for problem in kept.iter_mut().filter(|problem| problem.code == SUMMED) {
        match counts.get(&problem.message) {
            None | Some(1) => {}
            Some(2) => problem.notes.push("and in another place".to_owned()),
            Some(many) => problem
                .notes
                .push(format!("and in {} more places", many - 1)),
        }
    }
    kept
}
