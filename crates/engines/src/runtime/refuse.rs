//! What runtimes refuse before a rule is added: flags, arches, operators, indexes, names and notifications.
//!
//! Apart from the reading, because these are checks, of which each runtime has some.

use callgate_policy::{Action, Comparison};
use callgate_profile::{
    ActionName, ArchName, FlagName, Problem, Span, Spanned, SyscallRule, codes, faults,
};
use callgate_syscalls::{Arch, Syscall};

use super::Oci;
use crate::resolved::Fault;
use crate::resolved::Reasons;
use crate::target::Target;
use crate::version::Version;
use crate::words;

/// Flags that this runc does not know, or can't have from its libseccomp.
pub(crate) fn flags(oci: &Oci<'_>, target: &Target, version: Version, reasons: &mut Reasons) {
    for flag in &oci.flags {
        let refused = |reason: String| Problem::error(codes::ARCH_OR_FLAG, flag.span, reason);
        reasons.add(match &flag.value {
            _ if !version.at_least(1, 2, 0) => {
                refused("runc before 1.2 takes no seccomp flags".to_owned())
            }
            FlagName::Unknown(word) => faults::unknown_flag(word, flag.span),
            FlagName::WaitKillableRecv
                if target.libseccomp.is_some_and(|lib| !lib.at_least(2, 6, 0)) =>
            {
                refused(format!("{} needs libseccomp 2.6 or newer", flag.value))
            }
            _ => continue,
        });
    }
}

/// Flags that nobody knows.
pub(crate) fn unknown_flags(oci: &Oci<'_>, reasons: &mut Reasons) {
    for flag in &oci.flags {
        if let FlagName::Unknown(word) = &flag.value {
            reasons.add(faults::unknown_flag(word, flag.span));
        }
    }
}

/// The arches of the filter as runc has them, no arch twice: those that are listed, and always the native one.
pub(crate) fn arches(
    oci: &Oci<'_>,
    target: &Target,
    version: Version,
    reasons: &mut Reasons,
) -> Vec<Arch> {
    let mut arches = Arches::new(target);
    for (name, span) in &oci.arches {
        match name {
            ArchName::Known(arch) if has_name_for(*arch, version) => {
                arches.add(*arch, *span, reasons);
            }
            ArchName::Unknown(word) => reasons.add(faults::unknown_arch(word, *span)),
            _ => {
                let message = format!("`{name}` is no arch that runc knows");
                reasons.add(Problem::error(codes::ARCH_OR_FLAG, *span, message));
            }
        }
    }
    arches.list
}

/// The arches of a filter, of which the native one is the first.
pub(crate) struct Arches {
    pub(crate) list: Vec<Arch>,
    libseccomp: Option<Version>,
}

impl Arches {
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            list: vec![target.native],
            libseccomp: target.libseccomp,
        }
    }

    /// Adds an arch if it is not there, and libseccomp has it, and the byte order is the filter's.
    pub(crate) fn add(&mut self, arch: Arch, span: Span, reasons: &mut Reasons) {
        let native = self.list[0];
        if !is_in_libseccomp(arch, self.libseccomp) {
            let message = format!("{arch} needs libseccomp 2.6 or newer");
            reasons.add(Problem::error(codes::ARCH_OR_FLAG, span, message));
        } else if arch.endian() != native.endian() {
            let message =
                format!("{arch} has another byte order than {native}, and a filter has one");
            let problem = Problem::error(codes::ARCH_OR_FLAG, span, message);
            reasons.add(problem.note("libseccomp says `numerical argument out of domain`"));
        } else if !self.list.contains(&arch) {
            self.list.push(arch);
        }
    }
}

/// Whether a libseccomp has an arch; some came with 2.6.
fn is_in_libseccomp(arch: Arch, version: Option<Version>) -> bool {
    let is_new = matches!(arch, Arch::Loongarch64 | Arch::M68k | Arch::Sh | Arch::Sheb);
    !is_new || version.is_none_or(|version| version.at_least(2, 6, 0))
}

/// Whether runc's own list of names has an arch.
const fn has_name_for(arch: Arch, version: Version) -> bool {
    match arch {
        Arch::Riscv64 | Arch::Loongarch64 => version.at_least(1, 2, 0),
        Arch::M68k | Arch::Parisc | Arch::Parisc64 | Arch::Sh | Arch::Sheb => false,
        _ => true,
    }
}

/// Names that are empty.
pub(crate) fn empty_names(calls: &[Spanned<String>], reasons: &mut Reasons) {
    for call in calls.iter().filter(|call| call.value.is_empty()) {
        let message = "an empty text is no name of a call";
        reasons.add(Problem::error(codes::UNKNOWN_SYSCALL, call.span, message));
    }
}

/// A default action that asks a listener about every call.
pub(crate) fn notifying_default(action: Action, name: &Spanned<ActionName>) -> Result<(), Fault> {
    if action == Action::Notify {
        let message = "SCMP_ACT_NOTIFY can't be the default action";
        return Err(Problem::error("CG701", name.span, message).into());
    }
    Ok(())
}

/// Notifications of the call with which the listener is handed over.
pub(crate) fn notifications(
    calls: &[Spanned<String>],
    action: Option<Action>,
    name: &Spanned<ActionName>,
    reasons: &mut Reasons,
) {
    if action == Some(Action::Notify)
        && let Some(call) = calls.iter().find(|call| call.value == "write")
    {
        let message = "SCMP_ACT_NOTIFY can't be used for `write`, with which the runtime hands the listener over";
        let problem = Problem::error("CG701", call.span, message);
        reasons.add(problem.related(name.span, "the action"));
    }
}

/// Notifications of which nobody hears.
pub(crate) fn without_listener(
    oci: &Oci<'_>,
    calls: &[Spanned<String>],
    action: Option<Action>,
    name: &Spanned<ActionName>,
    runtime: &str,
    reasons: &mut Reasons,
) {
    if action == Some(Action::Notify) && !oci.has_listener && !calls.is_empty() {
        let message = format!("SCMP_ACT_NOTIFY needs `listenerPath`, and none reaches {runtime}");
        reasons.add(Problem::error("CG702", name.span, message));
    }
}

/// The comparisons of a rule, as far as runc looks at them: operators where the rule names a call, indexes where one is known and added.
pub(crate) fn conditions(
    rule: &SyscallRule,
    calls: &[Spanned<String>],
    known: &[(&Spanned<String>, Syscall)],
    is_skipped: bool,
    reasons: &mut Reasons,
) -> Option<Vec<Comparison>> {
    if calls.is_empty() {
        return Some(Vec::new());
    }
    let mut all = Vec::with_capacity(rule.arguments().len());
    let mut is_whole = true;
    for argument in rule.arguments() {
        let test = match &argument.value.op {
            Some(op) => words::test(op, &argument.value),
            None => Err(faults::missing_in_argument("op", argument.span).into()),
        };
        // A missing index is zero to Go.
        let zero = Spanned::new(0, argument.span);
        let arg = words::arg(argument.value.index.as_ref().unwrap_or(&zero));
        let arg = match arg {
            Err(_) if known.is_empty() || is_skipped => {
                is_whole = false;
                continue;
            }
            arg => arg,
        };
        match (reasons.take(arg), reasons.take(test)) {
            (Some(arg), Some(test)) => all.push(callgate_policy::Comparison::new(arg, test)),
            _ => is_whole = false,
        }
    }
    is_whole.then_some(all)
}
