//! What every runtime does with the OCI's `linux.seccomp`: its rules go through libseccomp, those of the default action left out.
//!
//! Apart from the runtimes, which differ in what they take and refuse, and from libseccomp, which knows no documents.

pub(crate) mod known;
mod mend;
pub(crate) mod refuse;
mod report;

use callgate_policy::{Action, Comparison, Policy, Section};
use callgate_profile::{
    ActionName, ArchName, FlagName, Problem, Profile, Span, Spanned, SyscallRule, codes, faults,
};
use callgate_syscalls::{Arch, Syscall};

use crate::engine::Runtime;
use crate::libseccomp::{Database, Layout, Written, finish};
use crate::resolved::{Fault, How, Origins, Reasons, Refusal, Resolved};
use crate::runc::ceiling::Ceiling;
use crate::runtime::known::Known;
use crate::target::Target;
use crate::version::Version;
use crate::words::{EPERM, kernel_action};
use crate::{crun, runc, youki};

/// What a runtime is handed.
pub(crate) struct Oci<'p> {
    /// Where it came from, for the default action.
    pub(crate) profile: &'p Profile,
    pub(crate) text: Text,
    pub(crate) default_errno_ret: Option<Spanned<u64>>,
    pub(crate) arches: Vec<(ArchName, Span)>,
    pub(crate) flags: Vec<&'p Spanned<FlagName>>,
    pub(crate) has_listener: bool,
    pub(crate) rules: Vec<OciRule<'p>>,
}

/// An entry of `syscalls`.
pub(crate) struct OciRule<'p> {
    pub(crate) rule: &'p Spanned<SyscallRule>,
    pub(crate) calls: &'p [Spanned<String>],
    pub(crate) errno_ret: Option<Spanned<u64>>,
}

/// Few documents have more origins than names and these: ceilings, and calls within others.
const UNNAMED: usize = 48;

/// Whose text the runtime reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// The document itself.
    Written,
    /// What an engine made of it, in which all fields stand.
    Rewritten,
}

impl Oci<'_> {
    /// Whether the runtime reads the document itself, in which fields can be missing.
    pub(crate) fn is_written(&self) -> bool {
        self.text == Text::Written
    }
}

/// What a runtime hands to libseccomp; nothing of it counts if there were reasons to refuse.
pub(crate) struct Checked<'p> {
    pub(crate) arches: Vec<Arch>,
    pub(crate) default: Option<Action>,
    pub(crate) known: Known,
    pub(crate) rules: Vec<Converted<'p>>,
    pub(crate) layout: Layout,
}

/// A rule as it is before libseccomp: its calls, and what is added for each of them.
pub(crate) struct Converted<'p> {
    pub(crate) rule: &'p Spanned<SyscallRule>,
    pub(crate) action: Action,
    pub(crate) calls: Vec<(&'p Spanned<String>, Syscall)>,
    /// Usually one set of comparisons that must all hold; where an argument is compared twice, one for each comparison.
    pub(crate) conditions: Vec<Vec<Comparison>>,
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
    no_filter(problem)
}

/// No filter at all, for this reason.
pub(crate) fn no_filter(reason: Problem) -> Resolved {
    Resolved {
        policy: Policy::new(Action::Allow, Action::Allow, Vec::new()).expect("there are no arches"),
        origins: Vec::new(),
        problems: vec![reason],
    }
}

/// The filter that a runtime loads.
pub(crate) fn read(oci: &Oci<'_>, target: &Target, runtime: Runtime) -> Result<Resolved, Refusal> {
    let mut reasons = Reasons::default();
    let checked = match runtime {
        Runtime::Runc(version) => runc::check(oci, target, version, &mut reasons),
        Runtime::Crun(_) => crun::check(oci, target, &mut reasons),
        Runtime::Youki(_) => youki::check(oci, target, &mut reasons),
    };
    reasons.settle()?;
    let Checked {
        arches,
        default,
        known,
        rules,
        layout,
    } = checked;
    let default = default.expect("without a default action there is a reason to refuse");

    let mut problems = Vec::new();
    report::skipped(runtime, &rules, default, &mut problems);
    report::split(runtime, &rules, &mut problems);
    report::unknown_to_libseccomp(&known, &mut problems);
    let calls = rules.iter().map(|rule| rule.calls.len());
    let mut origins = Origins::new(calls.sum::<usize>() + UNNAMED);
    let databases = filled(&rules, default, &arches, target.libseccomp, &mut origins)?;
    let ceiling = match runtime {
        Runtime::Runc(version) => Some(Ceiling {
            oci,
            rules: &rules,
            target,
            version,
            arches: &arches,
            default,
        }),
        Runtime::Crun(_) | Runtime::Youki(_) => None,
    };
    let mut told = report::Told::default();
    let mut sections = Vec::with_capacity(arches.len());
    let written = finish(databases, default, layout)
        .map_err(|instructions| report::too_long(oci.profile, instructions))?;
    for written in written {
        let Written {
            arch,
            rules: mut added,
            events,
        } = written;
        report::events(arch, &events, &rules, &origins, &mut told, &mut problems);
        let before = ceiling.map(|ceiling| ceiling.rules(arch, &mut origins));
        added.splice(0..0, before.into_iter().flatten());
        sections.push(Section { arch, rules: added });
    }
    let unnamed = ceiling.and_then(|ceiling| ceiling.beside(&mut origins));
    let policy = Policy::new(default, Action::KillThread, sections)
        .and_then(|policy| policy.with_unnamed(unnamed.into_iter().collect()));
    Ok(Resolved {
        policy: policy.expect("no arch is listed twice"),
        origins: origins.into_list(),
        problems,
    })
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
                    // Every runtime stops at the first rule that is not taken, so there is one reason.
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

/// The action that libseccomp is given, with the low 16 bits of the errno.
pub(crate) fn action(
    runtime: &str,
    name: &Spanned<ActionName>,
    errno_ret: Option<&Spanned<u64>>,
) -> Result<Action, Fault> {
    let data = errno_ret.map_or(EPERM, |number| (number.value & 0xffff) as u16);
    let action = kernel_action(&name.value, data).ok_or_else(|| {
        let word = name.value.as_str();
        let ActionName::Custom(_) = name.value else {
            return Box::new(faults::unknown_action(word, name.span));
        };
        let message = format!("{} is no action that {runtime} knows", faults::quoted(word));
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
                .note(match runtime {
                    "runc" => "runc says `two checks on same syscall argument`",
                    _ => "libseccomp says `invalid argument`",
                })
                .into())
        }
        _ => Ok(action),
    }
}

/// All comparisons together, or each for itself where two of them are of one argument.
pub(crate) fn split(comparisons: Vec<Comparison>) -> Vec<Vec<Comparison>> {
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
