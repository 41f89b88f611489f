//! An OCI bundle: the folder with the `config.json` from which a runtime starts a container.
//! Apart, because the comparison and the floors differ in a few fields of it alone.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::engine::Caps;
use crate::command::Fallible;

/// What differs from one bundle to another.
pub(super) struct Bundle<'b> {
    pub(super) rootfs: &'b Path,
    /// With its arguments.
    pub(super) program: &'b [&'b str],
    /// As it becomes `linux.seccomp`.
    pub(super) seccomp: Value,
    pub(super) caps: Caps,
    pub(super) privileges: Privileges,
    /// None where the runtime is to make none.
    pub(super) cgroup: Option<String>,
}

/// Whether the process may get more privileges by execve; where not, a runtime loads the filter last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privileges {
    Kept,
    NoNew,
}

impl Bundle<'_> {
    /// Writes it into a folder.
    pub(super) fn write(&self, folder: &Path) -> Fallible {
        Ok(fs::write(
            folder.join("config.json"),
            self.config().to_string(),
        )?)
    }

    fn config(&self) -> Value {
        let caps = self.caps.names();
        let namespaces =
            ["pid", "ipc", "uts", "mount", "network"].map(|kind| json!({ "type": kind }));
        let mut config = json!({
            "ociVersion": "1.0.2",
            "process": {
                "user": { "uid": 0, "gid": 0 },
                "args": self.program,
                "env": ["PATH=/"],
                "cwd": "/",
                "capabilities": { "bounding": caps, "effective": caps, "permitted": caps },
            },
            "root": { "path": self.rootfs },
            "mounts": [
                { "destination": "/proc", "type": "proc", "source": "proc" },
                { "destination": "/dev", "type": "tmpfs", "source": "tmpfs" },
            ],
            "linux": { "namespaces": namespaces, "seccomp": self.seccomp },
        });
        if self.privileges == Privileges::NoNew {
            config["process"]["noNewPrivileges"] = json!(true);
        }
        if let Some(cgroup) = &self.cgroup {
            config["linux"]["cgroupsPath"] = json!(cgroup);
        }
        config
    }
}
