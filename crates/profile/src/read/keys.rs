//! The keys of every object of a profile, in the order in which its reader takes them.
//!
//! Apart from the readers, because the schema is made of the same.

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
