//! Containers that runc and crun start under what was exported for them.
//!
//! Apart from the other tools, each of which starts something in its own way.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{export, folder, lacking, left_out, profile_in, verify};

/// crun takes no hybrid cgroups, so that it gets a mount namespace with the second version alone.
const WITH_VERSION_2: &str =
    "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\"";

/// An OCI runtime with a bundle of its own, removed with the value.
struct Container {
    runtime: &'static str,
    folder: PathBuf,
    name: String,
}

impl Container {
    /// Starts `sleep` under a seccomp object and annotations, and says which process it is; or why not.
    fn start(&self, seccomp: Value, annotations: &Value) -> Result<String, String> {
        let rootfs = self.folder.join("rootfs");
        fs::create_dir_all(&rootfs).expect("a folder");
        let bound = ["/usr", "/bin", "/lib", "/lib64"].map(|path| {
            json!({ "destination": path, "type": "bind", "source": path, "options": ["rbind", "ro"] })
        });
        let mut mounts = bound.to_vec();
        mounts.push(json!({ "destination": "/proc", "type": "proc", "source": "proc" }));
        mounts.push(json!({ "destination": "/dev", "type": "tmpfs", "source": "tmpfs" }));
        let kinds = ["pid", "ipc", "uts", "mount", "network"];
        let config = json!({
            "ociVersion": "1.0.2",
            "process": {
                "user": { "uid": 0, "gid": 0 },
                "args": ["/bin/sleep", "600"],
                "env": ["PATH=/bin"],
                "cwd": "/",
            },
            "root": { "path": rootfs },
            "mounts": mounts,
            "annotations": annotations,
            "linux": { "namespaces": kinds.map(|kind| json!({ "type": kind })), "seccomp": seccomp },
        });
        fs::write(self.folder.join("config.json"), config.to_string()).expect("written");
        let process = self.folder.join("pid");
        // A container inherits what the runtime has, and must not keep a pipe of ours open.
        let said = File::create(self.folder.join("said")).expect("a file");
        let status = self
            .command()
            .args(["run", "--detach", "--bundle"])
            .arg(&self.folder)
            .arg("--pid-file")
            .arg(&process)
            .arg(&self.name)
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a file"))
            .stderr(said)
            .status()
            .expect("it starts");
        match status.success() {
            true => Ok(fs::read_to_string(process)
                .expect("a number")
                .trim()
                .to_owned()),
            false => Err(fs::read_to_string(self.folder.join("said")).expect("words")),
        }
    }

    fn command(&self) -> Command {
        let mut command = match self.runtime {
            "crun" => {
                let mut command = Command::new("unshare");
                command.args(["--mount", "sh", "-c", WITH_VERSION_2, "sh", self.runtime]);
                command
            }
            runtime => Command::new(runtime),
        };
        command.arg(format!("--root={}", self.folder.join("state").display()));
        command
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = self
            .command()
            .args(["delete", "--force", &self.name])
            .status();
    }
}

fn container(runtime: &'static str, test: &str) -> Container {
    Container {
        runtime,
        folder: folder(&format!("{runtime}-{test}")),
        name: format!("callgate-export-{test}-{}", std::process::id()),
    }
}

/// The release of an OCI runtime: `runc 1.1.5` of `runc version 1.1.5+ds1`.
fn release(runtime: &str) -> String {
    let output = Command::new(runtime)
        .arg("--version")
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    let version = words.next_back().unwrap_or_default();
    let is_part = |letter: char| letter.is_ascii_digit() || letter == '.';
    let end = version
        .find(|letter| !is_part(letter))
        .unwrap_or(version.len());
    version[..end].to_owned()
}

/// The libseccomp that the runtimes of this machine share, as runc tells it; it may know fewer names than callgate.
fn libseccomp() -> Option<String> {
    let output = Command::new("runc").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("libseccomp: "));
    version.map(str::to_owned)
}

#[test]
fn oci_runtimes_load_the_object() {
    for runtime in ["runc", "crun"] {
        let name = format!("exports::oci_runtimes_load_the_object::{runtime}");
        if let Some(reason) = lacking(runtime) {
            left_out::left_out(&name, &reason);
            continue;
        }
        let Some(libseccomp) = libseccomp() else {
            left_out::left_out(&name, "runc does not tell which libseccomp there is");
            continue;
        };
        let target = format!("{runtime}@{}", release(runtime));
        let docker = format!("docker@28+{target}");
        let own = profile_in(&folder("oci"));
        // Of the second all conditions are resolved.
        for (number, (profile, from)) in [(&*own, &target), ("docker:default", &docker)]
            .into_iter()
            .enumerate()
        {
            let container = container(runtime, &format!("oci-{number}"));
            let on = ["--native", "x86_64", "--libseccomp", &libseccomp];
            let more = [&["--from", from, "--target", &target], &on[..]].concat();
            let file = export("oci", profile, &container.folder, &more);
            let seccomp = serde_json::from_slice(&fs::read(file).expect("it was written"));
            match container.start(seccomp.expect("JSON"), &json!({})) {
                Ok(pid) => verify(profile, &[&[&**from], &on[..]].concat(), &pid),
                Err(reason) if reason.contains("cgroup") => {
                    left_out::left_out(&name, &format!("{runtime} finds no cgroup to use"));
                }
                Err(reason) => panic!("{reason}"),
            }
        }
    }
}

#[test]
fn crun_takes_the_program_from_the_annotation() {
    let name = "exports::crun_takes_the_program_from_the_annotation";
    if let Some(reason) = lacking("crun") {
        return left_out::left_out(name, &reason);
    }
    let container = container("crun", "annotation");
    let profile = profile_in(&container.folder);
    let file = export("crun", &profile, &container.folder, &[]);
    let annotations = serde_json::from_slice(&fs::read(file).expect("it was written"));
    // What the annotation replaces would refuse everything.
    let refuses = json!({ "defaultAction": "SCMP_ACT_KILL" });
    match container.start(refuses, &annotations.expect("JSON")) {
        Ok(pid) => verify(&profile, &["callgate"], &pid),
        Err(reason) if reason.contains("cgroup") => {
            left_out::left_out(name, "crun finds no cgroup to use");
        }
        Err(reason) => panic!("{reason}"),
    }
}
