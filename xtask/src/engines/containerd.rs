//! containerd by its own client, which hands the file to the runtime as Kubernetes' `Localhost` does.
//! Apart from Docker, which has a containerd of its own and reads the file itself.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::engine::{Caps, Engine, HOLD, NAME, Start, alive, libseccomp, refusal};
use super::site::Site;
use crate::command::{Fallible, capture, read};
use crate::ground::Ground;

/// The interface for Kubernetes wants a network of its own.
const CONFIG: &str = "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n";

const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon of our own.
pub(super) struct Containerd {
    ground: Ground,
    address: PathBuf,
    daemon: Child,
    folder: PathBuf,
    cgroup: String,
    rootfs: PathBuf,
    target: String,
    libseccomp: String,
}

impl Containerd {
    /// Starts the daemon of a ground.
    pub(super) fn start(ground: &Ground, site: &Site) -> Fallible<Containerd> {
        let folder = site.folder_for("containerd")?;
        let config = folder.join("config.toml");
        fs::write(&config, CONFIG)?;
        let log = folder.join("containerd.log");
        let address = folder.join("containerd.sock");
        let daemon = ground
            .command_for_our_life("containerd", "TERM")
            .arg("--config")
            .arg(&config)
            .arg("--address")
            .arg(&address)
            .arg("--root")
            .arg(folder.join("root"))
            .arg("--state")
            .arg(folder.join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .map_err(|error| format!("containerd: {error}"))?;
        let (containerd, runc) = (ground.version("containerd")?, ground.version("runc")?);
        let engine = Containerd {
            ground: ground.clone(),
            address,
            daemon,
            folder,
            cgroup: site.cgroup()?,
            rootfs: site.rootfs(),
            target: format!("containerd@{containerd}+runc@{runc}"),
            libseccomp: libseccomp(ground)?,
        };
        let start = Instant::now();
        while capture(engine.ctr().arg("version"))?.status != 0 {
            if start.elapsed() > PATIENCE {
                let said = fs::read_to_string(&log)?;
                let tail = said.lines().rev().take(5).collect::<Vec<_>>();
                return Err(format!("containerd does not answer; it said: {tail:#?}").into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(engine)
    }

    fn ctr(&self) -> Command {
        let mut command = self.ground.command("ctr");
        command.arg("--address").arg(&self.address);
        command
    }
}

impl Engine for Containerd {
    fn target(&self) -> &str {
        &self.target
    }

    fn libseccomp(&self) -> &str {
        &self.libseccomp
    }

    fn start(&self, profile: &Path, caps: Caps) -> Fallible<Start> {
        let mut command = self.ctr();
        command.args(["run", "--detach", "--rootfs", "--allow-new-privs"]);
        command
            .arg("--cgroup")
            .arg(format!("{}/{NAME}", self.cgroup));
        match caps {
            Caps::Docker => {}
            Caps::None => {
                for name in Caps::Docker.names() {
                    command.args(["--cap-drop", name]);
                }
            }
            Caps::SysAdmin => {
                command.args(["--cap-add", "CAP_SYS_ADMIN"]);
            }
        }
        command
            .args(["--seccomp", "--seccomp-profile"])
            .arg(profile);
        command.arg(&self.rootfs).args([NAME, HOLD]);
        if let Some(reason) = refusal(&command, &self.folder)? {
            return Ok(Start::Not(reason));
        }
        let tasks = read(self.ctr().args(["task", "list"]))?;
        let mut lines = tasks.lines().map(|line| line.split_whitespace());
        let process = lines.find_map(|mut words| {
            (words.next() == Some(NAME)).then(|| words.next().unwrap_or_default().to_owned())
        });
        match process {
            Some(process) => alive(&process),
            None => Ok(Start::Not("ended at once".to_owned())),
        }
    }

    fn remove(&self) -> Fallible {
        // Each of these has nothing to do if the one before it sufficed, or nothing was started.
        capture(self.ctr().args(["task", "remove", "--force", NAME]))?;
        capture(self.ctr().args(["container", "remove", NAME])).map(drop)
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        let ended = capture(Command::new("kill").arg(self.daemon.id().to_string()));
        if let Err(error) = ended.and_then(|_| self.daemon.wait().map_err(Into::into)) {
            eprintln!("containerd did not end: {error}");
        }
    }
}
