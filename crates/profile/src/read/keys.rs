//! The objects of a profile, and the keys of each in the order in which its reader takes them.
//!
//! Apart from the readers, because the schema is made of the same.

use crate::document::Part;

/// An object of a profile: what messages call it, and which field it is the value of, or an element of.
pub(super) struct Holder {
    pub(super) words: &'static str,
    pub(super) field: &'static str,
    pub(super) part: Part,
}

impl Holder {
    pub(super) const PROFILE: Self = Self::value("a profile", "seccomp");
    pub(super) const ARCH_MAP_ENTRY: Self = Self::element("an entry of archMap", "archMap");
    pub(super) const RULE: Self = Self::element("a rule", "syscalls");
    pub(super) const ARGUMENT: Self = Self::element("an argument", "args");
    pub(super) const INCLUDES: Self = Self::value("`includes`", "includes");
    pub(super) const EXCLUDES: Self = Self::value("`excludes`", "excludes");
    pub(super) const CUSTOM_ACTIONS: Self = Self::value("`x-actions`", "x-actions");
    pub(super) const CUSTOM_ACTION: Self = Self::element("a custom action", "x-actions");

    const fn value(words: &'static str, field: &'static str) -> Self {
        Self {
            words,
            field,
            part: Part::Value,
        }
    }

    const fn element(words: &'static str, field: &'static str) -> Self {
        Self {
            words,
            field,
            part: Part::Element,
        }
    }
}

/// What names the base of a profile.
pub(crate) const EXTENDS: &str = "x-extends";

/// The profile itself.
pub(crate) const PROFILE: [&str; 11] = [
    EXTENDS,
    "defaultAction",
    "defaultErrnoRet",
    "defaultErrno",
    "architectures",
    "archMap",
    "flags",
    "listenerPath",
    "listenerMetadata",
    "x-actions",
    "syscalls",
];

/// An entry of `archMap`.
pub(crate) const ARCH_MAP_ENTRY: [&str; 2] = ["architecture", "subArchitectures"];

/// An entry of `syscalls`.
pub(crate) const RULE: [&str; 9] = [
    "name", "names", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes",
];

/// An entry of `args`.
pub(crate) const ARGUMENT: [&str; 4] = ["index", "value", "valueTwo", "op"];

/// `includes` and `excludes`.
pub(crate) const CONDITIONS: [&str; 3] = ["caps", "arches", "minKernel"];

/// An entry of `x-actions`.
pub(crate) const CUSTOM_ACTION: [&str; 5] = ["answer", "errnoRet", "plugin", "with", "otherwise"];
