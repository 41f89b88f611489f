//! The three ways to do a row: Docker, `callgate run`, and crun with the filter that callgate compiled.
//! Apart from the rows, which are data: here is what each way needs to be told.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::engine::{Engine, IMAGE};
use super::profile::{Given, Profile};
use super::rows::{Privileges, Row, Task};
use super::workshop::Workshop;
use crate::command::{Fallible, Finished, capture, read};

/// Who does a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `docker run --security-opt seccomp=FILE`.
    Docker,
    /// `callgate run -p FILE`, on the host.
    Callgate,
    /// The same container under crun, with the raw program of `callgate compile`.
    Crun,
}

/// Docker's fourteen, which the container under crun gets, too.
const CAPABILITIES: [&str; 14] = [
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

/// A runtime that hangs under a filter is ended after so many seconds.
const SECONDS: &str = "30";

/// crun takes no hybrid cgroups, so that it gets a mount namespace with the second version alone.
const WITH_CGROUP2: &str =
    "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\"";

impl Way {
    /// All ways, in the order of the table's columns.
    pub(super) const ALL: [Way; 3] = [Way::Docker, Way::Callgate, Way::Crun];

    /// The column's title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Way::Docker => "docker",
            Way::Callgate => "callgate",
            Way::Crun => "crun",
        }
    }

    /// Does the row and gives what came of it.
    pub(super) fn walk(
        self,
        row: &Row,
        workshop: &Workshop,
        engine: &Engine,
    ) -> Fallible<Finished> {
        let given = row.profile.give(workshop)?;
        let root = workshop.root_of(self);
        let words: Vec<String> = row
            .task
            .words()
            .iter()
            .map(|word| {
                word.replace("{root}", &root)
                    .replace("{lab}", &workshop.folder().display().to_string())
                    .replace("{callgate}", &workshop.callgate().display().to_string())
            })
            .collect();
        match &row.task {
            Task::Verify(said) => return verify(row, &given, said, workshop, engine),
            Task::Ps => return ps(row, &given, workshop, engine),
            Task::Test { words, exit } => return test(&given, words, *exit, workshop, engine),
            Task::Program(_) | Task::Callgate(_) => {}
        }
        match self {
            Way::Docker => docker(row, &given, &words, engine),
            Way::Callgate => callgate(row, &given, &words, workshop),
            Way::Crun => crun(row, &given, &words, workshop),
        }
    }
}

fn docker(row: &Row, given: &Given, words: &[String], engine: &Engine) -> Fallible<Finished> {
    let name = format!("callgate-lab-{}", std::process::id());
    let docker = engine.docker();
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", SECONDS])
        .arg(docker.get_program())
        .args(docker.get_args());
    command.args(["run", "--rm", "--network=none", "--name", &name]);
    command.args(options(row, given, engine));
    let finished = capture(command.arg(IMAGE).args(words))?;
    // A container that did not start, or hung, is not removed by `--rm`.
    capture(engine.docker().args(["rm", "--force", &name]))?;
    Ok(finished)
}

/// What Debian's libseccomp knows, 2.5.4-1+deb12u1: the calls of Linux 6.7, as 2.5.5 does.
const LIBSECCOMP: &str = "2.5.5";

/// What tells Docker the profile, the privileges and the capabilities.
fn options(row: &Row, given: &Given, engine: &Engine) -> Vec<String> {
    let mut options = Vec::new();
    let mut secure = |option: String| options.extend(["--security-opt".to_owned(), option]);
    match given {
        Given::Nothing => secure("seccomp=unconfined".to_owned()),
        Given::Builtin => {}
        Given::File(path) => secure(format!("seccomp={}", path.display())),
    }
    if row.privileges == Privileges::NoNew {
        secure("no-new-privileges".to_owned());
    }
    if row.privileges == Privileges::All {
        options.extend(engine.privileged().iter().map(|&option| option.to_owned()));
    }
    for &capability in row.capabilities {
        options.extend(["--cap-add", capability].map(str::to_owned));
    }
    options
}

/// Starts a container that stays, asks about it from outside by its name, and ends it.
fn while_it_stays(
    row: &Row,
    given: &Given,
    engine: &Engine,
    ask: impl FnOnce(&str) -> Fallible<Finished>,
) -> Fallible<Finished> {
    let name = format!("callgate-lab-stays-{}", std::process::id());
    let mut start = engine.docker();
    start.args(["run", "--detach", "--network=none", "--name", &name]);
    start.args(options(row, given, engine));
    read(start.args([IMAGE, "/bin/busybox", "sleep", SECONDS]))?;
    let finished = ask(&name);
    capture(engine.docker().args(["rm", "--force", &name]))?;
    finished
}

/// Holds a container against a profile.
fn verify(
    row: &Row,
    given: &Given,
    said: &Profile,
    workshop: &Workshop,
    engine: &Engine,
) -> Fallible<Finished> {
    while_it_stays(row, given, engine, |name| {
        // The same file: who edits a profile does not reach what runs already.
        let Given::File(said) = said.give(workshop)? else {
            return Err("a container is held against a profile that is a file".into());
        };
        let kernel = read(Command::new("uname").arg("-r"))?;
        let mut command = Command::new("timeout");
        command.arg(SECONDS).arg(workshop.callgate()).arg("verify");
        command.arg(said).args(["--container", name]);
        command.args(["--target", &engine.target()?, "--libseccomp", LIBSECCOMP]);
        command.args(["--kernel", kernel.trim()]);
        if let Some(socket) = engine.socket() {
            command.env("DOCKER_HOST", socket);
        }
        capture(&mut command)
    })
}

/// Lists the first process of a container, with the file that it was started with, if any, among what is known.
fn ps(row: &Row, given: &Given, workshop: &Workshop, engine: &Engine) -> Fallible<Finished> {
    while_it_stays(row, given, engine, |name| {
        let pid = ["inspect", "--format", "{{.State.Pid}}", name];
        let pid = read(engine.docker().args(pid))?;
        let mut command = Command::new("timeout");
        command.arg(SECONDS).arg(workshop.callgate()).arg("ps");
        if let Given::File(profile) = given {
            command.arg("--known").arg(profile);
        }
        capture(command.arg(pid.trim()))
    })
}

/// Writes a test beside the profile, whose command is the engine's own, and runs it.
fn test(
    given: &Given,
    words: &[String],
    exit: u8,
    workshop: &Workshop,
    engine: &Engine,
) -> Fallible<Finished> {
    let Given::File(profile) = given else {
        return Err("a test stands beside a profile that is a file".into());
    };
    let start = [
        "docker",
        "run",
        "--rm",
        "--network=none",
        "{seccomp}",
        IMAGE,
    ];
    let words: Vec<&str> = start
        .into_iter()
        .chain(words.iter().map(String::as_str))
        .collect();
    let file = workshop.folder().join("container.test.toml");
    let text = format!("profile = {profile:?}\n[[run]]\ncmd = {words:?}\nexit = {exit}\n");
    fs::write(&file, text)?;
    let mut command = Command::new("timeout");
    command
        .arg(SECONDS)
        .arg(workshop.callgate())
        .arg("test")
        .arg(&file);
    if let Some(socket) = engine.socket() {
        command.env("DOCKER_HOST", socket);
    }
    capture(&mut command)
}

fn callgate(row: &Row, given: &Given, words: &[String], workshop: &Workshop) -> Fallible<Finished> {
    let mut command = Command::new("timeout");
    command.arg(SECONDS).arg(workshop.callgate());
    if let Task::Callgate(_) = row.task {
        return capture(command.args(words));
    }
    command.arg("run").args(caps(row));
    match given {
        Given::Nothing => {
            return Err(format!("row {:?}: callgate run without a filter", row.name).into());
        }
        Given::Builtin => &mut command,
        Given::File(path) => command.arg("-p").arg(path),
    };
    if row.privileges == Privileges::Kept {
        command.arg("--keep-privileges");
    }
    capture(command.arg("--").args(words))
}

fn crun(row: &Row, given: &Given, words: &[String], workshop: &Workshop) -> Fallible<Finished> {
    let bundle = workshop.folder().join("bundle");
    let program = match given {
        Given::Nothing => None,
        Given::Builtin => Some(compile(row, "docker:default", workshop)?),
        Given::File(path) => Some(compile(row, &path.display().to_string(), workshop)?),
    };
    fs::create_dir_all(&bundle)?;
    let config = config(row, words, program.as_deref(), workshop);
    fs::write(bundle.join("config.json"), config.to_string())?;
    capture(
        Command::new("timeout")
            .args([
                SECONDS,
                "unshare",
                "--mount",
                "sh",
                "-c",
                WITH_CGROUP2,
                "sh",
                "crun",
            ])
            .arg(format!(
                "--root={}",
                workshop.folder().join("crun").display()
            ))
            .args(["run", "--bundle"])
            .arg(&bundle)
            .arg("callgate-lab"),
    )
}

fn compile(row: &Row, profile: &str, workshop: &Workshop) -> Fallible<Vec<u8>> {
    let program = workshop.folder().join("filter.bpf");
    read(
        Command::new(workshop.callgate())
            .args(["compile", profile, "--as", "raw", "-o"])
            .arg(&program)
            .args(caps(row)),
    )?;
    Ok(fs::read(program)?)
}

fn config(row: &Row, words: &[String], program: Option<&[u8]>, workshop: &Workshop) -> Value {
    let annotations = match program {
        Some(bytes) => json!({ "run.oci.seccomp_bpf_data": base64(bytes) }),
        None => json!({}),
    };
    let capabilities = capabilities(row);
    let namespaces = ["pid", "ipc", "uts", "mount", "network"].map(|kind| json!({ "type": kind }));
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "user": { "uid": 0, "gid": 0 },
            "args": words,
            "env": ["PATH=/bin"],
            "cwd": "/",
            "noNewPrivileges": row.privileges == Privileges::NoNew,
            "capabilities": { "bounding": capabilities, "effective": capabilities, "permitted": capabilities },
        },
        "root": { "path": workshop.rootfs() },
        "mounts": [{ "destination": "/proc", "type": "proc", "source": "proc" }],
        "annotations": annotations,
        "linux": { "namespaces": namespaces },
    })
}

/// What tells callgate for which capabilities a profile is read; Docker's fourteen need no word.
fn caps(row: &Row) -> Vec<String> {
    match row.capabilities {
        [] => Vec::new(),
        _ => vec!["--caps".to_owned(), capabilities(row).join(",")],
    }
}

fn capabilities(row: &Row) -> Vec<&'static str> {
    CAPABILITIES
        .iter()
        .chain(row.capabilities)
        .copied()
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4 {
            text.push(if place <= chunk.len() {
                DIGITS[(bits >> (18 - 6 * place)) as usize & 63].into()
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("\u{7ff}>", "378+"),
        ];
        for (bytes, text) in cases {
            assert_eq!(base64(bytes.as_bytes()), text, "{bytes}");
        }
    }
}
