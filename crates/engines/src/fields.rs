//! Which fields of a document a reader knows: what stands in another one, of whatever type, it never sees.
//!
//! Apart from the readers, because a value of the wrong type makes a whole document unreadable to one of them and is nothing to the next.

use callgate_profile::{MOST_MISTYPED, Mistyped, Profile};

use crate::resolved::{Reasons, Refusal};
use crate::version::Version;

/// Refuses a document with a value of another type than its field's, if the field is one that is read.
///
/// Where there are more such values than are kept, the last of those stands for the rest.
pub(crate) fn refuse_mistyped(
    profile: &Profile,
    is_read: impl Fn(&Mistyped) -> bool,
) -> Result<(), Refusal> {
    let mut all = profile.mistyped.iter();
    let is_full = all.len() >= MOST_MISTYPED;
    let mut reasons = Reasons::default();
    let found = all.find(|value| is_read(value));
    let found = found.or(profile.mistyped.last().filter(|_| is_full));
    reasons.extend(found.map(|value| value.problem.clone()));
    reasons.settle()
}

/// The fields of the OCI's `linux.seccomp`.
pub(crate) fn is_oci(value: &Mistyped) -> bool {
    match value.rule {
        None => is_above(value.field),
        Some(_) => matches!(
            value.field,
            "syscalls"
                | "names"
                | "action"
                | "errnoRet"
                | "args"
                | "index"
                | "value"
                | "valueTwo"
                | "op"
        ),
    }
}

/// Those above the rules.
fn is_above(field: &str) -> bool {
    matches!(
        field,
        "defaultAction" | "architectures" | "syscalls" | "defaultErrnoRet"
    ) || is_for_loading(field)
}

fn is_for_loading(field: &str) -> bool {
    matches!(field, "flags" | "listenerPath" | "listenerMetadata")
}

/// The fields of Docker's dialect; before 23 there were fewer.
pub(crate) fn is_docker(value: &Mistyped, version: Version) -> bool {
    let is_new = version.at_least(23, 0, 0);
    let came =
        value.rule.is_none() && (value.field == "defaultErrnoRet" || is_for_loading(value.field));
    is_new && came || !came && (is_oci(value) || is_of_both(value) || value.field == "minKernel")
}

/// The fields of Podman's dialect.
pub(crate) fn is_podman(value: &Mistyped) -> bool {
    is_oci(value) || is_of_both(value) || matches!(value.field, "defaultErrno" | "errno")
}

/// Those that Docker and Podman have, and the OCI has not.
fn is_of_both(value: &Mistyped) -> bool {
    match value.rule {
        None => matches!(value.field, "archMap" | "architecture" | "subArchitectures"),
        Some(_) => matches!(
            value.field,
            "name" | "comment" | "includes" | "excludes" | "caps" | "arches"
        ),
    }
}

/// Whether a list that has a `null` is one of the OCI's.
pub(crate) fn is_oci_list(list: &str) -> bool {
    matches!(
        list,
        "syscalls" | "names" | "args" | "architectures" | "flags"
    )
}
