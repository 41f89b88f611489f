//! A systemd of its own that runs one unit, in namespaces and a cgroup that go with it.
//!
//! Apart from what is asked of the unit, because the manager of this machine, if it has one, is left alone.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program, where distributions have it.
const SYSTEMD: &str = "/lib/systemd/systemd";

/// The manager's own cgroups, beside those of the machine: a hybrid hierarchy has no place for it.
const IN_NEW_CGROUP: &str = r#"
set -e
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/$2
echo $$ >/sys/fs/cgroup/$2/cgroup.procs
exec unshare --pid --fork --kill-child --cgroup --mount-proc sh -c "$0" sh "$1"
"#;

/// The manager as the first process of a namespace; what it says on the console goes to a file.
const IN_NEW_NAMESPACE: &str = r#"
set -e
umount /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
: >"$1/said"
mount --bind "$1/said" /dev/console
exec env -i SYSTEMD_UNIT_PATH="$1" container=callgate \
    /lib/systemd/systemd --system --unit=exported.service --log-target=console --show-status=no
"#;

/// Removes the cgroups, which are empty then.
const CLEAN: &str = r#"
umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} +
"#;

/// Seconds that the unit has to start.
const PATIENCE: &str = "60";

/// A running manager; with the value it ends, and all that it runs.
pub(super) struct Manager {
    /// `unshare`, the parent of the manager. When it ends, the manager is killed; when the manager ends, so does it.
    parent: Child,
    cgroup: String,
}

impl Manager {
    /// Why there can be none here; none where there can.
    pub(super) fn lacking() -> Option<String> {
        let version = Command::new(SYSTEMD).arg("--version").output();
        let there = version.is_ok_and(|output| output.status.success());
        (!there).then(|| "systemd is not installed".to_owned())
    }

    /// Starts one that runs a shell under a unit's lines, and says which process that is; or what it said, if it does not start.
    pub(super) fn start(folder: &Path, lines: &str) -> Result<(Self, String), String> {
        let [ready, end] = ["ready", "end"].map(|name| folder.join(name));
        for pipe in [&ready, &end] {
            let _ = fs::remove_file(pipe);
            let made = Command::new("mkfifo").arg(pipe).status();
            assert!(made.is_ok_and(|status| status.success()), "a pipe");
        }
        // Nobody writes to the second, so that the shell stays what it is.
        let script = format!(
            "echo ready >{}; read line <{}",
            ready.display(),
            end.display()
        );
        let unit =
            format!("[Unit]\nDefaultDependencies=no\n{lines}ExecStart=/bin/sh -c '{script}'\n");
        fs::write(folder.join("exported.service"), unit).expect("written");
        let cgroup = format!(
            "callgate-{}-{}",
            std::process::id(),
            folder.file_name().expect("a name").display()
        );
        let said = File::create(folder.join("said-before")).expect("a file");
        let parent = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unshare", "--mount"])
            .args(["sh", "-c", IN_NEW_CGROUP, IN_NEW_NAMESPACE])
            .arg(folder)
            .arg(&cgroup)
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a file"))
            .stderr(said)
            .spawn()
            .map_err(|error| error.to_string())?;
        let manager = Self { parent, cgroup };
        let answer = Command::new("timeout")
            .args([PATIENCE, "head", "-n", "1"])
            .arg(&ready)
            .output()
            .expect("timeout");
        let shell = manager.child().and_then(|systemd| {
            let is_unit = |pid: &String| {
                let line = fs::read_to_string(format!("/proc/{pid}/cmdline"));
                line.is_ok_and(|line| line.contains(&script))
            };
            children(&systemd).into_iter().find(is_unit)
        });
        match shell.filter(|_| answer.stdout == b"ready\n") {
            Some(pid) => Ok((manager, pid)),
            None => {
                let said =
                    ["said-before", "said"].map(|name| fs::read_to_string(folder.join(name)));
                Err(said.into_iter().flatten().collect())
            }
        }
    }

    /// systemd itself, as the machine numbers it.
    fn child(&self) -> Option<String> {
        children(&self.parent.id().to_string()).into_iter().next()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        // With the first process of the namespace all others are gone before `unshare` learns of it.
        if let Some(systemd) = self.child() {
            let _ = Command::new("kill").args(["-KILL", &systemd]).status();
        } else {
            let _ = self.parent.kill();
        }
        let _ = self.parent.wait();
        let _ = Command::new("unshare")
            .args(["--mount", "sh", "-c", CLEAN, "sh", &self.cgroup])
            .stderr(Stdio::null())
            .status();
    }
}

/// The children of a process of one thread.
fn children(pid: &str) -> Vec<String> {
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let listed = listed.unwrap_or_default();
    listed.split_whitespace().map(str::to_owned).collect()
}
