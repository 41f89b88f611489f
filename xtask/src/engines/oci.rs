//! runc and crun by themselves, on an OCI bundle whose `linux.seccomp` is the profile as it stands.
//! Apart from the engines above them, which translate the profile first, or not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bundle::{Bundle, Privileges};
use super::cgroup;
use super::engine::{Caps, Engine, HOLD, NAME, Start, alive, libseccomp, refusal};
use super::site::Site;
use crate::command::{Fallible, capture};
use crate::ground::Ground;

/// An OCI runtime of a ground.
pub(super) struct Runtime {
    program: &'static str,
    ground: Ground,
    folder: PathBuf,
    rootfs: PathBuf,
    cgroup: String,
    target: String,
    libseccomp: String,
}

impl Runtime {
    /// The runtime of this name.
    pub(super) fn new(program: &'static str, ground: &Ground, site: &Site) -> Fallible<Runtime> {
        Ok(Runtime {
            program,
            ground: ground.clone(),
            folder: site.folder_for(program)?,
            rootfs: site.rootfs(),
            cgroup: site.cgroup()?,
            target: format!("{program}@{}", ground.version(program)?),
            libseccomp: libseccomp(ground)?,
        })
    }

    fn runtime(&self) -> Command {
        let mut command = cgroup::for_runtime(self.program, &self.ground);
        command.arg(self.program);
        command.arg(format!("--root={}", self.folder.join("state").display()));
        command
    }
}

impl Engine for Runtime {
    fn target(&self) -> &str {
        &self.target
    }

    fn libseccomp(&self) -> &str {
        &self.libseccomp
    }

    fn start(&self, profile: &Path, caps: Caps) -> Fallible<Start> {
        let bundle = Bundle {
            rootfs: &self.rootfs,
            program: HOLD,
            seccomp: serde_json::from_slice(&fs::read(profile)?)?,
            caps,
            privileges: Privileges::Kept,
            cgroup: (self.program == "runc").then(|| format!("{}/{NAME}", self.cgroup)),
        };
        bundle.write(&self.folder)?;
        let process = self.folder.join("process");
        let mut command = self.runtime();
        command
            .args(["run", "--detach", "--bundle"])
            .arg(&self.folder);
        command.arg("--pid-file").arg(&process).arg(NAME);
        if let Some(reason) = refusal(&command, &self.folder)? {
            return Ok(Start::Not(reason));
        }
        alive(&fs::read_to_string(process)?)
    }

    fn remove(&self) -> Fallible {
        capture(self.runtime().args(["delete", "--force", NAME])).map(drop)
    }
}
