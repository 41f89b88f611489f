//! Where the comparison works: a folder in memory, the containers' root in it, and sid's root above a layer of its own.
//! Apart, because all of it is mounts, which go with the namespace.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{archive, cgroup};
use crate::command::{Fallible, read};
use crate::ground::Ground;

/// The programs of the containers.
const PROGRAMS: [&str; 3] = ["ask", "end", "hold"];
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engines");

/// The mounted folder.
pub(super) struct Site {
    folder: PathBuf,
    folders: Cell<usize>,
}

impl Site {
    /// Mounts the folder and fills the containers' root; this process has to be in a mount namespace of its own.
    pub(super) fn open() -> Fallible<Site> {
        let folder = archive::folder()?.join("work");
        fs::create_dir_all(&folder)?;
        mount(&["-t", "tmpfs", "callgate"], &folder)?;
        let site = Site {
            folder,
            folders: Cell::new(0),
        };
        // Docker makes them in an image, the runtimes mount on them.
        for name in ["dev", "etc", "proc", "run", "sys", "tmp"] {
            fs::create_dir_all(site.rootfs().join(name))?;
        }
        for program in PROGRAMS {
            let source = Path::new(SOURCES).join(program).with_extension("c");
            let mut gcc = Command::new("gcc");
            gcc.args(["-static", "-nostdlib", "-O1", "-o"]);
            read(gcc.arg(site.rootfs().join(program)).arg(source))?;
        }
        Ok(site)
    }

    /// What a container sees as `/`.
    pub(super) fn rootfs(&self) -> PathBuf {
        self.folder.join("rootfs")
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A fresh folder in it, which every ground sees.
    pub(super) fn folder_for(&self, name: &str) -> Fallible<PathBuf> {
        let number = self.folders.replace(self.folders.get() + 1);
        let folder = self.folder.join(format!("{number}-{name}"));
        fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// The cgroup in which containers are.
    pub(super) fn cgroup(&self) -> Fallible<String> {
        // In a namespace of one's own every run has the same process number; no two mounts are the same device.
        let device = fs::metadata(&self.folder)?.dev();
        Ok(format!("/{}{device}", cgroup::PREFIX))
    }

    /// This machine, and Debian sid if its root was made.
    pub(super) fn grounds(&self) -> Fallible<Vec<Ground>> {
        let grounds = [Some(Ground::MACHINE), self.sid()?];
        Ok(grounds.into_iter().flatten().collect())
    }

    /// What is written there goes with the folder.
    fn sid(&self) -> Fallible<Option<Ground>> {
        let Some(lower) = archive::sid()? else {
            return Ok(None);
        };
        let [root, upper, work] =
            ["sid", "sid.upper", "sid.work"].map(|name| self.folder.join(name));
        for folder in [&root, &upper, &work] {
            fs::create_dir(folder)?;
        }
        let layers = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.display(),
            upper.display(),
            work.display()
        );
        mount(&["-t", "overlay", "overlay", "-o", &layers], &root)?;
        mount(&["-t", "proc", "proc"], &root.join("proc"))?;
        mount(&["-t", "tmpfs", "tmpfs"], &root.join("run"))?;
        mount(&["--rbind", "/sys"], &root.join("sys"))?;
        mount(&["--rbind", "/dev"], &root.join("dev"))?;
        let within = root.join(self.folder.strip_prefix("/")?);
        fs::create_dir_all(&within)?;
        mount(&[Path::new("--bind"), &self.folder], &within)?;
        Ok(Some(Ground::within(&root)))
    }
}

fn mount(words: &[impl AsRef<std::ffi::OsStr>], at: &Path) -> Fallible {
    read(Command::new("mount").args(words).arg(at)).map(drop)
}
