//! What every engine can be asked: to start a container under a profile, and to remove it.
//! Apart from the engines, one file each, which differ in nothing else.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use super::site::Site;
use super::{containerd, docker, oci, podman};
use crate::command::{Fallible, read};
use crate::ground::{Ground, version_in};

/// An engine with its runtime, on a ground.
pub(super) trait Engine {
    /// Both with their versions, as `--target` takes them: `docker@20.10.24+runc@1.1.5`.
    fn target(&self) -> &str;

    /// The runtime's libseccomp.
    fn libseccomp(&self) -> &str;

    /// Starts the container, whose program does nothing, under a profile.
    fn start(&self, profile: &Path, caps: Caps) -> Fallible<Start>;

    /// Removes it, however far it came.
    fn remove(&self) -> Fallible;
}

/// The capabilities of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caps {
    /// Docker's fourteen.
    Docker,
    None,
    /// Docker's fourteen and CAP_SYS_ADMIN.
    SysAdmin,
}

/// Every set that a profile is tried with.
pub(super) const CAPS: [Caps; 3] = [Caps::Docker, Caps::None, Caps::SysAdmin];

/// How a start ended.
#[derive(Debug)]
pub(super) enum Start {
    /// The container's process.
    Alive(u32),
    /// There is none, and the engine says why.
    Not(String),
}

/// The name of every container.
pub(super) const NAME: &str = "callgate-engines";

/// The program that every container runs.
pub(super) const HOLD: &str = "/hold";

/// An engine that hangs is ended after so many seconds.
const SECONDS: &str = "30";

const DOCKER: [&str; 14] = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// The engines that a ground has.
pub(super) fn all(ground: &Ground, site: &Site) -> Fallible<Vec<Box<dyn Engine>>> {
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(docker::Docker::start(ground, site)?),
        Box::new(containerd::Containerd::start(ground, site)?),
    ];
    if ground.has("podman") {
        engines.push(Box::new(podman::Podman::new(ground, site)?));
    }
    engines.push(Box::new(oci::Runtime::new("runc", ground, site)?));
    engines.push(Box::new(oci::Runtime::new("crun", ground, site)?));
    Ok(engines)
}

impl Caps {
    /// How it is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Caps::Docker => "docker",
            Caps::None => "none",
            Caps::SysAdmin => "docker,CAP_SYS_ADMIN",
        }
    }

    /// The capabilities themselves.
    pub(super) fn names(self) -> Vec<&'static str> {
        match self {
            Caps::Docker => DOCKER.to_vec(),
            Caps::None => Vec::new(),
            Caps::SysAdmin => DOCKER.into_iter().chain(["CAP_SYS_ADMIN"]).collect(),
        }
    }

    /// As `--caps` takes them.
    pub(super) fn option(self) -> String {
        match self {
            Caps::None => "none".to_owned(),
            Caps::Docker | Caps::SysAdmin => self.names().join(","),
        }
    }
}

/// The same command, ended if it hangs.
pub(super) fn patient(command: &Command) -> Command {
    let mut timed = Command::new("timeout");
    timed
        .args(["--kill-after=5", SECONDS])
        .arg(command.get_program())
        .args(command.get_args());
    timed
}

/// Runs what starts a container: none if it succeeded, else what it said.
///
/// It says it into a file, because a container that runs on holds its end of a pipe open.
pub(super) fn refusal(command: &Command, folder: &Path) -> Fallible<Option<String>> {
    let said = folder.join("said");
    let status = patient(command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&said)?)
        .status()?;
    Ok(match status.success() {
        true => None,
        false => Some(reason(status, &fs::read_to_string(said)?)),
    })
}

/// What an engine says when it starts nothing, without advice and without its warnings.
fn reason(status: ExitStatus, said: &str) -> String {
    let lines = said.lines().map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| {
            !line.is_empty() && !line.contains("--help") && !line.contains("level=warning")
        })
        .collect();
    let lines: Vec<&str> = lines.into_iter().map(message_of_log).collect();
    match lines[..] {
        [] => format!("no word, {status}"),
        _ => lines.join(" / "),
    }
}

/// What a line of a log says, without its time and level; another line is left as it is.
fn message_of_log(line: &str) -> &str {
    let Some((before, message)) = line.split_once(" msg=\"") else {
        return line;
    };
    match message.strip_suffix('"') {
        Some(message) if before.starts_with("time=") => message,
        _ => line,
    }
}

/// A process number that an engine printed or wrote.
pub(super) fn alive(text: &str) -> Fallible<Start> {
    match text.trim().parse() {
        Ok(0) => Ok(Start::Not("ended at once".to_owned())),
        Ok(process) => Ok(Start::Alive(process)),
        Err(_) => Err(format!("{text:?} is not the number of a process").into()),
    }
}

/// The version of a ground's libseccomp, or the one whose calls it has.
pub(super) fn libseccomp(ground: &Ground) -> Fallible<String> {
    let package = ["--show", "--showformat=${Version}", "libseccomp2"];
    let version = read(ground.command("dpkg-query").args(package))?;
    // Debian gave the calls of Linux 6.7 to its own 2.5.4; upstream's 2.5.5 was the first to have them.
    if version.starts_with("2.5.4-1+deb12u") {
        return Ok("2.5.5".to_owned());
    }
    version_in(&version).ok_or_else(|| format!("{version:?} is no version of libseccomp").into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn what_an_engine_says_is_kept_without_advice() {
        let said = "docker: no.\n\nRun 'docker run --help' for more information\n";
        assert_eq!(reason(ExitStatus::from_raw(125 << 8), said), "docker: no.");
        let log = "time=\"2026-01-01T00:00:00Z\" level=error msg=\"runc: no\"\n";
        assert_eq!(reason(ExitStatus::from_raw(1 << 8), log), "runc: no");
        let nothing = reason(ExitStatus::from_raw(125 << 8), "");
        assert_eq!(nothing, "no word, exit status: 125");
    }

    #[test]
    fn a_process_that_ended_is_none() {
        assert!(matches!(alive("0\n"), Ok(Start::Not(_))));
        assert!(matches!(alive("12\n"), Ok(Start::Alive(12))));
        assert!(alive("").is_err());
    }
}
