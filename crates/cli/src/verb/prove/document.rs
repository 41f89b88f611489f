//! How two filters differ, as JSON.
//!
//! Apart from the words, because scripts rely on these names.

use callgate_syscalls::Arch;
use serde::Serialize;

use super::Finding;
use crate::filter::{Filter, Witness};
use crate::verb::explain::ActionAnswer;
use callgate_analyze::diff::Relation;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Answer<'f> {
    schema: &'static str,
    a: &'f str,
    b: &'f str,
    relation: &'static str,
    witnesses: Vec<WitnessAnswer>,
}

/// What the JSON document says of a call: `audit` is the word that a filter sees of the arch.
#[derive(Serialize)]
pub(in crate::verb) struct WitnessAnswer {
    arch: Option<&'static str>,
    audit: u32,
    call: String,
    nr: u32,
    args: [u64; 6],
    instruction_pointer: u64,
    a: ActionAnswer,
    b: ActionAnswer,
}

impl<'f> Answer<'f> {
    pub(super) fn of(finding: &Finding, filters: &'f [Filter; 2]) -> Self {
        let witnesses = finding.witnesses.iter().map(WitnessAnswer::of);
        Self {
            schema: "callgate/prove/v1",
            a: &filters[0].name,
            b: &filters[1].name,
            relation: relation_name(finding.relation),
            witnesses: witnesses.collect(),
        }
    }
}

impl WitnessAnswer {
    pub(in crate::verb) fn of(witness: &Witness) -> Self {
        Self {
            arch: witness.arch().map(Arch::name),
            audit: witness.call.arch,
            call: witness.written(),
            nr: witness.call.nr,
            args: witness.call.args,
            instruction_pointer: witness.call.instruction_pointer,
            a: ActionAnswer::of(witness.answers[0]),
            b: ActionAnswer::of(witness.answers[1]),
        }
    }
}

/// The name of a relation in JSON.
pub(in crate::verb) const fn relation_name(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "equal",
        Relation::EquallyStrict => "equally_strict",
        Relation::Stricter => "stricter",
        Relation::Looser => "looser",
        Relation::Neither => "neither",
    }
}
