//! runc and crun by themselves, on an OCI bundle whose `linux.seccomp` is the profile as it stands.
//! Apart from the engines above them, which translate the profile first, or not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bundle::{Bundle, Privileges};
use super::cgroup;
use super::engine::{Caps, Engine, HOLD, NAME, Start, alive, libseccomp, refusal};
use super::site::Site;
use serde_json::Value;

use crate::command::{Fallible, capture, succeed};
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

impl Runtime {
    /// Runs a program in a container of this name; why it did not start, if it did not.
    pub(super) fn ask(
        &self,
        name: &str,
        program: &[&str],
        seccomp: &Value,
    ) -> Fallible<Option<String>> {
        self.begin(&["run", "--detach"], name, program, seccomp)
    }

    /// As [`Runtime::ask`], up to the moment at which the program would begin.
    pub(super) fn create(
        &self,
        name: &str,
        program: &[&str],
        seccomp: &Value,
    ) -> Fallible<Option<String>> {
        self.begin(&["create"], name, program, seccomp)
    }

    /// Lets the program of a created container begin.
    pub(super) fn start_created(&self, name: &str) -> Fallible {
        succeed(self.runtime().args(["start", name]))
    }

    fn begin(
        &self,
        words: &[&str],
        name: &str,
        program: &[&str],
        seccomp: &Value,
    ) -> Fallible<Option<String>> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        let bundle = Bundle {
            rootfs: &self.rootfs,
            program,
            seccomp: seccomp.clone(),
            caps: Caps::None,
            privileges: Privileges::NoNew,
            cgroup: (self.program == "runc").then(|| format!("{}/{name}", self.cgroup)),
        };
        bundle.write(&folder)?;
        let mut command = self.runtime();
        command.args(words).arg("--bundle").arg(&folder).arg(name);
        refusal(&command, &folder)
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
            program: &[HOLD],
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
