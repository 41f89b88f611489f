//! dockerd's reading: from its own dialect to the OCI's `linux.seccomp`, which a runtime then reads.
//!
//! Apart from the runtimes, because what dockerd drops, keeps and refuses is a matter of its version alone.
//! Sources: `profiles/seccomp` of moby/moby and moby/profiles, and containers that were started.

use std::slice;

use callgate_profile::{
    ArchName, Problem, Profile, Span, Spanned, SyscallRule, condition_name, faults,
};
use callgate_syscalls::Arch;

use crate::arches;
use crate::conditions::{Circumstances, releases_that_are_none};
use crate::engine::Runtime;
use crate::fields::{is_docker, refuse_mistyped};
use crate::resolved::{Fault, Reasons, Refusal, Resolved};
use crate::runtime::{self, Oci, OciRule, Text};
use crate::target::Target;
use crate::twice::{self, Takes};
use crate::version::Version;
use crate::words::EPERM;

/// The meaning of a document for Docker.
pub(crate) fn read(
    profile: &Profile,
    target: &Target,
    version: Version,
    runtime: Runtime,
) -> Result<Resolved, Refusal> {
    let mut reasons = Reasons::default();
    // Go's decoder stops there.
    refuse_mistyped(profile, |value| is_docker(value, version))?;
    reasons.extend(null_rules(profile));
    reasons.extend(releases_that_are_none(profile.rules()));
    if runtime::asks_for_nothing(profile) {
        reasons.settle()?;
        return Ok(runtime::unconfined(profile));
    }
    reasons.take(arches::exclusive(profile));
    let is_new = version.at_least(23, 0, 0);
    let circumstances = Circumstances {
        arch: host_name(target.native, version),
        caps: target.caps,
        kernel: target.kernel,
    };
    let mut rules = Vec::with_capacity(profile.rules().len());
    for rule in profile.rules() {
        let keep = circumstances.keep(&rule.value);
        if is_new || keep {
            reasons.take(one_way_of_naming(&rule.value));
        }
        if keep {
            reasons.extend(nulls_of(profile, rule));
            rules.push(OciRule {
                rule,
                calls: calls(&rule.value),
                errno_ret: rule.value.errno_ret.clone(),
            });
        }
    }
    reasons.settle()?;
    let oci = Oci {
        profile,
        text: Text::Rewritten,
        default_errno_ret: profile.default_errno_ret.clone().filter(|_| is_new),
        arches: architectures(profile, target, version),
        flags: profile
            .flags
            .as_ref()
            .map_or(&[][..], |flags| &flags.value)
            .iter()
            .filter(|_| is_new)
            .collect(),
        has_listener: is_new
            && profile
                .listener_path
                .as_ref()
                .is_some_and(|path| !path.value.is_empty()),
        rules,
    };
    let mut resolved = runtime::read(&oci, target, runtime)?;
    if !is_new {
        resolved.problems.extend(dropped(profile));
    }
    let twice = twice::problems(profile, "docker", Takes::Both);
    resolved.problems.extend(twice);
    Ok(resolved)
}

/// The rules that are `null`: dockerd falls over them without an answer, and the client waits.
fn null_rules(profile: &Profile) -> impl Iterator<Item = Problem> {
    let nulls = profile.null_elements.iter();
    nulls
        .filter(|null| null.list == "syscalls")
        .map(faults::null_element)
}

/// The `null`s in lists of a rule that stays, of which something comes that the runtime refuses.
fn nulls_of(profile: &Profile, rule: &Spanned<SyscallRule>) -> Vec<Problem> {
    let here = profile.null_elements.iter().filter(|null| {
        null.rule == Some(rule.value.index) && matches!(null.list, "args" | "names")
    });
    here.map(faults::null_element).collect()
}

/// The arches that dockerd hands on; none where `archMap` has no entry that it finds.
fn architectures(profile: &Profile, target: &Target, version: Version) -> Vec<(ArchName, Span)> {
    let found = Some(target.native).filter(|&arch| map_finds(arch, version));
    let names = arches::names(profile, found);
    let names = names
        .into_iter()
        .map(|name| (name.value.clone(), name.span));
    arches::stated_or(target, profile.span, names.collect())
}

/// Whether dockerd finds an entry of `archMap` for its machine.
///
/// Of loongarch64 and little-endian mips two names in its tables do not fit together, riscv64 came with 23, and it knows no other mips of 32 bits, nor x32.
const fn map_finds(native: Arch, version: Version) -> bool {
    match native {
        Arch::Loongarch64 | Arch::Mipsel | Arch::Mips | Arch::X32 => false,
        Arch::Riscv64 => version.at_least(23, 0, 0),
        _ => true,
    }
}

/// dockerd's own name of its machine in `includes` and `excludes`; empty where it has none, which nothing equals.
const fn host_name(native: Arch, version: Version) -> &'static str {
    match native {
        Arch::Mipsel64n32 => "mips3l64n32",
        Arch::Riscv64 if !version.at_least(23, 0, 0) => "",
        other => condition_name(other),
    }
}

/// The calls that a rule names: by `name`, else by `names`.
pub(crate) fn calls(rule: &SyscallRule) -> &[Spanned<String>] {
    match rule.name.as_ref().filter(|name| !name.value.is_empty()) {
        Some(name) => slice::from_ref(name),
        None => rule.names.as_ref().map_or(&[], |names| &names.value),
    }
}

pub(crate) fn one_way_of_naming(rule: &SyscallRule) -> Result<(), Fault> {
    match (&rule.name, &rule.names) {
        (Some(name), Some(names)) if !name.value.is_empty() && !names.value.is_empty() => {
            Err(faults::exclusive([("name", name.span), ("names", names.span)]).into())
        }
        _ => Ok(()),
    }
}

/// What dockerd before 23 does not know and drops.
fn dropped(profile: &Profile) -> Vec<Problem> {
    let errno = profile
        .default_errno_ret
        .as_ref()
        .filter(|errno| errno.value != u64::from(EPERM));
    let fields = [
        ("defaultErrnoRet", errno.map(|field| field.span)),
        ("flags", profile.flags.as_ref().map(|field| field.span)),
        (
            "listenerPath",
            profile.listener_path.as_ref().map(|field| field.span),
        ),
    ];
    let stated = fields
        .into_iter()
        .filter_map(|(name, span)| Some((name, span?)));
    let problem = |(name, span)| {
        let message = format!("docker before 23 ignores `{name}`");
        let problem = Problem::warning("CG216", span, message);
        match name {
            "defaultErrnoRet" => problem.note("the errno is EPERM"),
            _ => problem,
        }
    };
    stated.map(problem).collect()
}
