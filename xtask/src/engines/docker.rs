//! Docker, with a daemon of our own.
//! Apart from the others, because it reads the profile in the client and needs an image.

use std::path::{Path, PathBuf};

use super::engine::{Caps, Engine, HOLD, NAME, Start, alive, libseccomp, refusal};
use super::site::Site;
use crate::command::{Fallible, capture, read};
use crate::dockerd::{self, Dockerd};
use crate::ground::Ground;

/// A daemon with our image.
pub(super) struct Docker {
    daemon: Dockerd,
    folder: PathBuf,
    cgroup: String,
    target: String,
    libseccomp: String,
}

impl Docker {
    /// Starts the daemon of a ground.
    pub(super) fn start(ground: &Ground, site: &Site) -> Fallible<Docker> {
        let folder = site.folder_for("docker")?;
        let daemon = Dockerd::start(ground, &folder, &[])?;
        dockerd::import(&mut daemon.docker(), &site.rootfs(), NAME)?;
        let (docker, runc) = (ground.version("dockerd")?, ground.version("runc")?);
        Ok(Docker {
            daemon,
            folder,
            cgroup: site.cgroup()?,
            target: format!("docker@{docker}+runc@{runc}"),
            libseccomp: libseccomp(ground)?,
        })
    }
}

impl Engine for Docker {
    fn target(&self) -> &str {
        &self.target
    }

    fn libseccomp(&self) -> &str {
        &self.libseccomp
    }

    fn start(&self, profile: &Path, caps: Caps) -> Fallible<Start> {
        let mut command = self.daemon.docker();
        command.args(["run", "--detach", "--network=none", "--name", NAME]);
        command.arg(format!("--cgroup-parent={}", self.cgroup));
        command.arg(format!("--security-opt=seccomp={}", profile.display()));
        match caps {
            Caps::Docker => &mut command,
            Caps::None => command.arg("--cap-drop=ALL"),
            Caps::SysAdmin => command.arg("--cap-add=SYS_ADMIN"),
        };
        if let Some(reason) = refusal(command.args([NAME, HOLD]), &self.folder)? {
            return Ok(Start::Not(reason));
        }
        let mut inspect = self.daemon.docker();
        alive(&read(inspect.args([
            "inspect",
            "--format={{.State.Pid}}",
            NAME,
        ]))?)
    }

    fn remove(&self) -> Fallible {
        // One that never came to be can't be removed, which is no fault.
        capture(self.daemon.docker().args(["rm", "--force", NAME])).map(drop)
    }
}
