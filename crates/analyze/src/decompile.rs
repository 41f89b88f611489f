//! From a diagram back to a profile in Docker's dialect, which is read as its target reads it and held against the diagram.
//!
//! Apart from rules alone, because a document has names, and means what somebody makes of it.

mod document;

use std::collections::{HashMap, HashSet};
use std::fmt;

use callgate_engines::{Refusal, Target, read};
use callgate_policy::{Action, SeccompData};
use callgate_profile::parse;
use callgate_profile::write::Document;
use callgate_prove::{Budget, Diagram, Undecided};

use crate::conjunctions::Style;
use crate::dialect::Dialect;
use crate::diff::{Difference, Subject, differences, wider};
use crate::rules::{Shape, Unwritable};

use document::{Said, Way, document, said_by_each};
pub(crate) use document::{action_name, argument, data, defaults};

/// A profile that was written from a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Decompiled {
    /// Its text.
    pub text: String,
    /// The JSON that its reader gets of it: the text itself, where that is JSON.
    pub json: String,
    /// How many rules it has.
    pub rules: usize,
    /// What the target makes of it and the filter does not say, from the filter to the profile: none where they are proved equal.
    pub differences: Vec<Difference>,
    /// A call that goes through to the kernel, or to a listener or tracer, where the filter answers more strictly.
    pub wider: Option<SeccompData>,
}

/// Why no profile was written.
#[derive(Clone, Debug, PartialEq)]
pub enum NoProfile {
    /// The filter can't be written as rules.
    Unwritable(Unwritable),
    /// The target does not take the profile.
    Refused(Refusal),
    /// The dialect has no words for some of it.
    NoWords(&'static str),
    /// What the profile means is not decided.
    Undecided(Undecided),
}

/// The profile that a target reads as what a diagram says, or the one that differs the least.
///
/// Where the target is about some arches only, the calls of others don't count.
///
/// # Errors
/// There is none, or it takes more rules than `limit`.
pub fn decompile(
    diagram: &Diagram,
    target: &Target,
    limit: usize,
    budget: Budget,
) -> Result<Decompiled, NoProfile> {
    decompile_as(Dialect::Names, diagram, target, limit, budget)
}

/// The same in another dialect.
///
/// What differs the least is wider nowhere, where there is such.
///
/// # Errors
/// There is none, or it takes more rules than `limit`.
pub fn decompile_as(
    dialect: Dialect<'_>,
    diagram: &Diagram,
    target: &Target,
    limit: usize,
    budget: Budget,
) -> Result<Decompiled, NoProfile> {
    let mut shape = Shape::by_name(diagram).map_err(NoProfile::Unwritable)?;
    if let Some(only) = &target.arches {
        shape.arches.retain(|(arch, _)| only.contains(arch));
    }
    let defaults = defaults(&shape, diagram);
    let mut said: HashMap<Style, Result<Vec<Said>, Unwritable>> = HashMap::new();
    let mut search = Search {
        diagram,
        dialect,
        target,
        budget,
        tried: Vec::new(),
        floors: HashMap::new(),
        best: None,
        refused: None,
    };
    // All defaults in one way come before the next way, since a wrong default is what differs most.
    for way in Way::ALL {
        for &default in &defaults {
            if search.is_hopeless(way, default) {
                continue;
            }
            let said = said
                .entry(way.style)
                .or_insert_with(|| said_by_each(&shape, diagram, way.style, limit));
            let written = match said {
                Ok(said) => document(said, default, way, limit),
                Err(reason) => Err(*reason),
            };
            let outcome = match written {
                Ok(written) => search.hold(written, way, default),
                Err(reason) => Err(NoProfile::Unwritable(reason)),
            };
            match outcome {
                Ok(Some(proved)) => return Ok(proved),
                Ok(None) => {}
                Err(reason) => {
                    search.refused.get_or_insert(reason);
                }
            }
        }
    }
    // There is a default to try, so there is one or the other.
    match (search.best, search.refused) {
        (Some(best), _) => Ok(best),
        (None, Some(reason)) => Err(reason),
        (None, None) => Err(NoProfile::Unwritable(Unwritable::UnknownArches)),
    }
}

/// How much a profile differs: wider profiles last.
type Rank = (bool, usize);

/// The search for a document that its target reads as what the filter says.
struct Search<'a> {
    diagram: &'a Diagram,
    dialect: Dialect<'a>,
    target: &'a Target,
    budget: Budget,
    /// What was held against the filter already, and its floor, where the target took it.
    tried: Vec<(Document, Option<Rank>)>,
    /// What differs in calls without comparisons, by way and default: that much does in another style, too.
    floors: HashMap<(Way, Action), Rank>,
    best: Option<Decompiled>,
    refused: Option<NoProfile>,
}

impl Search<'_> {
    /// Whether another style has shown that this one is not better than the best.
    fn is_hopeless(&self, way: Way, default: Action) -> bool {
        let other = Way {
            style: Style::OneEach,
            ..way
        };
        let floor = self.floors.get(&(other, default));
        let best = self.best.as_ref().map(Decompiled::rank);
        floor.zip(best).is_some_and(|(&floor, best)| best <= floor)
    }

    /// Holds a document against the filter; gives it back where it is proved equal, and keeps the one that differs the least.
    fn hold(
        &mut self,
        written: Document,
        way: Way,
        default: Action,
    ) -> Result<Option<Decompiled>, NoProfile> {
        let mut tried = self.tried.iter();
        if let Some((_, floor)) = tried.find(|(tried, _)| *tried == written) {
            self.floors
                .extend(floor.map(|floor| ((way, default), floor)));
            return Ok(None);
        }
        let held = held_against(
            self.diagram,
            &written,
            self.dialect,
            self.target,
            self.budget,
        );
        let floor = held.as_ref().ok().map(|held| held.floor);
        self.floors
            .extend(floor.map(|floor| ((way, default), floor)));
        self.tried.push((written, floor));
        let found = held?.found;
        if found.differences.is_empty() {
            return Ok(Some(found));
        }
        let best = self.best.as_ref();
        if best.is_none_or(|best| found.rank() < best.rank()) {
            self.best = Some(found);
        }
        Ok(None)
    }
}

impl Decompiled {
    fn rank(&self) -> Rank {
        (self.wider.is_some(), self.differences.len())
    }
}

/// A document that was held against the filter.
struct Held {
    found: Decompiled,
    /// What differs in calls without comparisons.
    floor: Rank,
}

/// Reads what was written, as the target does.
fn held_against(
    diagram: &Diagram,
    document: &Document,
    dialect: Dialect<'_>,
    target: &Target,
    budget: Budget,
) -> Result<Held, NoProfile> {
    let text = dialect.text(document).map_err(NoProfile::NoWords)?;
    let parsed = parse(text.json.as_bytes(), &callgate_profile::Options::default());
    let profile = parsed.profile.expect("what is written is a profile");
    let resolved = read(&profile, target).map_err(NoProfile::Refused)?;
    let means = Diagram::of_policy(&resolved.policy, budget).map_err(NoProfile::Undecided)?;
    let mut differences = differences(diagram, &means, target.native)
        .map_err(|reason| NoProfile::Unwritable(Unwritable::Runs(reason)))?;
    if let Some(only) = &target.arches {
        differences.retain(|difference| match difference.subject {
            Subject::Call(arch, _) | Subject::Numbers(arch, ..) | Subject::Arch(arch) => {
                only.contains(&arch)
            }
            Subject::OtherArches => false,
        });
    }
    let is_wider = |difference: &Difference| wider(diagram, &means, difference);
    let has_comparisons = names_with_comparisons(document);
    let plain = differences
        .iter()
        .filter(|difference| match difference.subject {
            Subject::Call(_, call) => !has_comparisons.contains(call.name()),
            _ => true,
        });
    let floor = (plain.clone().find_map(is_wider).is_some(), plain.count());
    let wider = differences.iter().find_map(is_wider);
    Ok(Held {
        found: Decompiled {
            text: text.written,
            json: text.json,
            rules: document.syscalls.len(),
            differences,
            wider,
        },
        floor,
    })
}

fn names_with_comparisons(document: &Document) -> HashSet<&str> {
    let rules = document
        .syscalls
        .iter()
        .filter(|rule| !rule.args.is_empty());
    rules
        .flat_map(|rule| rule.names.iter().map(String::as_str))
        .collect()
}

impl fmt::Display for NoProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwritable(reason) => reason.fmt(f),
            Self::Refused(reason) => write!(f, "the target refuses what the filter says: {reason}"),
            Self::NoWords(what) => f.write_str(what),
            Self::Undecided(reason) => reason.fmt(f),
        }
    }
}

impl std::error::Error for NoProfile {}
