//! crun's reading of the OCI's `linux.seccomp`: what it refuses, what it skips, and what it forgets.
//!
//! Apart from runc's, from which it differs in most checks: it looks at fewer comparisons, puts no ENOSYS in front, and takes notifications without a listener.
//! Sources: `src/libcrun/seccomp.c` of containers/crun at 1.27.1, and containers that were started with 1.8.1, 1.27.1 and 1.28, which agree;
//! what their parsers do with values of the wrong types is in [`parsed`](mod@parsed).

mod parsed;

use callgate_policy::{Action, Comparison};
use callgate_profile::{ActionName, ArchName, Problem, Spanned, SyscallRule, codes, faults};
use callgate_syscalls::Arch;

use crate::libseccomp::Layout;
use crate::resolved::Reasons;
use crate::runtime::known::Known;
use crate::runtime::refuse::{self, Arches};
use crate::runtime::{Checked, Converted, Oci, OciRule, action, split};
use crate::target::Target;
use crate::words::{self, missing_field};
pub(crate) use parsed::{Parsed, parsed};

/// As many comparisons of a rule are looked at; those past them are dropped without a word.
const COMPARISONS: usize = 6;

/// What crun hands to libseccomp.
pub(crate) fn check<'p>(oci: &Oci<'p>, target: &Target, reasons: &mut Reasons) -> Checked<'p> {
    refuse::unknown_flags(oci, reasons);
    let arches = arches(oci, target, reasons);
    let default = default_action(oci, reasons);
    let mut known = Known::to(target.libseccomp);
    let mut rules = Vec::new();
    for rule in &oci.rules {
        if oci.is_written() {
            required(rule.rule, reasons);
        }
        narrow(&rule.rule.value, rule.errno_ret.as_ref(), reasons);
        rules.extend(converted(rule, default, &mut known, reasons));
    }
    Checked {
        arches,
        default,
        known,
        rules,
        layout: Layout::Chain,
    }
}

/// A name of libseccomp is an arch, in any case of its letters, with or without `SCMP_ARCH_` in front.
fn arches(oci: &Oci<'_>, target: &Target, reasons: &mut Reasons) -> Vec<Arch> {
    let mut arches = Arches::new(target);
    for (name, span) in &oci.arches {
        let word = name.as_str();
        let bare = word.strip_prefix("SCMP_ARCH_").unwrap_or(word);
        let full = format!("SCMP_ARCH_{}", bare.to_ascii_uppercase());
        match ArchName::read(&full) {
            ArchName::Known(arch) => arches.add(arch, *span, reasons),
            _ => reasons.add(faults::unknown_arch(word, *span)),
        }
    }
    arches.list
}

fn default_action(oci: &Oci<'_>, reasons: &mut Reasons) -> Option<Action> {
    let Some(name) = &oci.profile.default_action else {
        reasons.add(missing_field("defaultAction", oci.profile.span));
        return None;
    };
    let errno = oci.default_errno_ret.as_ref();
    reasons.extend(errno.and_then(|errno| too_wide("defaultErrnoRet", errno)));
    let action = reasons.take(action("crun", name, errno))?;
    reasons.extend(errno_without_use("defaultErrnoRet", action, name, errno));
    reasons.take(refuse::notifying_default(action, name))?;
    Some(action)
}

/// The fields without which crun does not take a document: it does not mind a comparison without an index or a value.
fn required(rule: &Spanned<SyscallRule>, reasons: &mut Reasons) {
    if rule.value.names.is_none() {
        reasons.add(missing_field("names", rule.span));
    }
    for argument in rule.value.arguments() {
        if argument.value.op.is_none() {
            reasons.add(faults::missing_in_argument("op", argument.span));
        }
    }
}

/// Numbers that have 32 bits for crun, which refuses larger ones wherever they stand.
fn narrow(rule: &SyscallRule, errno: Option<&Spanned<u64>>, reasons: &mut Reasons) {
    reasons.extend(errno.and_then(|errno| too_wide("errnoRet", errno)));
    let arguments = rule.arguments().iter();
    let indexes = arguments.filter_map(|argument| argument.value.index.as_ref());
    reasons.extend(indexes.filter_map(|index| too_wide("index", index)));
}

fn too_wide(field: &str, number: &Spanned<u64>) -> Option<Problem> {
    let code = match field {
        "index" => codes::COMPARISON,
        _ => codes::ERRNO_RANGE,
    };
    (number.value > u64::from(u32::MAX)).then(|| {
        let message = format!(
            "`{field}` is {}, and {} is the largest that crun takes",
            number.value,
            u32::MAX
        );
        Problem::error(code, number.span, message)
    })
}

/// An errno beside an action that has none.
fn errno_without_use(
    field: &str,
    action: Action,
    name: &Spanned<ActionName>,
    errno: Option<&Spanned<u64>>,
) -> Option<Problem> {
    let errno = errno.filter(|_| !takes_data(action))?;
    let message = format!("crun takes no `{field}` with {}", name.value);
    let problem = Problem::error("CG216", errno.span, message);
    Some(problem.note("crun says `errno value specified for action`"))
}

fn converted<'p>(
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
    let action = match action("crun", name, rule.errno_ret.as_ref()) {
        // An errno that does not fit is found only when a rule is added.
        Err(problem) if problem.code == codes::ERRNO_RANGE && calls.is_empty() => None,
        result => reasons.take(result),
    }?;
    let errno = rule.errno_ret.as_ref();
    reasons.extend(errno_without_use("errnoRet", action, name, errno));
    refuse::notifications(rule.calls, Some(action), name, reasons);
    let comparisons = match calls.is_empty() || Some(action) == default {
        true => Vec::new(),
        false => comparisons(rule, name, reasons)?,
    };
    Some(Converted {
        rule: rule.rule,
        action,
        calls,
        conditions: split(comparisons),
    })
}

const fn takes_data(action: Action) -> bool {
    matches!(action, Action::Errno(_) | Action::Trace(_))
}

/// The comparisons of a rule that is added: what is wrong with others crun does not see.
fn comparisons(
    rule: &OciRule<'_>,
    name: &Spanned<ActionName>,
    reasons: &mut Reasons,
) -> Option<Vec<Comparison>> {
    let arguments = rule.rule.value.arguments().iter().take(COMPARISONS);
    let comparison = |argument: &Spanned<callgate_profile::Argument>| {
        let zero = Spanned::new(0, argument.span);
        let arg = reasons.take(words::arg(argument.value.index.as_ref().unwrap_or(&zero)));
        let op = argument.value.op.as_ref();
        let test = match op {
            Some(op) => reasons.take(words::test(op, &argument.value)),
            None => {
                reasons.add(faults::missing_in_argument("op", name.span));
                None
            }
        };
        Some(callgate_policy::Comparison::new(arg?, test?))
    };
    arguments.map(comparison).collect()
}
