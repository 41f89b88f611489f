//! Acting for a caller with no more than its own credentials.
//!
//! Apart from the plugins, because here it is decided that a supervisor never lends its own: it gives up what the caller does not
//! have, and where that can't be done it does not act.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::process::{getegid, geteuid, getgroups};
use rustix::thread::{CapabilitySet, LinkNameSpaceType, capabilities, set_capabilities};

use crate::call::Call;

/// Does something with the caller's user, groups and at most its capabilities.
///
/// # Errors
/// `EPERM` where the caller's user or groups are not this process's; or what the action meets.
pub(crate) fn as_caller<T>(call: &Call<'_>, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if !is_same_user(call)? {
        return Err(Errno::PERM.into());
    }
    let mut sets = capabilities(None)?;
    let mine = sets.effective;
    let narrowed = mine & theirs(call)?;
    if narrowed == mine {
        return act();
    }
    sets.effective = narrowed;
    set_capabilities(None, sets)?;
    let _restored = Restored(mine);
    act()
}

/// What a process that acts for a caller has to become.
pub(crate) struct Whole {
    /// The caller.
    pub(crate) process: OwnedFd,
    /// Those of its namespaces that are not this process's, as setns(2) takes them.
    pub(crate) namespaces: i32,
    /// Its effective capabilities in its user namespace.
    pub(crate) capabilities: u64,
}

/// What a caller is, for a process that enters its namespaces.
///
/// # Errors
/// `EPERM` where its user or groups are not this process's; it is gone.
pub(crate) fn whole(call: &Call<'_>) -> io::Result<Whole> {
    if !is_same_user(call)? {
        return Err(Errno::PERM.into());
    }
    let kinds = [
        ("user", LinkNameSpaceType::User),
        ("mnt", LinkNameSpaceType::Mount),
        ("pid", LinkNameSpaceType::ProcessID),
        ("net", LinkNameSpaceType::Network),
        ("ipc", LinkNameSpaceType::InterProcessCommunication),
        ("cgroup", LinkNameSpaceType::ControlGroup),
    ];
    let mut namespaces = 0;
    for (name, kind) in kinds {
        if !is_own_namespace(call, name)? {
            namespaces |= (kind as u32).cast_signed();
        }
    }
    Ok(Whole {
        process: call.process()?,
        namespaces,
        capabilities: effective(call)?,
    })
}

/// Puts this thread's effective capabilities back, also after a panic.
struct Restored(CapabilitySet);

impl Drop for Restored {
    fn drop(&mut self) {
        let sets = capabilities(None);
        // What is permitted can always be made effective again.
        let _permitted = sets.and_then(|mut sets| {
            sets.effective = self.0;
            set_capabilities(None, sets)
        });
    }
}

/// Whether the caller's user, group and further groups for files are those of this process.
fn is_same_user(call: &Call<'_>) -> io::Result<bool> {
    // Real, effective, saved, and the one for files, which is the last.
    let last = |field: &str| -> io::Result<Option<u32>> {
        let ids = call.status(field)?;
        Ok(ids.split_whitespace().last().and_then(|id| id.parse().ok()))
    };
    let groups = call.status("Groups")?;
    let mut theirs: Vec<u32> = groups
        .split_whitespace()
        .filter_map(|group| group.parse().ok())
        .collect();
    let mut mine: Vec<u32> = getgroups()?.iter().map(|group| group.as_raw()).collect();
    theirs.sort_unstable();
    mine.sort_unstable();
    Ok(last("Uid")? == Some(geteuid().as_raw())
        && last("Gid")? == Some(getegid().as_raw())
        && theirs == mine)
}

/// The caller's effective capabilities; none where they are those of another user namespace, and so mean nothing here.
fn theirs(call: &Call<'_>) -> io::Result<CapabilitySet> {
    match is_own_namespace(call, "user")? {
        true => Ok(CapabilitySet::from_bits_retain(effective(call)?)),
        false => Ok(CapabilitySet::empty()),
    }
}

fn effective(call: &Call<'_>) -> io::Result<u64> {
    u64::from_str_radix(&call.status("CapEff")?, 16).map_err(|_| Errno::NOTSUP.into())
}

/// Whether a namespace of the caller's is this process's.
fn is_own_namespace(call: &Call<'_>, name: &str) -> io::Result<bool> {
    let of = |process: &str| fs::read_link(format!("/proc/{process}/ns/{name}"));
    let namespace = of(&call.thread().to_string());
    call.check()?;
    Ok(namespace? == of("self")?)
}
