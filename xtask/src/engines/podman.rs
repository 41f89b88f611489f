//! Podman with crun, which needs no daemon.
//! Apart from Docker, whose words it shares in part: cgroups and capabilities are told otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cgroup;
use super::engine::{Caps, Engine, HOLD, NAME, Start, alive, libseccomp, refusal};
use super::site::Site;
use crate::command::{Fallible, capture, read};
use crate::ground::Ground;

/// Podman, with its store in a folder of ours.
pub(super) struct Podman {
    ground: Ground,
    folder: PathBuf,
    rootfs: PathBuf,
    target: String,
    libseccomp: String,
}

impl Podman {
    /// The one of a ground.
    pub(super) fn new(ground: &Ground, site: &Site) -> Fallible<Podman> {
        let (podman, crun) = (ground.version("podman")?, ground.version("crun")?);
        Ok(Podman {
            ground: ground.clone(),
            folder: site.folder_for("podman")?,
            rootfs: site.rootfs(),
            target: format!("podman@{podman}+crun@{crun}"),
            libseccomp: libseccomp(ground)?,
        })
    }

    fn podman(&self) -> Command {
        let mut command = cgroup::with_version_2_alone(&self.ground);
        command.args([
            "podman",
            "--storage-driver=vfs",
            "--cgroup-manager=cgroupfs",
        ]);
        command.args(["--runtime=crun", "--events-backend=none"]);
        command.arg(format!("--root={}", self.folder.join("root").display()));
        command.arg(format!("--runroot={}", self.folder.join("run").display()));
        command
    }
}

impl Engine for Podman {
    fn target(&self) -> &str {
        &self.target
    }

    fn libseccomp(&self) -> &str {
        &self.libseccomp
    }

    fn start(&self, profile: &Path, caps: Caps) -> Fallible<Start> {
        let mut command = self.podman();
        command.args(["run", "--detach", "--network=none", "--name", NAME]);
        command.args(["--cgroups=disabled", "--pids-limit=0", "--cap-drop=ALL"]);
        for name in caps.names() {
            command.arg(format!("--cap-add={name}"));
        }
        command.arg(format!("--security-opt=seccomp={}", profile.display()));
        command.arg("--rootfs").arg(&self.rootfs).arg(HOLD);
        if let Some(reason) = refusal(&command, &self.folder)? {
            return Ok(Start::Not(reason));
        }
        let mut inspect = self.podman();
        alive(&read(inspect.args([
            "inspect",
            "--format={{.State.Pid}}",
            NAME,
        ]))?)
    }

    fn remove(&self) -> Fallible {
        capture(self.podman().args(["rm", "--force", "--time=0", NAME])).map(drop)
    }
}
