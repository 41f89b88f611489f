//! What others really write becomes a profile: strace's output and the kernel's records one under which the same command runs,
//! an operator's recordings and another compiler's program one that means the same.
//!
//! Apart from the sessions, because who writes it has to run first.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which two functions are used"
)]
mod left_out;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

fn callgate(words: &[&str]) -> Output {
    Command::new(CALLGATE)
        .args(words)
        .output()
        .expect("it starts")
}

/// What is recorded, and runs again.
const COMMAND: [&str; 3] = ["sh", "-c", "cat /dev/null; echo so"];

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("imports")
        .join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Imports what was written of [`COMMAND`], and runs that again: it does the same, and another call is refused.
fn import_and_run(kind: &str, written: &str, profile: &str) {
    let output = callgate(&["import", kind, written, "-o", profile]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // A line that is not read is told of, and there are none such here.
    assert!(!said.contains("left out"), "{said}");
    let output = callgate(&[&["run", "-p", profile, "--"], &COMMAND[..]].concat());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.stdout, b"so\n");
    let output = callgate(&["run", "-p", profile, "--", "chmod", "700", written]);
    assert_ne!(
        output.status.code(),
        Some(0),
        "what was not seen is refused"
    );
}

#[test]
fn a_command_runs_under_what_strace_saw_of_it() {
    let name = "imports::a_command_runs_under_what_strace_saw_of_it";
    let folder = folder("strace");
    let [log, table, profile] = ["log", "table", "profile.json"].map(|name| folder.join(name));
    let [log, table, profile] = [&log, &table, &profile].map(|path| path.to_str().expect("a path"));
    for (options, written) in [(["-f", "-o"], log), (["-fc", "-o"], table)] {
        let traced = Command::new("strace")
            .args(options)
            .arg(written)
            .args(COMMAND)
            .output();
        match traced {
            Err(_) => return left_out::left_out(name, "strace is not installed"),
            Ok(output) if !output.status.success() => {
                return left_out::left_out(name, "strace may not trace");
            }
            Ok(_) => import_and_run("strace", written, profile),
        }
    }
}

/// Listens to the kernel's records while a command runs under a filter, and writes those of it as auditd does.
///
/// Who began a process is told in its records, and inherited: here by a number that nobody else has.
/// They come later, and in order, so that those of another command end the list.
const LISTEN: &str = r#"
import os, socket, struct, subprocess, sys
AUDIT, READLOG, SECCOMP = 9, 1, 1326
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, AUDIT)
kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
kernel.bind((0, READLOG))
kernel.settimeout(20)
began = 1 << 24 | os.getpid()
open("/proc/self/loginuid", "w").write(str(began))
run, command = sys.argv[1:6], sys.argv[6:]
for each in command, ["true"]:
    subprocess.run(run + each, stdout=subprocess.DEVNULL, check=True)
while True:
    data = kernel.recv(1 << 16)
    length, kind = struct.unpack_from("=IH", data)
    text = data[16:length].decode(errors="replace").rstrip("\0\n")
    if kind != SECCOMP or f" auid={began} " not in text:
        continue
    if 'comm="true"' in text:
        break
    print("type=SECCOMP msg=" + text)
"#;

/// The records that the kernel itself writes of calls that a filter lets through and logs.
#[test]
fn a_command_runs_under_what_the_kernel_recorded_of_it() {
    let name = "imports::a_command_runs_under_what_the_kernel_recorded_of_it";
    let folder = folder("audit");
    let [filter, log, profile] =
        ["filter.json", "log", "profile.json"].map(|name| folder.join(name));
    let [filter, log, profile] =
        [&filter, &log, &profile].map(|path| path.to_str().expect("a path"));
    fs::write(
        filter,
        r#"{ "defaultAction": "SCMP_ACT_LOG", "syscalls": [] }"#,
    )
    .expect("written");
    let listened = Command::new("python3")
        .args(["-c", LISTEN, CALLGATE, "run", "-p", filter, "--"])
        .args(COMMAND)
        .output();
    match listened {
        Err(_) => left_out::left_out(name, "python3 is not installed"),
        Ok(output) if !output.status.success() => {
            left_out::left_out(name, "the kernel's records can't be read here");
        }
        Ok(output) => {
            fs::write(log, output.stdout).expect("written");
            import_and_run("audit", log, profile);
        }
    }
}

/// The specs of resources, each as a profile's JSON.
const SPECS: &str = "
import json, sys, yaml
print(json.dumps([each['spec'] for each in yaml.safe_load_all(open(sys.argv[1])) if each]))
";

/// Profiles that the operator's project has: another reader's union of them means what is imported.
#[test]
fn what_an_operator_wrote_means_the_same() {
    let name = "imports::what_an_operator_wrote_means_the_same";
    let Some(shared) = left_out::shared() else {
        return left_out::left_out(name, "../shared is not beside the checkout");
    };
    let folder = folder("operator");
    let there = Command::new("python3").args(["-c", "import yaml"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        return left_out::left_out(name, "python3 with yaml is not installed");
    }
    for file in ["spo-baseprofile-runc.yaml", "spo-seccompprofile.yaml"] {
        let file = shared.join("corpus").join(file);
        let imported = folder.join("imported.json");
        let [text, imported] = [&file, &imported].map(|path| path.to_str().expect("a path"));
        let native = ["--native", "x86_64"];
        let output = callgate(&[&["import", "spo", text, "-o", imported], &native[..]].concat());
        assert!(output.status.success(), "{text}");
        let read = Command::new("python3").args(["-c", SPECS, text]).output();
        let specs: Vec<Value> =
            serde_json::from_slice(&read.expect("python3").stdout).expect("a list");
        let mut paths = Vec::new();
        for (number, spec) in specs.iter().enumerate() {
            let path = folder.join(format!("{number}.json"));
            fs::write(&path, spec.to_string()).expect("written");
            paths.push(path.to_str().expect("a path").to_owned());
        }
        let united = folder.join("united.json");
        let united = united.to_str().expect("a path");
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let words = ["merge", "--union", "-o", united];
        let output = callgate(&[&words[..], &native, &paths].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let output = callgate(&[&["prove", imported, united], &native[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{text}");
    }
}

/// Programs that minijail's compiler made become profiles, and these again the policies that were compiled.
#[test]
fn the_program_of_another_compiler_means_the_same() {
    let folder = folder("program");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/minijail");
    for name in ["docker-default", "every-answer", "every-operator"] {
        let program = kept.join(format!("{name}.x86_64.bpf"));
        let profile = folder.join("profile.json");
        let [program, profile] = [&program, &profile].map(|path| path.to_str().expect("a path"));
        let machine = ["--native", "x86_64", "--arch", "x86_64"];
        let words = ["export", "oci", program, "--target", "crun", "-o", profile];
        let output = callgate(&[&words, &machine[..]].concat());
        assert!(output.status.success(), "{name}");
        let words = ["export", "minijail", profile, "--from", "crun"];
        let output = callgate(&[&words, &machine[..]].concat());
        assert!(output.status.success(), "{name}");
        let kept = fs::read_to_string(kept.join(format!("{name}.x86_64.policy"))).expect("kept");
        let again = String::from_utf8(output.stdout).expect("text");
        // The first line says how calls of other arches end, for which crun has another answer.
        let lines = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&again), lines(&kept), "{name}");
    }
}
