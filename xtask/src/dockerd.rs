//! A Docker engine of our own, with its data and its socket in a folder of ours; it ends when it is dropped.
//! Apart, because the lab and the comparison of engines both start one.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{Fallible, capture, read};
use crate::ground::Ground;

const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon that answers.
pub(crate) struct Dockerd {
    ground: Ground,
    socket: String,
    daemon: Child,
}

impl Dockerd {
    /// Starts one with these words besides those that keep it to the folder, and waits until it answers.
    pub(crate) fn start(ground: &Ground, folder: &Path, words: &[String]) -> Fallible<Dockerd> {
        let log = folder.join("dockerd.log");
        let folder = folder.display();
        let socket = format!("unix://{folder}/docker.sock");
        let daemon = ground
            .command_for_our_life("dockerd", "TERM")
            .args(["--host", &socket])
            .arg(format!("--data-root={folder}/data"))
            .arg(format!("--exec-root={folder}/exec"))
            .arg(format!("--pidfile={folder}/docker.pid"))
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .args(words)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()
            .map_err(|error| format!("dockerd: {error}"))?;
        let mut engine = Dockerd {
            ground: ground.clone(),
            socket,
            daemon,
        };
        let start = Instant::now();
        while !answers(&mut engine.docker())? {
            if start.elapsed() > PATIENCE || engine.daemon.try_wait()?.is_some() {
                let said = fs::read_to_string(&log)?;
                let tail = said.lines().rev().take(5).collect::<Vec<_>>();
                return Err(format!("dockerd does not answer; it said: {tail:#?}").into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }

    /// `docker`, spoken to this engine.
    pub(crate) fn docker(&self) -> Command {
        let mut command = self.ground.command("docker");
        command.args(["--host", &self.socket]);
        command
    }

    /// Where it listens: `unix://…`.
    pub(crate) fn socket(&self) -> &str {
        &self.socket
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        let ended = capture(Command::new("kill").arg(self.daemon.id().to_string()));
        if let Err(error) = ended.and_then(|_| self.daemon.wait().map_err(Into::into)) {
            eprintln!("dockerd did not end: {error}");
        }
    }
}

/// Whether the engine that this `docker` speaks to answers.
pub(crate) fn answers(docker: &mut Command) -> Fallible<bool> {
    let asked = capture(docker.args(["info", "--format", "{{.ServerVersion}}"]))?;
    Ok(asked.status == 0)
}

/// Makes an image of a root folder, by way of an archive beside it.
pub(crate) fn import(docker: &mut Command, root: &Path, image: &str) -> Fallible {
    let archive = root.with_extension("tar");
    read(
        Command::new("tar")
            .arg("-cf")
            .arg(&archive)
            .arg("-C")
            .arg(root)
            .arg("."),
    )?;
    read(docker.arg("import").arg(&archive).arg(image))?;
    Ok(())
}
