//! Which arches a document is about: `architectures`, or the entry of `archMap` for the machine, unless the target states them.
//!
//! Apart from the readers, because two of them ask the same question before they differ.

use callgate_profile::{ArchName, Profile, Span, Spanned, faults};
use callgate_syscalls::Arch;

use crate::resolved::Fault;
use crate::target::Target;

/// The arches as callgate reads them, no arch twice; the native one where the document lists none.
pub(crate) fn listed(profile: &Profile, target: &Target) -> Result<Vec<Arch>, Fault> {
    exclusive(profile)?;
    let mut arches = Vec::new();
    if let Some(stated) = &target.arches {
        stated.iter().for_each(|&arch| add(&mut arches, arch));
        return Ok(arches);
    }
    for name in names(profile, Some(target.native)) {
        add(&mut arches, known(name, target.native)?);
    }
    if arches.is_empty() {
        arches.push(target.native);
    }
    Ok(arches)
}

/// The names that count on a machine; of `archMap` none where no entry is for it.
pub(crate) fn names(profile: &Profile, native: Option<Arch>) -> Vec<&Spanned<ArchName>> {
    if let Some(architectures) = &profile.architectures
        && !architectures.value.is_empty()
    {
        return architectures.value.iter().collect();
    }
    let Some(map) = &profile.arch_map else {
        return Vec::new();
    };
    let entry = map.value.iter().find(|entry| {
        let of = entry.value.architecture.as_ref().map(|name| &name.value);
        match of {
            Some(ArchName::Known(arch)) => native == Some(*arch),
            _ => false,
        }
    });
    let Some(entry) = entry else {
        return Vec::new();
    };
    let main = entry.value.architecture.iter();
    let subs = entry
        .value
        .sub_architectures
        .iter()
        .flat_map(|subs| &subs.value);
    main.chain(subs).collect()
}

/// The arches that the target states, else these.
pub(crate) fn stated_or(
    target: &Target,
    span: Span,
    listed: Vec<(ArchName, Span)>,
) -> Vec<(ArchName, Span)> {
    match &target.arches {
        Some(stated) => stated
            .iter()
            .map(|&arch| (ArchName::Known(arch), span))
            .collect(),
        None => listed,
    }
}

/// Both ways of listing arches, which contradict each other.
pub(crate) fn exclusive(profile: &Profile) -> Result<(), Fault> {
    match (&profile.architectures, &profile.arch_map) {
        (Some(list), Some(map)) if !list.value.is_empty() && !map.value.is_empty() => {
            let fields = [("architectures", list.span), ("archMap", map.span)];
            Err(faults::exclusive(fields).into())
        }
        _ => Ok(()),
    }
}

fn known(name: &Spanned<ArchName>, native: Arch) -> Result<Arch, Fault> {
    match &name.value {
        ArchName::Known(arch) => Ok(*arch),
        ArchName::Native => Ok(native),
        ArchName::Unknown(word) => Err(faults::unknown_arch(word, name.span).into()),
    }
}

fn add(arches: &mut Vec<Arch>, arch: Arch) {
    if !arches.contains(&arch) {
        arches.push(arch);
    }
}
