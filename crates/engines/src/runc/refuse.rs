//! What runc refuses before a rule is added: flags, arches, operators, indexes, names and notifications.
//!
//! Apart from the reading, because these are checks, each with the version that has it, and the reading is what remains.

use callgate_policy::{Action, Comparison};
use callgate_profile::{
    ActionName, ArchName, FlagName, Problem, Spanned, SyscallRule, codes, faults,
};
use callgate_syscalls::{Arch, Syscall};

use super::Oci;
use crate::resolved::Reasons;
use crate::target::Target;
use crate::version::Version;
use crate::words;

/// Flags that this runc does not know, or can't have from its libseccomp.
pub(super) fn flags(oci: &Oci<'_>, target: &Target, version: Version, reasons: &mut Reasons) {
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

/// The arches of the filter, no arch twice: those that are listed, and always the native one.
pub(super) fn arches(
    oci: &Oci<'_>,
    native: Arch,
    version: Version,
    reasons: &mut Reasons,
) -> Vec<Arch> {
    let mut arches = vec![native];
    for (name, span) in &oci.arches {
        let arch = match name {
            ArchName::Known(arch) if has_name_for(*arch, version) => *arch,
            ArchName::Unknown(word) => {
                reasons.add(faults::unknown_arch(word, *span));
                continue;
            }
            _ => {
                let message = format!("`{name}` is no arch that runc knows");
                reasons.add(Problem::error(codes::ARCH_OR_FLAG, *span, message));
                continue;
            }
        };
        if arch.endian() != native.endian() {
            let message =
                format!("{arch} has another byte order than {native}, and a filter has one");
            let problem = Problem::error(codes::ARCH_OR_FLAG, *span, message);
            reasons.add(problem.note("libseccomp says `numerical argument out of domain`"));
        } else if !arches.contains(&arch) {
            arches.push(arch);
        }
    }
    arches
}

/// Whether runc's own list of names has an arch.
const fn has_name_for(arch: Arch, version: Version) -> bool {
    match arch {
        Arch::Riscv64 | Arch::Loongarch64 => version.at_least(1, 2, 0),
        Arch::M68k | Arch::Parisc | Arch::Parisc64 | Arch::Sh | Arch::Sheb => false,
        _ => true,
    }
}

/// Names that are empty, and notifications that can't be.
pub(super) fn calls(
    calls: &[&Spanned<String>],
    action: Option<Action>,
    has_listener: bool,
    name: &Spanned<ActionName>,
    reasons: &mut Reasons,
) {
    for call in calls {
        if call.value.is_empty() {
            let message = "an empty text is no name of a call";
            reasons.add(Problem::error(codes::UNKNOWN_SYSCALL, call.span, message));
        }
        if action == Some(Action::Notify) && call.value == "write" {
            let message = "SCMP_ACT_NOTIFY can't be used for `write`, with which runc hands the listener over";
            reasons.add(Problem::error("CG701", call.span, message));
        }
    }
    if action == Some(Action::Notify) && !has_listener && !calls.is_empty() {
        let message = "SCMP_ACT_NOTIFY needs `listenerPath`, and none reaches runc";
        reasons.add(Problem::error("CG702", name.span, message));
    }
}

/// The comparisons of a rule, as far as runc looks at them: operators where the rule names a call, indexes where one is known and added.
pub(super) fn conditions(
    rule: &SyscallRule,
    calls: &[&Spanned<String>],
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
            (Some(arg), Some(test)) => all.push(Comparison::new(arg, test)),
            _ => is_whole = false,
        }
    }
    is_whole.then_some(all)
}
