//! `callgate diff`: every call that two filters answer differently, with a call that shows it.
//!
//! Apart from `prove`, which gives one call for each claim: this names them all, for who reviews a change.

mod document;

use std::collections::BTreeMap;
use std::fmt::Write;

use callgate_analyze::diff::{Change, Difference, Extent, Relation, Subject, relation};
use callgate_engines::Engine;
use callgate_prove::Budget;
use callgate_syscalls::Arch;
use clap::Args;

use self::document::Answer;
pub(super) use self::document::DifferenceAnswer;
use super::Format;
use crate::each::{self, Said};
use crate::failure::{Ended, Failure, Status};
use crate::filter::{Claim, Filter, Witness, all_differences, two_sources};
use crate::input::InputOptions;
use crate::meaning::LayerOptions;
use crate::reading::TargetOptions;

/// List every call that two filters answer differently: looser, stricter or sideways from A to B
///
/// Looser and stricter are what changes from A to B, in the kernel's order of actions;
/// sideways is looser for some arguments and stricter for others, or as strict with other data, such as another errno.
/// Every line shows a call and what A and B answer to it; an answer that changes for some arguments only says so.
/// With --against, B is read by another engine than A; without B, the same profile is read by both.
/// With several --target the list is made for each in turn, and the exit status is of all.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 equal, or what is asserted holds; 1 it differs; 2 undecided or not readable; 3 not possible here.

Examples:
  callgate diff docker:default mine.json
  callgate diff --assert-subset docker:default pulled.json
  callgate diff profile.json --target docker@28 --against callgate
  callgate diff profile.json container:web --target docker@20.10"
)]
pub(crate) struct Diff {
    /// A profile: a path, `-`, docker:default, pid:N, container:NAME, or a raw program FILE.bpf; --layer lies above it
    #[arg(value_name = "A")]
    one: String,
    /// Another [default: A, where --against names who reads it]
    #[arg(value_name = "B", required_unless_present = "against")]
    other: Option<String>,
    /// Who reads B [default: --target]
    #[arg(long, value_name = "ENGINE")]
    against: Option<Engine>,
    /// For scripts: the exit status says whether every call is answered alike, and nothing is listed where it is so
    #[arg(long, conflicts_with = "assert_subset")]
    assert_equal: bool,
    /// Exit with 0 where no call gets a less strict answer from B than from A, and list only those that do
    #[arg(long)]
    assert_subset: bool,
    /// How many nodes of its decision diagram a filter may take; fifty bytes each, about
    #[arg(long, value_name = "NODES", default_value_t = Budget::default().nodes)]
    budget: u32,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    layer: LayerOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// Lists what differs.
pub(crate) fn run(arguments: &Diff, options: InputOptions) -> Ended {
    let other = arguments.other.as_ref().unwrap_or(&arguments.one);
    two_sources(&arguments.one, &arguments.layer, other)?;
    let target = &arguments.target;
    let targets = target.targets()?;
    let readers_of_b = match arguments.against {
        Some(engine) => vec![target.read_by(Some(engine)).target()?; targets.len()],
        None => targets.clone(),
    };
    let none = LayerOptions::default();
    let one = Filter::read_each(&arguments.one, &arguments.layer, options, target, &targets)?;
    let other = Filter::read_each(other, &none, options, target, &readers_of_b)?;
    let listed = one
        .into_iter()
        .zip(other)
        .map(|(one, other)| arguments.listed([one, other]))
        .collect::<Result<Vec<_>, Failure>>()?;
    let said = targets.into_iter().zip(&listed);
    let said = said.map(|(target, (listing, filters))| Said {
        target,
        page: listing.page(filters, arguments),
        document: Answer::of(listing, filters),
    });
    each::put(arguments.format, &said.collect::<Vec<_>>())?;
    let is_yes = |listing: &Listing| match listing.relation {
        Relation::Equal => true,
        Relation::EquallyStrict | Relation::Looser => arguments.assert_subset,
        Relation::Stricter | Relation::Neither => false,
    };
    Ok(Status::of(
        listed.iter().all(|(listing, _)| is_yes(listing)),
    ))
}

impl Diff {
    /// What is to be listed of two filters, and those two.
    fn listed(&self, filters: [Filter; 2]) -> Result<(Listing, [Filter; 2]), Failure> {
        let filters = match self.against {
            Some(_) => filters.map(Filter::for_target),
            None => filters,
        };
        let budget = Budget { nodes: self.budget };
        let mut listing = Listing::of(&filters, budget, self.target.native()?)?;
        if self.assert_subset {
            listing.entries.retain(Entry::has_looser);
        }
        Ok((listing, filters))
    }
}

/// All that differs, confirmed.
struct Listing {
    /// How A stands to B.
    relation: Relation,
    entries: Vec<Entry>,
}

/// A difference, and witnesses that both filters were asked about.
pub(crate) struct Entry {
    difference: Difference,
    witnesses: Vec<Witness>,
}

impl Listing {
    fn of(filters: &[Filter; 2], budget: Budget, native: Arch) -> Result<Self, Failure> {
        let diagrams = [filters[0].diagram(budget)?, filters[1].diagram(budget)?];
        let relation = relation(&diagrams[0], &diagrams[1]).relation;
        let entries = all_differences(&diagrams, native)?
            .into_iter()
            .map(|difference| Entry::confirmed(filters, difference))
            .collect::<Result<_, _>>()?;
        Ok(Self { relation, entries })
    }

    fn page(&self, filters: &[Filter; 2], arguments: &Diff) -> String {
        let mut text = String::new();
        let [a, b] = filters.each_ref().map(|filter| &filter.name);
        let _ = match (arguments.assert_subset, self.relation) {
            (_, Relation::Equal) => writeln!(text, "equal: {a} and {b} answer every call alike"),
            (true, Relation::Looser | Relation::EquallyStrict) => {
                writeln!(
                    text,
                    "subset: no call gets a less strict answer from {b} than from {a}"
                )
            }
            (true, _) => writeln!(text, "no subset: {b} is looser than {a}"),
            (false, _) => writeln!(text, "different: {}, from {a} to {b}", self.counts()),
        };
        text.push_str(&lines(&self.entries));
        text
    }

    /// `12 looser, 1 sideways`.
    fn counts(&self) -> String {
        let mut counts: BTreeMap<Change, usize> = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.difference.change).or_default() += 1;
        }
        let words: Vec<String> = counts
            .into_iter()
            .map(|(change, count)| format!("{count} {}", change_name(change)))
            .collect();
        words.join(", ")
    }
}

impl Entry {
    pub(crate) fn confirmed(
        filters: &[Filter; 2],
        difference: Difference,
    ) -> Result<Self, Failure> {
        let claims: &[Claim] = match (difference.change, difference.witnesses.len()) {
            (Change::Looser, _) => &[Claim::Stricter],
            (Change::Stricter, _) => &[Claim::Looser],
            (Change::Sideways, 2) => &[Claim::Stricter, Claim::Looser],
            (Change::Sideways, _) => &[Claim::Different],
        };
        let witnesses = claims
            .iter()
            .zip(&difference.witnesses)
            .map(|(&claim, &call)| Witness::confirmed(filters, claim, call))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            difference,
            witnesses,
        })
    }

    /// Whether some call of it gets a less strict answer from B.
    fn has_looser(&self) -> bool {
        self.witnesses
            .iter()
            .any(|witness| change_of(witness) == Change::Looser)
    }

    /// Under what it is listed.
    fn heading(&self) -> &'static str {
        match self.difference.subject {
            Subject::Call(arch, _) | Subject::Numbers(arch, ..) | Subject::Arch(arch) => {
                arch.name()
            }
            Subject::OtherArches => "other arches",
        }
    }

    /// For which other calls the witness stands.
    fn note(&self) -> String {
        let extent = match self.difference.extent {
            Extent::Every => "",
            Extent::Some => "  (some arguments)",
        };
        match self.difference.subject {
            Subject::Call(..) => extent.to_owned(),
            Subject::Numbers(_, first, last) if first == last => {
                format!("{extent}  (a number without a name)")
            }
            Subject::Numbers(_, first, last) => {
                format!("{extent}  ({first} to {last}, numbers without a name)")
            }
            Subject::Arch(_) | Subject::OtherArches => match self.difference.extent {
                Extent::Every => "  (every call)".to_owned(),
                Extent::Some => "  (some calls)".to_owned(),
            },
        }
    }
}

/// Differences with their witnesses, arch by arch.
pub(crate) fn lines(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut arch = None;
    for entry in entries {
        if arch != Some(entry.heading()) {
            arch = Some(entry.heading());
            let _ = writeln!(text, "\n{}", entry.heading());
        }
        for witness in &entry.witnesses {
            let _ = writeln!(
                text,
                "  {:<8}  {} -> {}  {}{}",
                change_name(change_of(witness)),
                witness.answer(0),
                witness.answer(1),
                witness.written_with_place(),
                entry.note()
            );
        }
    }
    text
}

/// What a witness by itself shows.
fn change_of(witness: &Witness) -> Change {
    let [before, after] = witness.answers.map(callgate_bpf::Action::strictness);
    match after.cmp(&before) {
        std::cmp::Ordering::Greater => Change::Looser,
        std::cmp::Ordering::Less => Change::Stricter,
        std::cmp::Ordering::Equal => Change::Sideways,
    }
}

const fn change_name(change: Change) -> &'static str {
    match change {
        Change::Looser => "looser",
        Change::Stricter => "stricter",
        Change::Sideways => "sideways",
    }
}
