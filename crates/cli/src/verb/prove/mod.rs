//! `callgate prove`: whether two filters answer every call alike, decided, with a call to show for it where they do not.
//!
//! Apart from `sim`, which asks about some calls: this is about all of them.

mod document;

use std::fmt::Write;

use callgate_analyze::diff::{Relation, relation};
use callgate_prove::Budget;
use clap::Args;

use self::document::Answer;
pub(super) use self::document::{WitnessAnswer, relation_name};
use super::Format;
use crate::each::{self, Said};
use crate::failure::{Ended, Failure, Status};
use crate::filter::{Claim, Filter, Witness, two_sources};
use crate::input::InputOptions;
use crate::meaning::LayerOptions;
use crate::reading::TargetOptions;

/// Decide whether two filters answer every call alike
///
/// The answer is `equal`, or how A differs from B, with a call that shows it: stricter, looser, neither (stricter for some calls,
/// looser for others), or equally strict (other data only, such as another errno).
/// Strictness is the kernel's order of actions: kill_process, kill_thread, trap, errno, notify, trace, log, allow.
/// With several --target both are read by each in turn, and the exit status is of all.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 equal; 1 not; 2 undecided, and the reason is said, or not readable.

Examples:
  callgate prove profile.json filter.bpf
  callgate prove --subset mine.json docker:default
  callgate prove --format json old.bpf new.bpf | jq -r .relation"
)]
pub(crate) struct Prove {
    /// A profile: a path, `-`, docker:default, pid:N, container:NAME, or a raw program FILE.bpf of any origin; --layer lies above it
    #[arg(value_name = "A")]
    one: String,
    /// Another
    #[arg(value_name = "B")]
    other: String,
    /// Exit with 0 also where A is stricter than B, or equally strict: no call gets a less strict answer
    #[arg(long)]
    subset: bool,
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

/// Compares the two.
pub(crate) fn run(arguments: &Prove, options: InputOptions) -> Ended {
    two_sources(&arguments.one, &arguments.layer, &arguments.other)?;
    let budget = Budget {
        nodes: arguments.budget,
    };
    let target = &arguments.target;
    let targets = target.targets()?;
    let none = LayerOptions::default();
    let one = Filter::read_each(&arguments.one, &arguments.layer, options, target, &targets)?;
    let other = Filter::read_each(&arguments.other, &none, options, target, &targets)?;
    let compared = one
        .into_iter()
        .zip(other)
        .map(|(one, other)| {
            let filters = [one, other];
            Ok((compare(&filters, budget)?, filters))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let said = targets.into_iter().zip(&compared);
    let said = said.map(|(target, (finding, filters))| Said {
        target,
        page: finding.page(filters),
        document: Answer::of(finding, filters),
    });
    each::put(arguments.format, &said.collect::<Vec<_>>())?;
    let is_yes = |finding: &Finding| match finding.relation {
        Relation::Equal => true,
        Relation::Stricter | Relation::EquallyStrict => arguments.subset,
        Relation::Looser | Relation::Neither => false,
    };
    Ok(Status::of(
        compared.iter().all(|(finding, _)| is_yes(finding)),
    ))
}

/// What was found, with a call for every claim that two answers differ.
pub(super) struct Finding {
    pub(super) relation: Relation,
    pub(super) witnesses: Vec<Witness>,
}

/// Compares two filters, over all calls.
pub(super) fn compare(filters: &[Filter; 2], budget: Budget) -> Result<Finding, Failure> {
    let diagrams = [filters[0].diagram(budget)?, filters[1].diagram(budget)?];
    let related = relation(&diagrams[0], &diagrams[1]);
    let claims = [
        (Claim::Stricter, related.stricter),
        (Claim::Looser, related.looser),
        (Claim::Different, related.different),
    ];
    let witnesses = claims
        .into_iter()
        .filter_map(|(claim, call)| Some(Witness::confirmed(filters, claim, call?)))
        .collect::<Result<_, _>>()?;
    Ok(Finding {
        relation: related.relation,
        witnesses,
    })
}

impl Finding {
    fn page(&self, filters: &[Filter; 2]) -> String {
        let mut text = format!("{}\n", in_words(self.relation));
        for witness in &self.witnesses {
            let _ = writeln!(text, "\n{witness}");
            let answers = [witness.answer(0), witness.answer(1)];
            let width = answers.iter().map(String::len).max().unwrap_or(0);
            for ((side, filter), answer) in ["A", "B"].into_iter().zip(filters).zip(&answers) {
                let place = filter.place(&witness.call);
                let _ = writeln!(text, "  {side}: {answer:<width$}  {place}");
            }
        }
        text
    }
}

/// A relation in a sentence.
const fn in_words(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "equal: A and B answer every call alike",
        Relation::EquallyStrict => {
            "equally strict: some calls get other data from A than from B, and none another action"
        }
        Relation::Stricter => {
            "stricter: some calls get a stricter answer from A than from B, and none a less strict one"
        }
        Relation::Looser => {
            "looser: some calls get a less strict answer from A than from B, and none a stricter one"
        }
        Relation::Neither => {
            "neither: some calls get a stricter answer from A than from B, and some a less strict one"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::Meaning;

    fn filter(text: &str) -> Filter {
        Filter {
            name: "filter".to_owned(),
            meaning: Meaning::Program(text.parse().expect("a program")),
        }
    }

    /// `read` gets the first answer, every other call the second.
    fn two(read: &str, others: &str) -> Filter {
        filter(&format!(
            "ld [0]\njeq #0, read, others\nread: ret #{read}\nothers: ret #{others}"
        ))
    }

    const KILL: &str = "0x80000000";
    const EPERM: &str = "0x50001";
    const ENOSYS: &str = "0x50026";
    const ALLOW: &str = "0x7fff0000";

    #[test]
    fn every_relation_and_as_many_witnesses_as_it_claims() {
        for (one, other, relation, witnesses) in [
            (two(EPERM, ALLOW), two(EPERM, ALLOW), Relation::Equal, 0),
            (
                two(EPERM, ALLOW),
                two(ENOSYS, ALLOW),
                Relation::EquallyStrict,
                1,
            ),
            (
                two(ENOSYS, EPERM),
                two(EPERM, ENOSYS),
                Relation::EquallyStrict,
                1,
            ),
            (
                two(EPERM, ENOSYS),
                two(ENOSYS, ALLOW),
                Relation::Stricter,
                1,
            ),
            (two(EPERM, ALLOW), two(KILL, ALLOW), Relation::Looser, 1),
            (two(EPERM, ALLOW), two(ALLOW, EPERM), Relation::Neither, 2),
        ] {
            let finding = compare(&[one, other], Budget::default()).expect("decided");
            assert_eq!(finding.relation, relation);
            assert_eq!(finding.witnesses.len(), witnesses, "{relation:?}");
        }
    }

    #[test]
    fn strictness_of_computed_answers_is_decided() {
        let computed = filter("ld [0]\nand #0xfff\nor #0x50000\nret a");
        let finding = compare(&[computed, two(EPERM, EPERM)], Budget::default()).expect("decided");
        assert_eq!(finding.relation, Relation::EquallyStrict);
    }
}
