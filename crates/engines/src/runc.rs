//! runc's reading of the OCI's `linux.seccomp`: what it refuses and what it skips.
//!
//! Apart from the engines above it, because several hand their profiles on to it, and apart from the other runtimes, which take and refuse other things.
//! Sources: `libcontainer/seccomp` and `libcontainer/specconv` of opencontainers/runc at 1.1.5 and 1.5.1, and containers that were started with both.

pub(crate) mod ceiling;

use callgate_policy::Action;
use callgate_profile::{codes, faults};

use crate::libseccomp::Layout;
use crate::resolved::{Fault, Reasons};
use crate::runtime::known::Known;
use crate::runtime::{Checked, Converted, Oci, OciRule, action, refuse, split};
use crate::target::Target;
use crate::version::Version;
use crate::words;

/// What runc of a version hands to libseccomp.
pub(crate) fn check<'p>(
    oci: &Oci<'p>,
    target: &Target,
    version: Version,
    reasons: &mut Reasons,
) -> Checked<'p> {
    refuse::flags(oci, target, version, reasons);
    let arches = refuse::arches(oci, target, version, reasons);
    let default = reasons.take(default_action(oci));
    let mut known = Known::to(target.libseccomp);
    let rules = converted(oci, default, &mut known, reasons);
    Checked {
        arches,
        default,
        known,
        rules,
        layout: layout(oci, version),
    }
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

fn default_action(oci: &Oci<'_>) -> Result<Action, Fault> {
    let Some(name) = &oci.profile.default_action else {
        return Err(words::no_default_action(oci.profile).into());
    };
    let action = action("runc", name, oci.default_errno_ret.as_ref())?;
    refuse::notifying_default(action, name)?;
    Ok(action)
}

fn converted<'p>(
    oci: &Oci<'p>,
    default: Option<Action>,
    known: &mut Known,
    reasons: &mut Reasons,
) -> Vec<Converted<'p>> {
    let mut all = Vec::with_capacity(oci.rules.len());
    for OciRule {
        rule,
        calls,
        errno_ret,
    } in &oci.rules
    {
        let Some(name) = &rule.value.action else {
            reasons.add(faults::missing_action("action", rule.span));
            continue;
        };
        let calls_known = known.calls(calls);
        // An errno that does not fit is found only when a rule is added, so one that has no call, or is skipped, may have it.
        let action = match action("runc", name, errno_ret.as_ref()) {
            Err(problem) if problem.code == codes::ERRNO_RANGE && calls_known.is_empty() => None,
            result => reasons.take(result),
        };
        refuse::empty_names(calls, reasons);
        refuse::notifications(calls, action, name, reasons);
        refuse::without_listener(oci, calls, action, name, "runc", reasons);
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
