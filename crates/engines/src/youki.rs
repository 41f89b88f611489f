//! youki's reading of the OCI's `linux.seccomp`: what it refuses, and what it takes for something else.
//!
//! Apart from runc's, which it follows in most, without an ENOSYS in front, and with the operands of `SCMP_CMP_MASKED_EQ` swapped.
//! Sources: `crates/libcontainer/src/seccomp` of youki-dev/youki as of August 2026, and containers that were started with it.

use callgate_policy::{Action, Comparison, Test};
use callgate_profile::{ArchName, Argument, FlagName, Problem, Spanned, codes, faults};
use callgate_syscalls::Arch;

use crate::libseccomp::Layout;
use crate::resolved::Reasons;
use crate::runtime::known::Known;
use crate::runtime::refuse::{self, Arches};
use crate::runtime::{Checked, Converted, Oci, OciRule, action, split};
use crate::target::Target;
use crate::words::{self, missing_field};

/// What youki hands to libseccomp.
pub(crate) fn check<'p>(oci: &Oci<'p>, target: &Target, reasons: &mut Reasons) -> Checked<'p> {
    refuse::unknown_flags(oci, reasons);
    waiting(oci, target, reasons);
    let arches = arches(oci, target, reasons);
    let default = default_action(oci, reasons);
    let mut known = Known::to(target.libseccomp);
    let mut rules = Vec::new();
    for rule in &oci.rules {
        if oci.is_written() && rule.rule.value.names.is_none() {
            reasons.add(missing_field("names", rule.rule.span));
        }
        rules.extend(converted(oci, rule, default, &mut known, reasons));
    }
    Checked {
        arches,
        default,
        known,
        rules,
        layout: Layout::Chain,
    }
}

fn waiting(oci: &Oci<'_>, target: &Target, reasons: &mut Reasons) {
    let is_old = |version: crate::Version| !version.at_least(2, 6, 0);
    for flag in &oci.flags {
        if flag.value == FlagName::WaitKillableRecv && target.libseccomp.is_some_and(is_old) {
            let message = format!("{} needs libseccomp 2.6 or newer", flag.value);
            reasons.add(Problem::error(codes::ARCH_OR_FLAG, flag.span, message));
        }
    }
}

/// All names of the specification are arches, the native one's among them.
fn arches(oci: &Oci<'_>, target: &Target, reasons: &mut Reasons) -> Vec<Arch> {
    let mut arches = Arches::new(target);
    for (name, span) in &oci.arches {
        match name {
            ArchName::Known(arch) => arches.add(*arch, *span, reasons),
            ArchName::Native => {}
            ArchName::Unknown(word) => reasons.add(faults::unknown_arch(word, *span)),
        }
    }
    arches.list
}

fn default_action(oci: &Oci<'_>, reasons: &mut Reasons) -> Option<Action> {
    let Some(name) = &oci.profile.default_action else {
        reasons.add(missing_field("defaultAction", oci.profile.span));
        return None;
    };
    let action = action("youki", name, oci.default_errno_ret.as_ref());
    let action = reasons.take(action)?;
    reasons.take(refuse::notifying_default(action, name))?;
    Some(action)
}

fn converted<'p>(
    oci: &Oci<'_>,
    rule: &OciRule<'p>,
    default: Option<Action>,
    known: &mut Known,
    reasons: &mut Reasons,
) -> Option<Converted<'p>> {
    let Some(name) = &rule.rule.value.action else {
        reasons.add(faults::missing_action("action", rule.rule.span));
        return None;
    };
    let calls = known.calls(rule.calls);
    let action = match action("youki", name, rule.errno_ret.as_ref()) {
        // An errno that does not fit is found only when a rule is added.
        Err(problem) if problem.code == codes::ERRNO_RANGE && calls.is_empty() => None,
        result => reasons.take(result),
    };
    refuse::notifications(rule.calls, action, name, reasons);
    refuse::without_listener(oci, rule.calls, action, name, "youki", reasons);
    let added = match calls.is_empty() || action == default {
        true => Added::Not,
        false => Added::Yes,
    };
    let mut comparisons = Vec::new();
    for argument in rule.rule.value.arguments() {
        comparisons.extend(comparison(oci, argument, added, reasons));
    }
    Some(Converted {
        rule: rule.rule,
        action: action?,
        calls,
        conditions: split(comparisons),
    })
}

/// Whether a rule gets to libseccomp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Added {
    Yes,
    Not,
}

/// A comparison, of which all fields but `valueTwo` have to be there; the index is looked at when a rule is added.
fn comparison(
    oci: &Oci<'_>,
    argument: &Spanned<Argument>,
    added: Added,
    reasons: &mut Reasons,
) -> Option<Comparison> {
    let Argument {
        index, value, op, ..
    } = &argument.value;
    if oci.is_written() {
        for (field, is_there) in [("index", index.is_some()), ("value", value.is_some())] {
            if !is_there {
                reasons.add(faults::missing_in_argument(field, argument.span));
            }
        }
    }
    let Some(op) = op else {
        reasons.add(faults::missing_in_argument("op", argument.span));
        return None;
    };
    let test = reasons.take(words::test(op, &argument.value))?;
    if added == Added::Not {
        return None;
    }
    let zero = Spanned::new(0, argument.span);
    let arg = reasons.take(words::arg(index.as_ref().unwrap_or(&zero)))?;
    let test = match test {
        Test::MaskedEq { mask, value } => Test::MaskedEq {
            mask: value,
            value: mask,
        },
        test => test,
    };
    Some(callgate_policy::Comparison::new(arg, test))
}
