//! The processes of this machine, and how each stands to seccomp, as `/proc` says.
//!
//! Apart from reading filters, because it needs no privilege and stops nobody.

use std::fs;
use std::io;

use crate::support::ProcessState;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name (`comm`), of at most fifteen bytes: what the process likes to be called.
    pub name: String,
    /// The id of its container, as engines write it into the names of cgroups.
    pub container: Option<String>,
    /// How it stands to seccomp.
    pub state: ProcessState,
}

impl Process {
    /// A process by its number.
    ///
    /// # Errors
    /// There is none, or `/proc` does not show it.
    pub fn of(pid: u32) -> io::Result<Self> {
        let name = fs::read(format!("/proc/{pid}/comm"))?;
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        Ok(Self {
            pid,
            name: String::from_utf8_lossy(&name).trim_end().to_owned(),
            container: container(&groups),
            state: ProcessState::of(pid)?,
        })
    }
}

/// All processes that `/proc` shows, by their numbers; who ended meanwhile is not among them.
///
/// # Errors
/// `/proc` can't be read.
pub fn all() -> io::Result<Vec<Process>> {
    let mut pids: Vec<u32> = fs::read_dir("/proc")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    Ok(pids
        .into_iter()
        .filter_map(|pid| Process::of(pid).ok())
        .collect())
}

/// The container that `/proc/PID/cgroup` names: the last part of a path that has an id of 64 digits.
///
/// `/docker/ID`, `/system.slice/docker-ID.scope`, `/machine.slice/libpod-ID.scope`, `…/cri-containerd-ID.scope`, `…/crio-ID`.
fn container(groups: &str) -> Option<String> {
    let parts = groups.lines().flat_map(|line| line.rsplit('/'));
    let ids = parts.flat_map(|part| part.split(['-', '.']));
    ids.into_iter()
        .find(|id| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_by_their_cgroups() {
        let id = "a5c4610004cf9058b88779885b5e95c309b5d4c7c0d2fab0ff9fa132d0a19abc";
        assert_eq!(id.len(), 64);
        for (groups, found) in [
            (format!("12:pids:/docker/{id}\n0::/\n"), true),
            (format!("0::/system.slice/docker-{id}.scope\n"), true),
            (
                format!("0::/machine.slice/libpod-{id}.scope/container\n"),
                true,
            ),
            (
                format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"),
                true,
            ),
            (
                "0::/user.slice/user-0.slice/session-1.scope\n".to_owned(),
                false,
            ),
            (String::new(), false),
        ] {
            assert_eq!(container(&groups).is_some(), found, "{groups}");
        }
    }

    #[test]
    fn this_process_is_among_them() {
        let own = std::process::id();
        let all = all().expect("/proc is there");
        let found = all.iter().find(|process| process.pid == own);
        assert_eq!(
            found.expect("listed").state,
            ProcessState::of(own).expect("there")
        );
        assert!(all.is_sorted_by_key(|process| process.pid));
    }
}
