//! The summary of a profile: how much it allows on each arch, by group, and what each capability changes.
//!
//! Apart from the verdict on one call, because it asks about all of them.

use std::collections::BTreeSet;

use callgate_engines::{
    Engine, Floor, How, MEASURED_ON, Missing, NoNewPrivileges, Outcome, Resolved, Target, read,
};
use callgate_policy::{Action, Comparison};
use callgate_profile::Profile;
use callgate_syscalls::groups::{self, Group};
use callgate_syscalls::{Arch, Capability, Syscall};

use crate::answers::{Answers, all_answers};

/// What a profile says on the whole.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What calls get that no rule is about.
    pub default: Action,
    /// What calls of other arches get.
    pub bad_arch: Action,
    /// Whether the target's runtime comes to the program; none where it has none, or it was not measured.
    pub floor: Option<FloorSummary>,
    /// The same of processes that can't gain privileges, for which runtimes load the filter last.
    pub floor_without_new_privileges: Option<FloorSummary>,
    /// Arch by arch, in the order of the policy.
    pub arches: Vec<ArchSummary>,
    /// What each capability changes that the document's conditions name.
    pub capabilities: Vec<Unlocked>,
}

/// Whether a runtime comes to the program.
#[derive(Clone, Debug)]
pub struct FloorSummary {
    /// What it was seen to need.
    pub floor: &'static Floor,
    /// Who starts the runtime, and would say how it ends.
    pub engine: Engine,
    /// Whether it was seen on the arch that is asked about, or is concluded from the names of the calls.
    pub is_measured: bool,
    /// What of that the profile refuses.
    pub missing: Vec<Missing>,
}

/// What a profile says of an arch.
#[derive(Clone, Debug)]
pub struct ArchSummary {
    /// The arch.
    pub arch: Arch,
    /// How many calls it has.
    pub known: usize,
    /// How many of them are made, whatever their arguments.
    pub allowed: usize,
    /// How many of them are never made.
    pub denied: usize,
    /// Those that are made with some arguments.
    pub partly: Vec<Syscall>,
    /// The number above which everything is ENOSYS, where the engine has such a ceiling.
    pub ceiling: Option<u32>,
    /// The groups that have a call on this arch.
    pub groups: Vec<GroupSummary>,
}

/// What a profile says of a group of calls on an arch.
#[derive(Clone, Copy, Debug)]
pub struct GroupSummary {
    /// The group.
    pub group: &'static Group,
    /// How many of its calls the arch has.
    pub known: usize,
    /// How many of them are made, whatever their arguments.
    pub allowed: usize,
    /// How many of them are made with some arguments.
    pub partly: usize,
}

/// What a capability changes.
#[derive(Clone, Debug)]
pub struct Unlocked {
    /// The capability.
    pub capability: Capability,
    /// The calls of the native arch that are answered otherwise with it than without.
    pub calls: Vec<Syscall>,
}

impl FloorSummary {
    /// Whether something is missing without which starts were seen to fail, on this arch.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.is_measured && self.missing.iter().any(|missing| self.needs(missing))
    }

    /// Whether starts fail without a call that is missing; those that are not needed end only a start that makes them.
    #[must_use]
    pub fn needs(&self, missing: &Missing) -> bool {
        matches!(missing.action, Action::Errno(_)) || self.floor.needed().contains(&missing.name)
    }

    /// What becomes of a start; none where nothing is missing, or it is not known.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        let needed = self.missing.iter().find(|missing| self.needs(missing))?;
        let is_known = self.is_measured;
        is_known.then(|| self.floor.outcome(self.engine, needed.action))
    }
}

/// The floor of the target's runtime for processes of this mode.
pub(crate) fn floor(
    resolved: &Resolved,
    target: &Target,
    mode: NoNewPrivileges,
) -> Option<FloorSummary> {
    let floor = Floor::of_target(target, mode)?;
    Some(FloorSummary {
        floor,
        engine: target.engine,
        is_measured: target.native == MEASURED_ON,
        missing: floor.missing(&resolved.policy, target.native),
    })
}

/// Sums a profile up, as a target reads it.
#[must_use]
pub fn summary(profile: &Profile, resolved: &Resolved, target: &Target) -> Summary {
    let policy = &resolved.policy;
    let arches = policy.sections().iter().map(|section| section.arch);
    Summary {
        default: policy.default(),
        bad_arch: policy.bad_arch(),
        floor: floor(resolved, target, NoNewPrivileges::Unset),
        floor_without_new_privileges: floor(resolved, target, NoNewPrivileges::Set),
        arches: arches.map(|arch| of_arch(resolved, arch)).collect(),
        capabilities: named_capabilities(profile)
            .into_iter()
            .filter_map(|capability| unlocked(profile, target, capability))
            .collect(),
    }
}

/// How much of a call is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Always,
    Partly,
    Never,
}

fn made(answers: &Answers<'_>) -> Made {
    let all = answers.rules.iter().map(|rule| rule.action);
    let mut all = all.chain([answers.otherwise]).map(Action::makes_the_call);
    let first = all.next().unwrap_or(false);
    match (first, all.all(|made| made == first)) {
        (true, true) => Made::Always,
        (false, true) => Made::Never,
        (_, false) => Made::Partly,
    }
}

fn of_arch(resolved: &Resolved, arch: Arch) -> ArchSummary {
    let calls: Vec<(Syscall, Made)> = all_answers(&resolved.policy, arch)
        .iter()
        .map(|(call, answers)| (*call, made(answers)))
        .collect();
    let count = |wanted| calls.iter().filter(|(_, made)| *made == wanted).count();
    let partly = calls.iter().filter(|(_, made)| *made == Made::Partly);
    ArchSummary {
        arch,
        known: calls.len(),
        allowed: count(Made::Always),
        denied: count(Made::Never),
        partly: partly.map(|&(call, _)| call).collect(),
        ceiling: ceiling(resolved, arch),
        groups: groups::all()
            .iter()
            .filter_map(|group| of_group(group, &calls))
            .collect(),
    }
}

fn of_group(group: &'static Group, calls: &[(Syscall, Made)]) -> Option<GroupSummary> {
    let made: Vec<Made> = calls
        .iter()
        .filter(|(call, _)| group.contains(*call))
        .map(|&(_, made)| made)
        .collect();
    let count = |wanted| made.iter().filter(|&&made| made == wanted).count();
    (!made.is_empty()).then(|| GroupSummary {
        group,
        known: made.len(),
        allowed: count(Made::Always),
        partly: count(Made::Partly),
    })
}

/// The highest number that is not above the ceiling.
fn ceiling(resolved: &Resolved, arch: Arch) -> Option<u32> {
    let rules = &resolved.policy.section(arch)?.rules;
    let is_ceiling = |rule: &&callgate_policy::Rule| {
        resolved.origin(rule.id).how == How::Ceiling && rule.numbers.first != rule.numbers.last
    };
    Some(rules.iter().find(is_ceiling)?.numbers.first - 1)
}

/// The capabilities that the conditions of a document name.
fn named_capabilities(profile: &Profile) -> BTreeSet<Capability> {
    let conditions = profile.rules().iter().flat_map(|rule| {
        let rule = &rule.value;
        [&rule.includes, &rule.excludes].into_iter().flatten()
    });
    let names = conditions.flat_map(|conditions| &conditions.value.caps);
    names
        .filter_map(|name| Capability::from_name(&name.value))
        .collect()
}

/// What a capability changes; none where it changes nothing, or the target refuses the document with or without it.
fn unlocked(profile: &Profile, target: &Target, capability: Capability) -> Option<Unlocked> {
    let meaning = |caps| {
        let target = Target {
            caps,
            ..target.clone()
        };
        read(profile, &target).ok()
    };
    let with = meaning(target.caps.with(capability))?;
    let without = meaning(target.caps.without(capability))?;
    let [with, without] = [&with, &without].map(|resolved| said(resolved, target.native));
    let differs = with
        .into_iter()
        .zip(without)
        .filter(|(with, without)| with != without);
    let calls: Vec<Syscall> = differs.map(|((call, ..), _)| call).collect();
    (!calls.is_empty()).then_some(Unlocked { capability, calls })
}

/// What a policy says of a call, without the rules' ids.
type Said<'r> = (Syscall, Vec<(&'r [Comparison], Action)>, Action);

/// What a policy says of every call of an arch.
fn said(resolved: &Resolved, arch: Arch) -> Vec<Said<'_>> {
    let all = all_answers(&resolved.policy, arch).into_iter();
    all.map(|(call, answers)| {
        let rules = answers
            .rules
            .iter()
            .map(|rule| (&rule.comparisons[..], rule.action));
        (call, rules.collect(), answers.otherwise)
    })
    .collect()
}
