//! runc's reading of the OCI's `linux.seccomp`: what it refuses, what it skips, and in which order it adds rules.
//!
//! Apart from the engines above it, because several hand their profiles on to it, and apart from libseccomp, which other runtimes use too.
//! Sources: `libcontainer/seccomp` and `libcontainer/specconv` of opencontainers/runc at 1.1.5 and 1.5.1, and containers that were started with both.

mod ceiling;
mod refuse;
mod report;

use std::collections::HashSet;

use callgate_policy::{Action, Comparison, Policy, Section};
use callgate_profile::{
    ActionName, ArchName, FlagName, Problem, Profile, Span, Spanned, SyscallRule, codes, faults,
};
use callgate_syscalls::{Arch, Release, Syscall};

use crate::libseccomp::{Database, Layout, Written, finish};
use crate::resolved::{Fault, How, Origins, Reasons, Refusal, Resolved};
use crate::target::Target;
use crate::version::Version;
use crate::words::{self, EPERM, kernel_action};

/// What runc is handed.
pub(crate) struct Oci<'p> {
    /// Where it came from, for the default action.
    pub(crate) profile: &'p Profile,
    pub(crate) default_errno_ret: Option<&'p Spanned<u64>>,
    pub(crate) arches: Vec<(ArchName, Span)>,
    pub(crate) flags: Vec<&'p Spanned<FlagName>>,
    pub(crate) has_listener: bool,
    pub(crate) rules: Vec<OciRule<'p>>,
}

/// An entry of `syscalls`.
pub(crate) struct OciRule<'p> {
    pub(crate) rule: &'p Spanned<SyscallRule>,
    pub(crate) calls: Vec<&'p Spanned<String>>,
}

/// Whether there is neither a default action nor a rule, which stands for no filter at all.
pub(crate) fn asks_for_nothing(profile: &Profile) -> bool {
    let default = profile
        .default_action
        .as_ref()
        .map(|name| name.value.as_str());
    default.is_none_or(str::is_empty) && profile.rules().is_empty()
}

/// No filter at all.
pub(crate) fn unconfined(profile: &Profile) -> Resolved {
    let problem = if profile.default_action.is_none() && profile.syscalls.is_none() {
        faults::no_profile(profile.span)
    } else {
        let message = "neither `defaultAction` nor rules: the container runs without a filter";
        Problem::warning(codes::NO_PROFILE, profile.span, message)
    };
    Resolved {
        policy: Policy::new(Action::Allow, Action::Allow, Vec::new()).expect("there are no arches"),
        origins: Vec::new(),
        problems: vec![problem],
    }
}

/// The filter that runc of a version loads.
pub(crate) fn read(oci: &Oci<'_>, target: &Target, version: Version) -> Result<Resolved, Refusal> {
    let mut reasons = Reasons::default();
    refuse::flags(oci, target, version, &mut reasons);
    let arches = refuse::arches(oci, target.native, version, &mut reasons);
    let default = reasons.take(default_action(oci));
    let rules = converted(oci, default, target, &mut reasons);
    reasons.settle()?;
    let default = default.expect("without a default action there is a reason to refuse");

    let mut problems = Vec::new();
    report::skipped(&rules, default, &mut problems);
    report::split(&rules, &mut problems);
    if let Some(newest) = newest_call_of(target.libseccomp) {
        report::unknown_to_libseccomp(unknown_calls(oci, newest), newest, &mut problems);
    }
    let mut origins = Origins::new(oci.profile);
    let databases = filled(&rules, default, &arches, target.libseccomp, &mut origins)?;
    let mut told = report::Told::default();
    let mut sections = Vec::new();
    let layout = layout(oci, version);
    for Written {
        arch,
        rules: added,
        events,
    } in finish(databases, default, layout)
    {
        report::events(arch, &events, &origins, &mut told, &mut problems);
        let mut rules = ceiling::rules(oci, target, version, &arches, arch, default, &mut origins);
        rules.extend(added);
        sections.push(Section { arch, rules });
    }
    let policy = Policy::new(default, Action::KillThread, sections);
    Ok(Resolved {
        policy: policy.expect("no arch is listed twice"),
        origins: origins.into_list(),
        problems,
    })
}

/// runc from 1.2 on asks for a tree of numbers if it has more than 32 rules, each for one call.
fn layout(oci: &Oci<'_>, version: Version) -> Layout {
    let count: usize = oci.rules.iter().map(|rule| rule.calls.len()).sum();
    if version.at_least(1, 2, 0) && count > 32 {
        Layout::Tree
    } else {
        Layout::Chain
    }
}

/// libseccomp's database of each arch, with all rules added in the order of the document.
fn filled(
    rules: &[Converted<'_>],
    default: Action,
    arches: &[Arch],
    libseccomp: Option<Version>,
    origins: &mut Origins,
) -> Result<Vec<Database>, Refusal> {
    let new = |&arch: &Arch| Database::new(arch, libseccomp);
    let mut databases: Vec<Database> = arches.iter().map(new).collect();
    for rule in rules.iter().filter(|rule| rule.action != default) {
        for &(name, call) in &rule.calls {
            let (mut said, mut multiplexed) = (None, None);
            let mut id = |how| {
                let known = match how {
                    How::Multiplexed => &mut multiplexed,
                    _ => &mut said,
                };
                *known.get_or_insert_with(|| origins.id(rule.rule, name.span, how))
            };
            for comparisons in &rule.conditions {
                for database in &mut databases {
                    // runc stops at the first rule that is not taken, so there is one reason.
                    if let Err(rejection) = database.add(call, comparisons, rule.action, &mut id) {
                        let mut reasons = Reasons::default();
                        let place = |id| origins.get(id).name;
                        reasons.add(report::rejection(rejection, name, place));
                        return Err(reasons.refuse());
                    }
                }
            }
        }
    }
    Ok(databases)
}

/// A rule as runc has it before libseccomp: its calls, and what is added for each of them.
struct Converted<'p> {
    rule: &'p Spanned<SyscallRule>,
    action: Action,
    calls: Vec<(&'p Spanned<String>, Syscall)>,
    /// Usually one set of comparisons that must all hold; where an argument is compared twice, one for each comparison.
    conditions: Vec<Vec<Comparison>>,
}

fn default_action(oci: &Oci<'_>) -> Result<Action, Fault> {
    let Some(name) = &oci.profile.default_action else {
        return Err(words::no_default_action(oci.profile).into());
    };
    let action = action(name, oci.default_errno_ret)?;
    if action == Action::Notify {
        let message = "SCMP_ACT_NOTIFY can't be the default action";
        return Err(Problem::error("CG701", name.span, message).into());
    }
    Ok(action)
}

/// The action that libseccomp is given, with the low 16 bits of the errno.
fn action(name: &Spanned<ActionName>, errno_ret: Option<&Spanned<u64>>) -> Result<Action, Fault> {
    let data = errno_ret.map_or(EPERM, |number| (number.value & 0xffff) as u16);
    let action = kernel_action(&name.value, data).ok_or_else(|| {
        let word = name.value.as_str();
        let ActionName::Custom(_) = name.value else {
            return Box::new(faults::unknown_action(word, name.span));
        };
        let message = format!("{} is no action that runc knows", faults::quoted(word));
        let problem = Problem::error(codes::ACTION, name.span, message);
        Box::new(problem.note(format!("known are {}", ActionName::WORDS.join(" "))))
    })?;
    match (action, errno_ret) {
        (Action::Errno(errno), Some(number)) if errno >= callgate_bpf::MAX_ERRNO => {
            let message = format!(
                "errno is {errno}, and {} is the largest that libseccomp takes",
                callgate_bpf::MAX_ERRNO - 1
            );
            let past_the_kernel = faults::errno_out_of_range(number, Some(&name.value));
            let problem = past_the_kernel
                .unwrap_or_else(|| Problem::error(codes::ERRNO_RANGE, number.span, message));
            Err(problem
                .note("runc says `two checks on same syscall argument`")
                .into())
        }
        _ => Ok(action),
    }
}

fn converted<'p>(
    oci: &'p Oci<'_>,
    default: Option<Action>,
    target: &Target,
    reasons: &mut Reasons,
) -> Vec<Converted<'p>> {
    let newest = newest_call_of(target.libseccomp);
    let mut all = Vec::new();
    for OciRule { rule, calls } in &oci.rules {
        let Some(name) = &rule.value.action else {
            reasons.add(faults::missing_action("action", rule.span));
            continue;
        };
        let mut named = HashSet::new();
        let known = |name: &&'p Spanned<String>| {
            let call = Syscall::by_name(&name.value)?;
            (knows(newest, call) && named.insert(call)).then_some((*name, call))
        };
        let calls_known: Vec<_> = calls.iter().filter_map(known).collect();
        // An errno that does not fit is found only when a rule is added, so one that has no call, or is skipped, may have it.
        let action = match action(name, rule.value.errno_ret.as_ref()) {
            Err(problem) if problem.code == codes::ERRNO_RANGE && calls_known.is_empty() => None,
            result => reasons.take(result),
        };
        refuse::calls(calls, action, oci.has_listener, name, reasons);
        let conditions =
            refuse::conditions(&rule.value, calls, &calls_known, default == action, reasons);
        if let (Some(action), Some(conditions)) = (action, conditions) {
            all.push(Converted {
                rule,
                action,
                calls: calls_known,
                conditions: split(conditions),
            });
        }
    }
    all
}

/// All comparisons together, or each for itself where two of them are of one argument.
fn split(comparisons: Vec<Comparison>) -> Vec<Vec<Comparison>> {
    let repeats = |(at, comparison): (usize, &Comparison)| {
        comparisons[..at]
            .iter()
            .any(|other| other.arg == comparison.arg)
    };
    if comparisons.iter().enumerate().any(repeats) {
        comparisons
            .into_iter()
            .map(|comparison| vec![comparison])
            .collect()
    } else {
        vec![comparisons]
    }
}

/// The kernel whose calls a version of libseccomp knows, as its release notes have it; a distribution may have added some.
///
/// None where no version is stated: then it knows all that the tables know.
fn newest_call_of(libseccomp: Option<Version>) -> Option<Release> {
    let version = libseccomp?;
    let kernels = [
        ((2, 6, 0), Release::new(6, 13)),
        ((2, 5, 5), Release::new(6, 7)),
        ((2, 5, 4), Release::new(5, 17)),
        ((2, 5, 3), Release::new(5, 15)),
        ((2, 5, 2), Release::new(5, 14)),
        ((2, 5, 1), Release::new(5, 10)),
        ((2, 5, 0), Release::new(5, 8)),
        ((2, 4, 0), Release::new(5, 4)),
        ((2, 3, 3), Release::new(4, 15)),
        ((2, 3, 2), Release::new(4, 10)),
    ];
    let found = kernels
        .into_iter()
        .find(|&((major, minor, patch), _)| version.at_least(major, minor, patch));
    Some(found.map_or(Release::new(4, 5), |(_, kernel)| kernel))
}

/// The calls of the document that a libseccomp which knows those of a kernel does not know.
fn unknown_calls(oci: &Oci<'_>, newest: Release) -> impl Iterator<Item = (Span, Syscall)> {
    let names = oci.rules.iter().flat_map(|rule| &rule.calls);
    let calls = names.filter_map(|name| Some((name.span, Syscall::by_name(&name.value)?)));
    calls.filter(move |&(_, call)| !knows(Some(newest), call))
}

/// Whether a libseccomp that knows the calls of a kernel knows this one.
fn knows(newest: Option<Release>, call: Syscall) -> bool {
    match (newest, call.since()) {
        (Some(newest), Some(since)) => since <= newest,
        _ => true,
    }
}

/// The number of a call on an arch; none where libseccomp does not know it.
fn number_of(name: &str, arch: Arch, newest: Option<Release>) -> Option<u32> {
    let call = Syscall::by_name(name).filter(|&call| knows(newest, call))?;
    call.number(arch)
}
