//! Every call that two filters answer differently, as JSON.
//!
//! Apart from the words, because scripts rely on these names.

use callgate_analyze::diff::{Extent, Relation, Subject};
use callgate_syscalls::{Arch, Syscall};
use serde::Serialize;

use super::{Entry, Listing, change_name};
use crate::filter::Filter;
use crate::verb::prove::WitnessAnswer;

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Answer<'f> {
    schema: &'static str,
    a: &'f str,
    b: &'f str,
    equal: bool,
    differences: Vec<DifferenceAnswer>,
}

/// A difference; of neighbours without a name `numbers` has the first and the last.
#[derive(Serialize)]
pub(in crate::verb) struct DifferenceAnswer {
    arch: Option<&'static str>,
    name: Option<&'static str>,
    numbers: Option<[u32; 2]>,
    change: &'static str,
    every_argument: bool,
    witnesses: Vec<WitnessAnswer>,
}

impl<'f> Answer<'f> {
    pub(super) fn of(listing: &Listing, filters: &'f [Filter; 2]) -> Self {
        Self {
            schema: "callgate/diff/v1",
            a: &filters[0].name,
            b: &filters[1].name,
            equal: listing.relation == Relation::Equal,
            differences: listing.entries.iter().map(DifferenceAnswer::of).collect(),
        }
    }
}

impl DifferenceAnswer {
    pub(in crate::verb) fn of(entry: &Entry) -> Self {
        let difference = &entry.difference;
        let (arch, name, numbers): (Option<Arch>, Option<Syscall>, _) = match difference.subject {
            Subject::Call(arch, call) => {
                (Some(arch), Some(call), call.number(arch).map(|nr| [nr; 2]))
            }
            Subject::Numbers(arch, first, last) => (Some(arch), None, Some([first, last])),
            Subject::Arch(arch) => (Some(arch), None, None),
            Subject::OtherArches => (None, None, None),
        };
        Self {
            arch: arch.map(Arch::name),
            name: name.map(Syscall::name),
            numbers,
            change: change_name(difference.change),
            every_argument: difference.extent == Extent::Every,
            witnesses: entry.witnesses.iter().map(WitnessAnswer::of).collect(),
        }
    }
}
