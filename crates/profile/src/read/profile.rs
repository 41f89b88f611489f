//! The profile: the object at the top of a document, or inside an OCI `config.json`.
//!
//! Apart from the rules, because here stand the fields that are there once.

use super::fields::{Field, List, Reader};
use super::keys;
use super::rule::Context;
use crate::document::{ArchMapEntry, CustomAction, Profile, Shape, SyscallRule};
use crate::faults;
use crate::json::{Type, Value};
use crate::names::ArchName;
use crate::problem::{Problem, codes};
use crate::span::Span;
use callgate_syscalls::Arch;
use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// The profile that a JSON document is or holds.
pub(super) fn read(reader: &mut Reader<'_>, document: Value<'_>) -> Option<Profile> {
    let (shape, object) = find(reader, document)?;
    let profile = read_object(reader, shape, object);
    reader.is_complete.then_some(profile)
}

/// Where the profile stands; reports a document that has none.
fn find<'t>(reader: &mut Reader<'_>, document: Value<'t>) -> Option<(Shape, Value<'t>)> {
    if document.json_type() != Type::Object {
        let message = format!(
            "the document is {} and a profile is an object",
            document.json_type().described()
        );
        let code = if document.is_null() {
            codes::NO_PROFILE
        } else {
            codes::WRONG_TYPE
        };
        reader
            .problems
            .add(Problem::error(code, document.span, message));
        return None;
    }
    if !is_oci_config(document) {
        return Some((Shape::Profile, document));
    }
    let seccomp = last_value(document, "linux").and_then(|linux| last_value(linux, "seccomp"));
    match seccomp {
        Some(seccomp) if seccomp.json_type() == Type::Object => Some((Shape::OciConfig, seccomp)),
        Some(seccomp) if !seccomp.is_null() => {
            reader.problems.add(Problem::error(
                codes::WRONG_TYPE,
                seccomp.span,
                format!(
                    "`linux.seccomp` is {} and must be an object",
                    seccomp.json_type().described()
                ),
            ));
            None
        }
        _ => {
            reader.problems.add(
                Problem::error(
                    codes::NO_PROFILE,
                    Span::new(document.span.start, document.span.start + 1),
                    "the OCI config has no `linux.seccomp`",
                )
                .note("a container of this config runs without a filter"),
            );
            None
        }
    }
}

/// Whether the document is a whole `config.json`: it has what only such a one has, and nothing that only a profile has.
fn is_oci_config(document: Value<'_>) -> bool {
    let mut config = false;
    for (key, _) in document.entries() {
        match key.value.as_ref() {
            "defaultAction" | "syscalls" => return false,
            "ociVersion" | "linux" | "process" => config = true,
            _ => {}
        }
    }
    config
}

fn last_value<'t>(object: Value<'t>, wanted: &str) -> Option<Value<'t>> {
    object
        .entries()
        .filter(|(key, _)| key.value == wanted)
        .last()
        .map(|(_, value)| value)
}

fn read_object(reader: &mut Reader<'_>, shape: Shape, object: Value<'_>) -> Profile {
    let [
        extends,
        default_action,
        default_errno_ret,
        default_errno,
        architectures,
        arch_map,
        flags,
        listener_path,
        listener_metadata,
        x_actions,
        syscalls,
    ] = reader.fields(&keys::Holder::PROFILE, object, keys::PROFILE);
    let extends = extends.and_then(|base| reader.extends(base.value));
    match (default_action, syscalls) {
        // Its base may have them.
        _ if extends.is_some() => {}
        (None, None) => reader.problems.add(faults::no_profile(object.span)),
        (None, Some(_)) => reader.missing_action("defaultAction", object.span),
        (Some(_), _) => {}
    }
    let x_actions_read = x_actions.map_or_else(Default::default, |actions| {
        reader.custom_actions(actions.value)
    });
    let default_action_read =
        default_action.and_then(|action| reader.action("defaultAction", action.value));
    let base = reader.below.profile.filter(|_| extends.is_some());
    let declared = match (&extends, base) {
        (None, _) => Some(Cow::Borrowed(&x_actions_read)),
        (Some(_), Some(base)) => Some(Cow::Owned(with_those_of(&x_actions_read, base))),
        (Some(_), None) => None,
    };
    let default = default_action_read.as_ref();
    let default = default.or_else(|| base?.default_action.as_ref());
    let context = Context::new(shape, declared.as_deref(), default);
    if let Some(action) = &default_action_read {
        reader.check_declared(&context, action);
    }
    let (default_errno_ret, default_errno) = reader.errno([
        ("defaultErrnoRet", default_errno_ret),
        ("defaultErrno", default_errno),
    ]);
    reader.check_errno_range(
        default_errno_ret.as_ref(),
        default_action_read.as_ref().map(|action| &action.value),
    );
    let (architectures, arch_map) = read_arches(reader, architectures, arch_map);
    let flags = flags.and_then(|flags| reader.flags("flags", flags.value));
    let listener_path = listener_path.and_then(|path| reader.string("listenerPath", path.value));
    if let (None, Some(metadata)) = (&listener_path, listener_metadata) {
        reader.problems.add(
            Problem::warning(
                codes::LISTENER,
                metadata.key,
                "`listenerMetadata` without `listenerPath`",
            )
            .note("the OCI runtime specification forbids it"),
        );
    }
    let listener_metadata =
        listener_metadata.and_then(|metadata| reader.string("listenerMetadata", metadata.value));
    let syscalls: Option<List<SyscallRule>> = syscalls.and_then(|syscalls| {
        reader.list("syscalls", syscalls.value, |reader, index, item| {
            reader.rule(&context, index, item)
        })
    });
    let own = Profile {
        shape,
        span: object.span,
        extends,
        default_action: default_action_read,
        default_errno_ret,
        default_errno,
        architectures,
        arch_map,
        flags,
        listener_path,
        listener_metadata,
        x_actions: x_actions_read,
        syscalls,
        odd_keys: std::mem::take(&mut reader.odd_keys),
        null_elements: std::mem::take(&mut reader.null_elements),
        mistyped: std::mem::take(&mut reader.mistyped),
    };
    match base {
        Some(base) => own.joined_with(base),
        None => own,
    }
}

/// The custom actions of a profile that has a base.
fn with_those_of(
    own: &BTreeMap<String, CustomAction>,
    base: &Profile,
) -> BTreeMap<String, CustomAction> {
    let mut all = base.x_actions.clone();
    all.extend(own.clone());
    all
}

/// Both fields that say which arches the profile is for.
fn read_arches(
    reader: &mut Reader<'_>,
    architectures: Option<Field<'_>>,
    arch_map: Option<Field<'_>>,
) -> (Option<List<ArchName>>, Option<List<ArchMapEntry>>) {
    let arches = architectures.and_then(|field| reader.arches("architectures", field.value));
    let map = arch_map.and_then(|field| read_arch_map(reader, field.value));
    if let (Some(arches), Some(map)) = (&arches, &map)
        && !arches.value.is_empty()
        && !map.value.is_empty()
    {
        reader.exclusive([("architectures", arches.span), ("archMap", map.span)]);
    }
    (arches, map)
}

fn read_arch_map(reader: &mut Reader<'_>, value: Value<'_>) -> Option<List<ArchMapEntry>> {
    let mut seen: HashMap<Arch, Span> = HashMap::new();
    reader.list("archMap", value, |reader, _, item| {
        let [architecture, sub_architectures] =
            reader.fields(&keys::Holder::ARCH_MAP_ENTRY, item, keys::ARCH_MAP_ENTRY);
        if item.json_type() != Type::Object {
            return None;
        }
        if architecture.is_none() {
            let opening = Span::new(item.span.start, item.span.start + 1);
            let message = "`architecture` is missing, so the entry is for no arch";
            reader
                .problems
                .add(Problem::error(codes::ARCH_OR_FLAG, opening, message));
        }
        let architecture = architecture.and_then(|arch| reader.arch("architecture", arch.value));
        if let Some(name) = &architecture
            && let ArchName::Known(arch) = name.value
        {
            match seen.entry(arch) {
                Entry::Vacant(place) => {
                    place.insert(name.span);
                }
                Entry::Occupied(first) => {
                    let message = format!("`archMap` has `{arch}` twice");
                    reader.problems.add(
                        Problem::warning(codes::ARCH_OR_FLAG, name.span, message)
                            .related(*first.get(), "this one counts"),
                    );
                }
            }
        }
        Some(ArchMapEntry {
            architecture,
            sub_architectures: sub_architectures
                .and_then(|arches| reader.arches("subArchitectures", arches.value)),
        })
    })
}
