//! The profiles that come with callgate.
//!
//! Apart from the documents themselves, which are JSON beside the sources, so that they can be read and diffed as what they are.

/// `docker:default`: the profile that Docker uses when none is given, in our own arrangement and words.
pub const DOCKER_DEFAULT: &str = include_str!("../builtin/docker-default.json");

/// `docker:default@20.10`: the same of Docker 20.10.
pub const DOCKER_DEFAULT_20_10: &str = include_str!("../builtin/docker-default-20.10.json");

/// `docker:default@28`: the same of Docker 28.
pub const DOCKER_DEFAULT_28: &str = include_str!("../builtin/docker-default-28.json");

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
    ("docker:default@20.10", DOCKER_DEFAULT_20_10),
    ("docker:default@28", DOCKER_DEFAULT_28),
];
