//! The folder in which the lab works: the containers' root, the profiles, the engine's data; it goes when the lab ends.
//! Apart, because all ways share it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::image;
use super::way::Way;
use crate::command::{Fallible, succeed};

/// The lab's folder, with the program under test.
pub(super) struct Workshop {
    folder: PathBuf,
    callgate: PathBuf,
}

impl Workshop {
    /// Makes the folder and the containers' root in it, and builds callgate unless one is given.
    pub(super) fn open(given: Option<&Path>) -> Fallible<Workshop> {
        let callgate = match given {
            Some(path) => {
                fs::canonicalize(path).map_err(|error| format!("{}: {error}", path.display()))?
            }
            None => build()?,
        };
        let folder = std::env::temp_dir().join(format!("callgate-lab.{}", std::process::id()));
        fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let workshop = Workshop { folder, callgate };
        image::lay_out(&workshop.rootfs())?;
        Ok(workshop)
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a container sees as `/`.
    pub(super) fn rootfs(&self) -> PathBuf {
        self.folder.join("rootfs")
    }

    /// The program under test.
    pub(super) fn callgate(&self) -> &Path {
        &self.callgate
    }

    /// What stands for `{root}` in a row: nothing inside a container, the root's folder on the host.
    pub(super) fn root_of(&self, way: Way) -> String {
        match way {
            Way::Docker | Way::Crun => String::new(),
            Way::Callgate => self.rootfs().display().to_string(),
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("lab: {} stays: {error}", self.folder.display());
        }
    }
}

fn build() -> Fallible<PathBuf> {
    succeed(Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "callgate-cli"]))?;
    let callgate = std::env::current_exe()?.with_file_name("callgate");
    if callgate.is_file() {
        return Ok(callgate);
    }
    Err(format!("{} does not exist after the build", callgate.display()).into())
}
