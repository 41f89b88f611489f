//! The profiles that come with callgate.
//!
//! Apart from the documents themselves, which are JSON beside the sources, so that they can be read and diffed as what they are.

/// `docker:default`: the profile that Docker uses when none is given, in our own arrangement and words.
pub const DOCKER_DEFAULT: &str = include_str!("../builtin/docker-default.json");

/// `callgate:plugin`: what callgate runs external plugins under: `docker:default` without the network, other processes' memory,
/// namespaces, mounts, devices, shared memory, keys and changes of identity.
///
/// Made by `callgate new --from docker:default --deny @net --deny @mount --deny @debug --deny @keyring --deny @aio --deny @ipc
/// --deny @root --deny unshare,setns,mknod,mknodat,bpf,setuid,setgid,setgroups,setresuid,setresgid,setreuid,setregid,setfsuid,setfsgid,capset`.
pub const CALLGATE_PLUGIN: &str = include_str!("../builtin/callgate-plugin.json");

/// The text of a built-in profile by its reference, such as `docker:default`.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static str> {
    BUILTINS
        .iter()
        .find(|(reference, _)| *reference == name)
        .map(|(_, text)| *text)
}

/// Every reference that [`by_name`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|(reference, _)| *reference)
}

const BUILTINS: &[(&str, &str)] = &[
    ("callgate:plugin", CALLGATE_PLUGIN),
    ("docker:default", DOCKER_DEFAULT),
];
