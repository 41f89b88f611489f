//! How two filters differ, call by call: looser, stricter or sideways, and for every claim a call that shows it.
//!
//! Apart from the diagrams, which know numbers and no names; by diagrams, so that no argument is left out.

use std::collections::HashMap;

use callgate_policy::{Action, SeccompData};
use callgate_prove::{Diagram, Fixed, Part};
use callgate_syscalls::{Arch, Syscall};

pub use crate::numbers::TooManyRuns;
use crate::numbers::{Run, runs, unknown_tokens};

/// How one filter stands to another, over all calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Every call is answered alike.
    Equal,
    /// They differ in the data of actions alone.
    EquallyStrict,
    /// Some calls get a stricter answer, and none a less strict one.
    Stricter,
    /// Some calls get a less strict answer, and none a stricter one.
    Looser,
    /// Stricter for some calls, looser for others.
    Neither,
}

/// How one filter stands to another, with a call for every claim that this makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Related {
    /// How the first stands to the second.
    pub relation: Relation,
    /// A call that gets a stricter answer from the first.
    pub stricter: Option<SeccompData>,
    /// A call that gets a less strict answer from the first.
    pub looser: Option<SeccompData>,
    /// Where none is stricter, a call that gets another answer.
    pub different: Option<SeccompData>,
}

/// Calls that two filters answer differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which calls.
    pub subject: Subject,
    /// What changes from the first filter to the second.
    pub change: Change,
    /// Whether it changes whatever the arguments are.
    pub extent: Extent,
    /// Calls that show it: two where it is looser for some arguments and stricter for others, else one.
    pub witnesses: Vec<SeccompData>,
}

/// Which calls a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The calls of one number that has a name.
    Call(Arch, Syscall),
    /// The calls of numbers without a name, both ends included.
    Numbers(Arch, u32, u32),
    /// Every call of an arch, where all of them change alike.
    Arch(Arch),
    /// The calls of all arches that neither filter tells from one that has no table, the native one excepted.
    OtherArches,
}

/// What changes from one filter to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The second is looser for some arguments, stricter for none.
    Looser,
    /// The second is stricter for some arguments, looser for none.
    Stricter,
    /// The second is looser for some and stricter for others, or as strict with other data.
    Sideways,
}

/// For which arguments an answer differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// For all.
    Every,
    /// For some.
    Some,
}

/// How the first filter stands to the second.
#[must_use]
pub fn relation(one: &Diagram, other: &Diagram) -> Related {
    let stricter = other.less_strict(one);
    let looser = one.less_strict(other);
    let different = match (stricter, looser) {
        (None, None) => one.witness(other),
        _ => None,
    };
    let relation = match (stricter, looser, different) {
        (None, None, None) => Relation::Equal,
        (None, None, Some(_)) => Relation::EquallyStrict,
        (Some(_), None, _) => Relation::Stricter,
        (None, Some(_), _) => Relation::Looser,
        (Some(_), Some(_), _) => Relation::Neither,
    };
    Related {
        relation,
        stricter,
        looser,
        different,
    }
}

/// Every call whose answer differs: arch by arch, by number; neighbours without a name are one entry.
///
/// Of arches that a filter does not tell apart the native one is listed, and the others are one entry.
///
/// # Errors
/// The filters tell numbers apart in more runs than can be listed.
pub fn differences(
    one: &Diagram,
    other: &Diagram,
    native: Arch,
) -> Result<Vec<Difference>, TooManyRuns> {
    let both = Both { one, other };
    let unknown = unknown_tokens(|audit| both.parts(Fixed::Token(audit)))?;
    let mut found = Vec::new();
    for &arch in Arch::ALL {
        let parts = both.of_token(arch);
        if arch.audit() != native.audit() && unknown.iter().any(|&(unknown, _)| unknown == parts) {
            continue;
        }
        of_arch(&both, arch, &mut found)?;
    }
    let mut told = Vec::new();
    for (parts, audit) in unknown {
        if told.contains(&parts) {
            continue;
        }
        told.push(parts);
        if let Some(found_there) = both.changed(Fixed::Token(audit)) {
            found.push(found_there.about(Subject::OtherArches));
        }
    }
    Ok(found)
}

/// A call of a difference that the second filter lets through, to the kernel or to a listener or tracer, and that gets a
/// stricter answer from the first; none where all such calls are refused all the same.
#[must_use]
pub fn wider(one: &Diagram, other: &Diagram, difference: &Difference) -> Option<SeccompData> {
    let is_wider = |before: Action, after: Action| {
        after.strictness() >= Action::Notify.strictness()
            && after.strictness() > before.strictness()
    };
    difference.witnesses.iter().find_map(|witness| {
        let fixed = match difference.subject {
            Subject::Call(..) | Subject::Numbers(..) => Fixed::Number(witness.arch, witness.nr),
            Subject::Arch(_) | Subject::OtherArches => Fixed::Token(witness.arch),
        };
        one.example(other, fixed, is_wider)
    })
}

/// The two filters.
struct Both<'d> {
    one: &'d Diagram,
    other: &'d Diagram,
}

/// What each of two filters is for some calls.
type Parts = [Part; 2];

/// A change without a name.
#[derive(Clone)]
struct Found {
    change: Change,
    extent: Extent,
    witnesses: Vec<SeccompData>,
}

impl Both<'_> {
    fn parts(&self, fixed: Fixed) -> (Parts, u32) {
        let (one, one_last) = self.one.part(fixed);
        let (other, other_last) = self.other.part(fixed);
        ([one, other], one_last.min(other_last))
    }

    /// What the two are for the token of an arch.
    fn of_token(&self, arch: Arch) -> Parts {
        self.parts(Fixed::Token(arch.audit())).0
    }

    /// How the two differ for calls of which so much is fixed; none where they don't.
    fn changed(&self, fixed: Fixed) -> Option<Found> {
        let example =
            |wanted: fn(Action, Action) -> bool| self.one.example(self.other, fixed, wanted);
        let looser = example(|one, other| other.strictness() > one.strictness());
        let stricter = example(|one, other| other.strictness() < one.strictness());
        let (change, witnesses) = match (looser, stricter) {
            (Some(looser), Some(stricter)) => (Change::Sideways, vec![looser, stricter]),
            (Some(looser), None) => (Change::Looser, vec![looser]),
            (None, Some(stricter)) => (Change::Stricter, vec![stricter]),
            (None, None) => (Change::Sideways, vec![example(|one, other| one != other)?]),
        };
        let extent = match example(|one, other| one == other) {
            Some(_) => Extent::Some,
            None => Extent::Every,
        };
        Some(Found {
            change,
            extent,
            witnesses,
        })
    }
}

impl Found {
    fn about(self, subject: Subject) -> Difference {
        Difference {
            subject,
            change: self.change,
            extent: self.extent,
            witnesses: self.witnesses,
        }
    }

    /// The same of another number that has the same parts.
    fn of_number(&self, nr: u32) -> Self {
        let mut found = self.clone();
        for witness in &mut found.witnesses {
            witness.nr = nr;
        }
        found
    }
}

fn of_arch(both: &Both<'_>, arch: Arch, found: &mut Vec<Difference>) -> Result<(), TooManyRuns> {
    let runs = runs(arch, |nr| both.parts(Fixed::Number(arch.audit(), nr)))?;
    let mut known: HashMap<Parts, Option<Found>> = HashMap::new();
    let mut changed = |run: &Run<Parts>| {
        known
            .entry(run.is)
            .or_insert_with(|| both.changed(Fixed::Number(arch.audit(), run.first)))
            .clone()
    };
    if let [run, rest @ ..] = &runs[..]
        && rest.iter().all(|other| other.is == run.is)
    {
        found.extend(changed(run).map(|found| found.about(Subject::Arch(arch))));
        return Ok(());
    }
    for run in &runs {
        let Some(of_run) = changed(run) else {
            continue;
        };
        let mut from = Some(run.first);
        let named = Syscall::numbers(arch)
            .skip_while(|&(nr, _)| nr < run.first)
            .take_while(|&(nr, _)| nr <= run.last);
        for (nr, call) in named {
            if let Some(first) = from.filter(|&first| first < nr) {
                let numbers = Subject::Numbers(arch, first, nr - 1);
                found.push(of_run.of_number(first).about(numbers));
            }
            found.push(of_run.of_number(nr).about(Subject::Call(arch, call)));
            from = nr.checked_add(1);
        }
        if let Some(first) = from.filter(|&first| first <= run.last) {
            let numbers = Subject::Numbers(arch, first, run.last);
            found.push(of_run.of_number(first).about(numbers));
        }
    }
    Ok(())
}
