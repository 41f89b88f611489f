//! How two filters differ, as JSON.
//!
//! Apart from the words, because scripts rely on these names.

use callgate_syscalls::Arch;
use serde::Serialize;

use super::{Filter, Finding, Relation};
use crate::verb::explain::ActionAnswer;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Answer<'f> {
    schema: &'static str,
    a: &'f str,
    b: &'f str,
    relation: Relation,
    witnesses: Vec<WitnessAnswer>,
}

/// What the JSON document says of a call: `audit` is the word that a filter sees of the arch.
#[derive(Serialize)]
struct WitnessAnswer {
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
        let witnesses = finding.witnesses.iter().map(|witness| WitnessAnswer {
            arch: witness.arch().map(Arch::name),
            audit: witness.call.arch,
            call: witness.written(),
            nr: witness.call.nr,
            args: witness.call.args,
            instruction_pointer: witness.call.instruction_pointer,
            a: ActionAnswer::of(witness.answers[0]),
            b: ActionAnswer::of(witness.answers[1]),
        });
        Self {
            schema: "callgate/prove/v1",
            a: &filters[0].name,
            b: &filters[1].name,
            relation: finding.relation,
            witnesses: witnesses.collect(),
        }
    }
}
