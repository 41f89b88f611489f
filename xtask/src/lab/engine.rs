//! The Docker engine: one that already runs, or one of the lab's own with its data in the lab's folder.
//! Apart, because starting and ending an engine is a matter of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::workshop::Workshop;
use crate::command::{Fallible, capture, read};
use crate::dockerd::{self, Dockerd};
use crate::ground::Ground;

/// The image's name.
pub(super) const IMAGE: &str = "callgate-lab";

/// The name of the runtime that asks for no capability which the machine lacks.
const LENIENT: &str = "callgate-lab";
const RUNTIME: &str = include_str!("runtime.sh");

/// A Docker engine that answers.
pub(super) struct Engine {
    /// The one that the lab started, if it did.
    own: Option<Dockerd>,
}

impl Engine {
    /// Takes the engine that `docker info` reaches, or starts one.
    pub(super) fn find_or_start(workshop: &Workshop) -> Fallible<Engine> {
        let found = Engine { own: None };
        if dockerd::answers(&mut found.docker())? {
            return Ok(found);
        }
        let runtime = workshop.folder().join("runtime.sh");
        fs::write(&runtime, RUNTIME)?;
        fs::set_permissions(&runtime, Permissions::from_mode(0o755))?;
        let lenient = format!("--add-runtime={}={}", LENIENT, runtime.display());
        let own = Dockerd::start(&Ground::MACHINE, workshop.folder(), &[lenient])?;
        Ok(Engine { own: Some(own) })
    }

    /// `docker`, spoken to this engine.
    pub(super) fn docker(&self) -> Command {
        match &self.own {
            Some(own) => own.docker(),
            None => Command::new("docker"),
        }
    }

    /// The socket of the lab's own engine.
    pub(super) fn socket(&self) -> Option<&str> {
        self.own.as_ref().map(Dockerd::socket)
    }

    /// The engine and its runtime as callgate's `--target` names them: `docker@20.10+runc@1.1.5`.
    pub(super) fn target(&self) -> Fallible<String> {
        let version = ["version", "--format", "{{.Server.Version}}"];
        let engine = numbers(&read(self.docker().args(version))?, 2);
        let runc = read(Command::new("runc").arg("--version"))?;
        let runc = runc
            .lines()
            .next()
            .and_then(|line| line.split(' ').next_back());
        let runc = runc.ok_or("runc does not say its version")?;
        Ok(format!("docker@{engine}+runc@{}", numbers(runc, 3)))
    }

    /// What makes `docker run --privileged` start here, if the engine is the lab's own.
    pub(super) fn privileged(&self) -> &'static [&'static str] {
        match self.own {
            Some(_) => &["--privileged", "--runtime", LENIENT],
            None => &["--privileged"],
        }
    }

    /// The engine's version and its runtime's.
    pub(super) fn about(&self) -> Fallible<String> {
        let engine = read(
            self.docker()
                .args(["version", "--format", "{{.Server.Version}}"]),
        )?;
        let runtime = read(
            self.docker()
                .args(["info", "--format", "{{.RuncCommit.ID}}"]),
        )?;
        let crun = read(Command::new("crun").arg("--version"))?;
        Ok(format!(
            "Docker {}, runc {}, {}, {}",
            engine.trim(),
            runtime.trim(),
            crun.lines().next().unwrap_or_default(),
            match self.own {
                Some(_) => "started for the lab",
                None => "found running",
            }
        ))
    }

    /// Makes the image from the lab's root.
    pub(super) fn import(&self, workshop: &Workshop) -> Fallible {
        dockerd::import(&mut self.docker(), &workshop.rootfs(), IMAGE)
    }
}

/// The first parts of a version: `20.10` of `20.10.24+dfsg1`.
fn numbers(version: &str, count: usize) -> String {
    let plain = version.trim().split('+').next().unwrap_or_default();
    plain.split('.').take(count).collect::<Vec<_>>().join(".")
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.own.is_none() {
            // Somebody else's engine keeps nothing of ours; that it is gone already is no fault.
            let _ = capture(self.docker().args(["image", "rm", "--force", IMAGE]));
        }
    }
}
