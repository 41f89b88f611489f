//! Exports under the tools that they are for: bubblewrap, runc and crun load them, and what the kernel then has is read back.
//!
//! Apart from the sessions, because here others take what was written.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use callgate_load::{Mode, Privileged, ProcessState};
use callgate_syscalls::{Release, Syscall};
use serde_json::{Value, json};

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

/// A profile that container runtimes start under: everything but a few calls, one of them for some arguments alone.
const PROFILE: &str = r#"{
    "defaultAction": "SCMP_ACT_ALLOW",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [
        {"names": ["acct", "swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
        {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
         "args": [{"index": 0, "value": 9, "op": "SCMP_CMP_EQ"}]}
    ]
}"#;

/// Why a tool's filter can't be read here; none where it can.
fn lacking(tool: &str) -> Option<String> {
    let version = Command::new(tool).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Some(format!("{tool} is not installed"));
    }
    if cfg!(not(target_arch = "x86_64")) {
        return Some("the profile is for x86_64".to_owned());
    }
    let free = ProcessState::of(std::process::id()).is_ok_and(|state| state.mode == Mode::Disabled);
    match (Privileged::assert(), free) {
        (Err(_), _) => Some("reading filters needs CAP_SYS_ADMIN".to_owned()),
        (Ok(_), false) => Some("reading filters needs a reader without a filter".to_owned()),
        (Ok(_), true) => None,
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("exports")
        .join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn callgate(words: &[&str]) -> Output {
    Command::new(CALLGATE)
        .args(words)
        .output()
        .expect("it starts")
}

/// An export, which has to be exact.
fn export(kind: &str, folder: &std::path::Path, more: &[&str]) -> PathBuf {
    let profile = folder.join("profile.json");
    fs::write(&profile, PROFILE).expect("written");
    let file = folder.join(kind);
    let [from, to] = [&profile, &file].map(|path| path.to_str().expect("a path"));
    let output = callgate(&[&["export", kind, from, "-o", to], more].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    file
}

/// Holds what a process has against the profile, as a target reads it.
fn verify(folder: &std::path::Path, target: &str, pid: &str) {
    let profile = folder.join("profile.json");
    let profile = profile.to_str().expect("a path");
    let output = callgate(&["verify", profile, "--target", target, "--pid", pid]);
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

/// What a script reads: the text, and every call that it changes.
#[test]
fn json_carries_every_loss() {
    let filter = "tests/profiles/no-prctl.bpf";
    let more = ["--native", "x86_64", "--lossy", "--format", "json"];
    let output = callgate(&[&["export", "docker", filter], &more[..]].concat());
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["schema"], "callgate/export/v1");
    assert_eq!(answer["exact"], false);
    let profile: Value =
        serde_json::from_str(answer["text"].as_str().expect("text")).expect("JSON");
    assert_eq!(profile["syscalls"][0]["names"], json!(["prctl"]));
    let differences = answer["differences"].as_array().expect("a list");
    let subjects: Vec<_> = differences
        .iter()
        .map(|each| (&each["arch"], &each["name"]))
        .collect();
    assert_eq!(
        subjects,
        [
            (&json!("x32"), &json!("prctl")),
            (&Value::Null, &Value::Null)
        ]
    );
}

#[test]
fn bubblewrap_loads_the_program() {
    if let Some(reason) = lacking("bwrap") {
        return left_out::left_out("exports::bubblewrap_loads_the_program", &reason);
    }
    let folder = folder("bwrap");
    let file = export("bwrap", &folder, &[]);
    let mut child = Command::new("bwrap")
        .args(["--dev-bind", "/", "/", "--seccomp", "0"])
        .args(["sh", "-c", "echo $$; exec sleep 600"])
        .stdin(File::open(&file).expect("it was written"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut pid = String::new();
    BufReader::new(child.stdout.take().expect("a pipe"))
        .read_line(&mut pid)
        .expect("it says who it is");
    let pid = pid.trim();
    assert!(!pid.is_empty(), "it did not start");
    verify(&folder, "callgate", pid);
    assert!(
        Command::new("kill")
            .arg(pid)
            .status()
            .expect("kill")
            .success()
    );
    let _ = child.wait();
}

/// systemd's own reader takes every line; it does not run units here, so what it would load is not read back.
#[test]
fn systemd_takes_the_unit() {
    let name = "exports::systemd_takes_the_unit";
    let version = Command::new("systemd-analyze").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return left_out::left_out(name, "systemd-analyze is not installed");
    }
    let folder = folder("systemd");
    let words = ["--native", "x86_64", "--arch", "x86_64", "--lossy"];
    for (profile, more) in [
        ("docker:default", &["--from", "docker@28"][..]),
        ("tests/profiles/no-x25.json", &[]),
    ] {
        let output = callgate(&[&["export", "systemd", profile], more, &words].concat());
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).expect("text");
        let said = String::from_utf8(output.stderr).expect("text");
        let refuses_by_name = !text.contains("~@default");
        assert_eq!(said.contains("; the newest is "), refuses_by_name, "{said}");
        let verified = |text: &str| {
            let unit = folder.join("exported.service");
            fs::write(&unit, format!("{text}ExecStart=/bin/true\n")).expect("written");
            let output = Command::new("systemd-analyze")
                .arg("verify")
                .arg(&unit)
                .output()
                .expect("it starts");
            // It also tells of units of the machine.
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let lines = said
                .lines()
                .filter(|line| line.contains("exported.service"));
            // What the libseccomp of this machine does not have yet, it ignores, and says so.
            let is_newer = |line: &&str| {
                let name = line
                    .rsplit("Failed to parse system call, ignoring: ")
                    .next();
                let call = name.and_then(Syscall::by_name);
                let since = call.and_then(Syscall::since);
                since.is_some_and(|since| since > Release::new(5, 10))
            };
            lines
                .filter(|line| !is_newer(line))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(verified(&text), [""; 0], "{text}");
        let wrong = text.replace("SystemCallArchitectures=", "SystemCallArchitectures=no-");
        assert_ne!(verified(&wrong), [""; 0], "it reads nothing");
    }
}

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

#[test]
fn oci_runtimes_load_the_object() {
    for runtime in ["runc", "crun"] {
        let name = format!("exports::oci_runtimes_load_the_object::{runtime}");
        if let Some(reason) = lacking(runtime) {
            left_out::left_out(&name, &reason);
            continue;
        }
        let target = format!("{runtime}@{}", release(runtime));
        let container = container(runtime, "oci");
        let more = ["--from", &target, "--target", &target];
        let file = export("oci", &container.folder, &more);
        let seccomp = serde_json::from_slice(&fs::read(file).expect("it was written"));
        match container.start(seccomp.expect("JSON"), &json!({})) {
            Ok(pid) => verify(&container.folder, &target, &pid),
            Err(reason) if reason.contains("cgroup") => {
                left_out::left_out(&name, &format!("{runtime} finds no cgroup to use"));
            }
            Err(reason) => panic!("{reason}"),
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
    let file = export("crun", &container.folder, &[]);
    let annotations = serde_json::from_slice(&fs::read(file).expect("it was written"));
    // What the annotation replaces would refuse everything.
    let refuses = json!({ "defaultAction": "SCMP_ACT_KILL" });
    match container.start(refuses, &annotations.expect("JSON")) {
        Ok(pid) => verify(&container.folder, "callgate", &pid),
        Err(reason) if reason.contains("cgroup") => {
            left_out::left_out(name, "crun finds no cgroup to use");
        }
        Err(reason) => panic!("{reason}"),
    }
}
