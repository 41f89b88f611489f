//! Podman's and CRI-O's reading: from the dialect of containers/common to the OCI's `linux.seccomp`.
//!
//! Apart from Docker's, from which it differs in the names of errnos, which it knows, and the kernel's release, which it does not.
//! Source: `pkg/seccomp` of containers/common as of August 2026; CRI-O changes its own default, and nothing of a profile that is named.

use callgate_profile::{
    Conditions, Problem, Profile, Spanned, SyscallRule, codes, condition_name, faults,
};
use callgate_syscalls::{Arch, errno_by_name};

use crate::arches::{self, stated_or};
use crate::conditions::Circumstances;
use crate::docker::{calls, one_way_of_naming};
use crate::engine::{Kind, Runtime};
use crate::fields::{is_podman, refuse_mistyped};
use crate::resolved::{Fault, Reasons, Refusal, Resolved};
use crate::runtime::{self, Oci, OciRule, Text};
use crate::target::Target;

/// The meaning of a document for Podman or CRI-O.
pub(crate) fn read(
    profile: &Profile,
    target: &Target,
    kind: Kind,
    runtime: Runtime,
) -> Result<Resolved, Refusal> {
    refuse_mistyped(profile, is_podman)?;
    let mut reasons = Reasons::default();
    reasons.extend(profile.null_elements.iter().map(faults::null_element));
    if runtime::asks_for_nothing(profile) {
        reasons.settle()?;
        return Ok(runtime::unconfined(profile));
    }
    reasons.take(arches::exclusive(profile));
    let circumstances = Circumstances {
        arch: condition_name(target.native),
        caps: target.caps,
        kernel: target.kernel,
    };
    let mut rules = Vec::new();
    for rule in profile.rules() {
        if !circumstances.keep_but_for_kernel(&rule.value) {
            continue;
        }
        reasons.take(one_way_of_naming(&rule.value));
        let calls = calls(&rule.value);
        if calls.is_empty() {
            continue;
        }
        let errno = reasons.take(errno_ret(&rule.value, target.native));
        rules.push(OciRule {
            rule,
            calls,
            errno_ret: errno.flatten(),
        });
    }
    let default_errno = match &profile.default_errno {
        Some(name) if !name.value.is_empty() => reasons.take(errno(name, target.native)),
        _ => profile.default_errno_ret.clone(),
    };
    reasons.settle()?;
    let found = Some(target.native).filter(|&arch| map_finds(arch));
    let names = arches::names(profile, found);
    let names = names
        .into_iter()
        .map(|name| (name.value.clone(), name.span));
    let oci = Oci {
        profile,
        text: Text::Rewritten,
        default_errno_ret: default_errno,
        arches: stated_or(target, profile.span, names.collect()),
        flags: profile
            .flags
            .iter()
            .flat_map(|flags| &flags.value)
            .collect(),
        has_listener: profile
            .listener_path
            .as_ref()
            .is_some_and(|path| !path.value.is_empty()),
        rules,
    };
    let mut resolved = runtime::read(&oci, target, runtime)?;
    resolved.problems.extend(kernels(profile, kind));
    Ok(resolved)
}

/// The errno of a rule: its name if there is one, else the number.
fn errno_ret(rule: &SyscallRule, native: Arch) -> Result<Option<Spanned<u64>>, Fault> {
    match &rule.errno {
        Some(name) if !name.value.is_empty() => errno(name, native).map(Some),
        _ => Ok(rule.errno_ret.clone()),
    }
}

/// An errno by its name, or as a decimal number.
fn errno(name: &Spanned<String>, native: Arch) -> Result<Spanned<u64>, Fault> {
    let named = errno_by_name(native, &name.value).map(u64::from);
    let number = named.or_else(|| name.value.parse().ok());
    let number = number.ok_or_else(|| {
        let quoted = faults::quoted(&name.value);
        let message = format!("{quoted} is no errno of {native}");
        Box::new(Problem::error(codes::ERRNO_NAME, name.span, message))
    })?;
    Ok(Spanned::new(number, name.span))
}

/// Whether an entry of `archMap` is found for a machine: there are few in its table.
const fn map_finds(native: Arch) -> bool {
    matches!(
        native,
        Arch::X86_64
            | Arch::Aarch64
            | Arch::Mips64
            | Arch::Mips64n32
            | Arch::Mipsel64
            | Arch::Mipsel64n32
            | Arch::S390x
    )
}

/// The releases that conditions ask for, in vain.
fn kernels(profile: &Profile, kind: Kind) -> Vec<Problem> {
    let reader = match kind {
        Kind::Crio => "CRI-O",
        _ => "Podman",
    };
    let conditions = profile.rules().iter().flat_map(|rule| {
        let rule = &rule.value;
        [&rule.includes, &rule.excludes].into_iter().flatten()
    });
    let least = |conditions: &Spanned<Conditions>| {
        conditions.value.min_kernel.as_ref().map(|least| least.span)
    };
    let spans = conditions.filter_map(|conditions| least(conditions));
    let problem = |span| {
        let message =
            format!("{reader} does not read `minKernel`: the rule applies on every kernel");
        Problem::warning("CG223", span, message)
    };
    spans.map(problem).collect()
}
