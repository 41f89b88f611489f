//! The cgroups that engines make and those that they can live with; they are the one thing that outlives a namespace.
//! Apart, because every engine needs it otherwise, and the cleaning is outside of all of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ground::Ground;

/// What the names of our cgroups begin with; a number follows.
pub(super) const PREFIX: &str = "callgate-engines.";

/// crun takes no hybrid cgroups, so that it gets a mount namespace with the second version alone.
const WITH_VERSION_2: &str =
    "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\"";

/// What a program is started by so that it sees the second version alone; the program's words follow.
pub(super) fn with_version_2_alone(ground: &Ground) -> Command {
    let mut command = ground.command("unshare");
    command.args(["--mount", "sh", "-c", WITH_VERSION_2, "sh"]);
    command
}

/// What a runtime is started by.
pub(super) fn for_runtime(program: &str, ground: &Ground) -> Command {
    match program {
        "crun" => with_version_2_alone(ground),
        _ => ground.command("env"),
    }
}

/// Removes what runs that are over have left, as far as nobody is in it.
pub(super) fn clean() {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = folders(root).into_iter().chain([root.to_owned()]);
    for hierarchy in hierarchies {
        for cgroup in folders(&hierarchy) {
            let name = cgroup.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(PREFIX) {
                remove(&cgroup);
            }
        }
    }
}

fn remove(cgroup: &Path) {
    for inner in folders(cgroup) {
        remove(&inner);
    }
    // One that is in use stays, which is right.
    let _ = fs::remove_dir(cgroup);
}

/// The folders in a folder, no links.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}
