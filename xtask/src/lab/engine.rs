//! The Docker engine: one that already runs, or one of the lab's own with its data in the lab's folder.
//! Apart, because starting and ending an engine is a matter of its own.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::workshop::Workshop;
use crate::command::{Fallible, capture, read};

/// The image's name.
pub(super) const IMAGE: &str = "callgate-lab";

/// The name of the runtime that asks for no capability which the machine lacks.
const LENIENT: &str = "callgate-lab";
const RUNTIME: &str = include_str!("runtime.sh");

const PATIENCE: Duration = Duration::from_secs(60);

/// A Docker engine that answers.
pub(super) struct Engine {
    /// The socket and the daemon, where the lab started it.
    own: Option<(String, Child)>,
}

impl Engine {
    /// Takes the engine that `docker info` reaches, or starts one.
    pub(super) fn find_or_start(workshop: &Workshop) -> Fallible<Engine> {
        let found = Engine { own: None };
        if found.answers()? {
            return Ok(found);
        }
        let folder = workshop.folder().display();
        let socket = format!("unix://{folder}/docker.sock");
        let log = workshop.folder().join("dockerd.log");
        let runtime = workshop.folder().join("runtime.sh");
        fs::write(&runtime, RUNTIME)?;
        fs::set_permissions(&runtime, Permissions::from_mode(0o755))?;
        let daemon = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "dockerd", "--host", &socket])
            .args([
                format!("--data-root={folder}/data"),
                format!("--exec-root={folder}/exec"),
            ])
            .args([
                format!("--pidfile={folder}/docker.pid").as_str(),
                "--bridge=none",
            ])
            .args(["--iptables=false", "--ip6tables=false"])
            .arg(format!("--add-runtime={}={}", LENIENT, runtime.display()))
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()
            .map_err(|error| format!("dockerd: {error}"))?;
        let engine = Engine {
            own: Some((socket, daemon)),
        };
        let start = Instant::now();
        while !engine.answers()? {
            if start.elapsed() > PATIENCE {
                let said = fs::read_to_string(&log)?;
                let tail = said.lines().rev().take(5).collect::<Vec<_>>();
                return Err(format!("dockerd does not answer; it said: {tail:#?}").into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }

    /// `docker`, spoken to this engine.
    pub(super) fn docker(&self) -> Command {
        let mut command = Command::new("docker");
        if let Some((socket, _)) = &self.own {
            command.args(["--host", socket]);
        }
        command
    }

    /// The socket of the lab's own engine.
    pub(super) fn socket(&self) -> Option<&str> {
        self.own.as_ref().map(|(socket, _)| socket.as_str())
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
        let archive = workshop.folder().join("image.tar");
        read(
            Command::new("tar")
                .arg("-cf")
                .arg(&archive)
                .arg("-C")
                .arg(workshop.rootfs())
                .arg("."),
        )?;
        read(self.docker().arg("import").arg(&archive).arg(IMAGE))?;
        Ok(())
    }

    fn answers(&self) -> Fallible<bool> {
        Ok(capture(
            self.docker()
                .args(["info", "--format", "{{.ServerVersion}}"]),
        )?
        .status
            == 0)
    }
}

/// The first parts of a version: `20.10` of `20.10.24+dfsg1`.
fn numbers(version: &str, count: usize) -> String {
    let plain = version.trim().split('+').next().unwrap_or_default();
    plain.split('.').take(count).collect::<Vec<_>>().join(".")
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some((_, daemon)) = &mut self.own else {
            // Somebody else's engine keeps nothing of ours; that it is gone already is no fault.
            let _ = capture(self.docker().args(["image", "rm", "--force", IMAGE]));
            return;
        };
        let ended = capture(Command::new("kill").arg(daemon.id().to_string()));
        if let Err(error) = ended.and_then(|_| daemon.wait().map_err(Into::into)) {
            eprintln!("lab: the engine did not end: {error}");
        }
    }
}
