//! `check --fix`: the changes of the text that mend problems, made where they are proved not to let more through.
//!
//! Apart from the finding, because a change is judged by what the document then means, whoever proposed it.

use callgate_analyze::Standard;
use callgate_engines::Resolved;
use callgate_profile::edit::{self, Edit, Text};
use callgate_profile::{Change, Fix, Problem, Span};
use callgate_prove::{Budget, Diagram};

use super::found::Checked;
use super::manifest;
use crate::difference;
use crate::input::{Document, InputOptions};
use crate::reading;

/// Which changes are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    /// Those that are proved not to let more through.
    Proved,
    /// All that still leave a document.
    All,
}

/// What became of the changes of a document.
pub(super) struct Mended {
    /// The document with those that were made.
    pub(super) document: Document,
    /// How many were made.
    pub(super) made: usize,
    /// Those that were not, each as a difference between texts.
    pub(super) open: Vec<String>,
}

/// Makes the changes of a document, or as many as may be made.
pub(super) fn mend(
    checked: &Checked,
    options: InputOptions,
    standards: &[&Standard],
    make: Make,
) -> Mended {
    let before = &checked.document;
    let proof = Proof::new(before, options, standards);
    let fixes = distinct(&checked.problems);
    let may_be_made = |text: &[u8]| match make {
        Make::Proved => proof.holds(text),
        Make::All => proof.is_read(text),
    };
    let mut taken: Vec<(&Problem, &Fix)> = Vec::new();
    let mut open = Vec::new();
    let whole = applied(before, fixes.iter().map(|(_, fix)| *fix));
    match whole.filter(|text| may_be_made(text)) {
        Some(_) => taken = fixes,
        // One after the other: one that is not proved must not keep the others away.
        None => {
            for (problem, fix) in fixes {
                let with = taken.iter().map(|(_, fix)| *fix).chain([fix]);
                match applied(before, with).filter(|text| may_be_made(text)) {
                    Some(_) => taken.push((problem, fix)),
                    None => open.extend(shown(before, problem, fix)),
                }
            }
        }
    }
    let text = applied(before, taken.iter().map(|(_, fix)| *fix));
    Mended {
        made: taken.len(),
        document: before.with_text(text.unwrap_or_else(|| before.text.clone())),
        open,
    }
}

/// A document after one fix alone, and whether that is proved to let no more through; none where it can't be made.
pub(super) fn alone(
    document: &Document,
    options: InputOptions,
    standards: &[&Standard],
    fix: &Fix,
) -> Option<(Vec<u8>, bool)> {
    let after = applied(document, [fix].into_iter())?;
    let is_proved = Proof::new(document, options, standards).holds(&after);
    Some((after, is_proved))
}

/// The changes, each once, without those that change what another one changes, too.
fn distinct(problems: &[Problem]) -> Vec<(&Problem, &Fix)> {
    let mut kept: Vec<(&Problem, &Fix)> = Vec::new();
    for problem in problems {
        let Some(fix) = &problem.fix else { continue };
        let meets = |(_, other): &(&Problem, &Fix)| {
            let mut pairs = fix
                .changes
                .iter()
                .flat_map(|change| other.changes.iter().map(move |other| (change, other)));
            pairs.any(|(one, two)| overlap(touched(one), touched(two)))
                || fix.changes == other.changes
        };
        if !fix.changes.is_empty() && !kept.iter().any(meets) {
            kept.push((problem, fix));
        }
    }
    kept
}

/// What of a document is no longer there after a change.
const fn touched(change: &Change) -> Span {
    match *change {
        Change::Replace(span, _) | Change::Remove(span) => span,
        Change::Before(Span { start, .. }, _) => Span::new(start, start),
        Change::After(Span { end, .. }, ..) => Span::new(end, end),
    }
}

const fn overlap(one: Span, two: Span) -> bool {
    one.start < two.end && two.start < one.end
}

/// The text of a document with some changes; none where they can't be made, or two of them meet.
fn applied<'f>(document: &Document, fixes: impl Iterator<Item = &'f Fix>) -> Option<Vec<u8>> {
    let changes: Vec<&Change> = fixes.flat_map(|fix| &fix.changes).collect();
    let text = match manifest::of(document) {
        Some(manifest) => manifest.changed(str::from_utf8(&document.text).ok()?, &changes)?,
        None => match Text::of(&document.text) {
            Some(text) => text.apply(&text.edits(&changes)?).ok()?,
            None => without_structure(str::from_utf8(&document.text).ok()?, &changes)?,
        },
    };
    Some(text.into_bytes())
}

/// The same of a text that is not JSON yet: only what stands at a place can be replaced.
fn without_structure(text: &str, changes: &[&Change]) -> Option<String> {
    let edits = changes.iter().map(|change| match change {
        Change::Replace(span, value) => Some(Edit::replace(*span, value)),
        Change::Remove(_) | Change::Before(..) | Change::After(..) => None,
    });
    edit::apply(text, &edits.collect::<Option<Vec<_>>>()?).ok()
}

/// A change that was not made, as a difference.
fn shown(before: &Document, problem: &Problem, fix: &Fix) -> Option<String> {
    let after = applied(before, [fix].into_iter())?;
    let [old, new] = [&before.text, &after].map(|text| String::from_utf8_lossy(text));
    let difference = difference::between(&before.name, &old, &new);
    Some(format!(
        "{}: {} is not proved to let no more through; --fix --write makes it\n{difference}",
        problem.code, fix.does
    ))
}

/// What a document meant before, for each target.
struct Proof<'s> {
    document: &'s Document,
    options: InputOptions,
    before: Vec<(&'s Standard, Vec<Meaning>)>,
}

/// What a profile of a document means.
struct Meaning {
    text: Vec<u8>,
    /// None where it means nothing, or nothing by itself.
    resolved: Option<Resolved>,
}

impl<'s> Proof<'s> {
    fn new(document: &'s Document, options: InputOptions, standards: &[&'s Standard]) -> Self {
        let of = |&standard| (standard, meanings(document, options, standard));
        Self {
            document,
            options,
            before: standards.iter().map(of).collect(),
        }
    }

    /// Whether a text means something to all targets, and lets no call through that the text before refused.
    fn holds(&self, text: &[u8]) -> bool {
        self.each(text, |before, after| {
            let both = before.resolved.as_ref().zip(after.resolved.as_ref());
            both.is_some_and(|(before, after)| is_no_looser(before, after))
                || before.text == after.text
        })
    }

    /// Whether a text means something to all targets to which the text before did.
    fn is_read(&self, text: &[u8]) -> bool {
        self.each(text, |before, after| {
            before.resolved.is_none() || after.resolved.is_some()
        })
    }

    /// Whether something holds for every profile before and after, as every target reads it.
    fn each(&self, text: &[u8], holds: fn(&Meaning, &Meaning) -> bool) -> bool {
        let document = self.document.with_text(text.to_vec());
        self.before.iter().all(|(standard, before)| {
            let after = meanings(&document, self.options, standard);
            let mut pairs = before.iter().zip(&after);
            before.len() == after.len() && pairs.all(|(before, after)| holds(before, after))
        })
    }
}

/// What the profiles of a document mean: one in JSON, as many as there are in YAML.
fn meanings(document: &Document, options: InputOptions, standard: &Standard) -> Vec<Meaning> {
    let meaning = |document: &Document, is_whole: bool| {
        let examined = reading::examine(document, options, &standard.target);
        let resolved = examined.meaning.map(|(_, resolved)| resolved);
        Meaning {
            text: document.text.clone(),
            resolved: resolved.filter(|_| is_whole),
        }
    };
    match manifest::of(document) {
        Some(manifest) => {
            let profiles = manifest.profiles.iter();
            let each = profiles.map(|profile| {
                let alone = manifest::document_of(&profile.json, document, options);
                meaning(&alone, !profile.is_based)
            });
            each.collect()
        }
        None => vec![meaning(document, true)],
    }
}

/// Whether every call gets an action that is at least as strict; what can't be proved is not so.
fn is_no_looser(before: &Resolved, after: &Resolved) -> bool {
    let diagram = |resolved: &Resolved| Diagram::of_policy(&resolved.policy, Budget::default());
    match (diagram(before), diagram(after)) {
        (Ok(before), Ok(after)) => after.less_strict(&before).is_none(),
        _ => false,
    }
}
