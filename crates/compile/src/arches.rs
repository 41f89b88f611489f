//! From the audit token to the runs of its numbers: which number spaces a policy has, and who owns which part.
//!
//! Apart, because x86_64 and x32 are two arches under one token, and only here that matters.

use alloc::vec::Vec;

use callgate_policy::Policy;
use callgate_syscalls::{Arch, Endian, X32_BIT};

use crate::error::CompileError;
use crate::runs::{Meanings, Run};

/// All numbers under one audit token.
pub(crate) struct Space {
    pub(crate) audit: u32,
    /// The first from zero, ascending; each a number of a meaning, and the arch whose numbers they are.
    pub(crate) runs: Vec<Run<Owned>>,
}

/// A meaning with the arch that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) arch: Arch,
    pub(crate) meaning: u32,
}

/// The byte order of a policy's arches; little where it has none.
pub(crate) fn endian(policy: &Policy) -> Result<Endian, CompileError> {
    let first = |endian| {
        let mut arches = policy.all_sections().map(|(section, _)| section.arch);
        arches.find(|arch| arch.endian() == endian)
    };
    match (first(Endian::Little), first(Endian::Big)) {
        (Some(little), Some(big)) => Err(CompileError::MixedEndian { little, big }),
        (None, Some(_)) => Ok(Endian::Big),
        _ => Ok(Endian::Little),
    }
}

/// The number spaces of a policy, in the order in which it names their arches.
pub(crate) fn spaces(policy: &Policy, meanings: &mut Meanings) -> Result<Vec<Space>, CompileError> {
    let mut spaces: Vec<Space> = Vec::new();
    for (section, _) in policy.all_sections() {
        let audit = section.arch.audit();
        if spaces.iter().any(|space| space.audit == audit) {
            continue;
        }
        let runs = if audit == Arch::X86_64.audit() {
            let main = section_runs(policy, meanings, Arch::X86_64)?;
            let x32 = section_runs(policy, meanings, Arch::X32)?;
            let mut runs = part(&main, 0, X32_BIT - 1);
            runs.extend(part(&x32, X32_BIT, u32::MAX - 1));
            runs.extend(part(&main, u32::MAX, u32::MAX));
            runs
        } else {
            section_runs(policy, meanings, section.arch)?
        };
        spaces.push(Space { audit, runs });
    }
    Ok(spaces)
}

/// The runs of an arch, which is a bad one where the policy has no rules for it.
fn section_runs(
    policy: &Policy,
    meanings: &mut Meanings,
    arch: Arch,
) -> Result<Vec<Run<Owned>>, CompileError> {
    let (rules, otherwise) = policy.rules_of(arch);
    let runs = meanings.runs(arch, rules, otherwise)?;
    let owned = runs.into_iter().map(|run| Run {
        first: run.first,
        is: Owned {
            arch,
            meaning: run.is,
        },
    });
    Ok(owned.collect())
}

/// What runs are from `first` to `last`.
fn part(runs: &[Run<Owned>], first: u32, last: u32) -> Vec<Run<Owned>> {
    let begin = runs.partition_point(|run| run.first <= first) - 1;
    let end = runs.partition_point(|run| run.first <= last);
    let mut part = runs[begin..end].to_vec();
    part[0].first = first;
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_policy::{Action, Section};

    #[test]
    fn x32_lies_inside_of_x86_64() {
        let section = |arch| Section {
            arch,
            rules: Vec::new(),
        };
        let policy = Policy::new(
            Action::Allow,
            Action::KillProcess,
            alloc::vec![section(Arch::X86_64)],
        )
        .expect("a policy");
        let mut meanings = Meanings::new();
        let spaces = spaces(&policy, &mut meanings).expect("little-endian");
        assert_eq!(spaces.len(), 1);
        let actions: Vec<_> = spaces[0]
            .runs
            .iter()
            .map(|run| {
                let meaning = &meanings.all()[run.is.meaning as usize];
                (run.first, meaning.otherwise)
            })
            .collect();
        let expected = [
            (0, Action::Allow),
            (X32_BIT, Action::KillProcess),
            (u32::MAX, Action::Allow),
        ];
        assert_eq!(actions, expected);
    }
}
