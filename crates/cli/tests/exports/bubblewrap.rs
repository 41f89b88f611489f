//! A program that bubblewrap loads.
//!
//! Apart from the other tools, each of which starts something in its own way.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use super::sleeper::Sleeper;
use super::{callgate, export, folder, lacking, left_out, profile_in, verify};

#[test]
fn bubblewrap_loads_the_program() {
    if let Some(reason) = lacking("bwrap") {
        return left_out::left_out("exports::bubblewrap_loads_the_program", &reason);
    }
    let folder = folder("bwrap");
    let profile = profile_in(&folder);
    let file = export("bwrap", &profile, &folder, &[]);
    let sandbox = under(&file);
    verify(&profile, &["callgate"], &sandbox.pid);
}

/// What an application is refused in a sandbox of the desktop: terminals of others, namespaces, odd networks, other personalities.
const OF_A_SANDBOX: &str = r#"{
    "defaultAction": "SCMP_ACT_ALLOW",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    "syscalls": [
        { "names": ["syslog", "uselib", "acct", "quotactl", "add_key", "keyctl", "request_key", "move_pages", "mbind", "get_mempolicy",
            "set_mempolicy", "migrate_pages", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot"],
          "action": "SCMP_ACT_ERRNO", "errnoRet": 1 },
        { "names": ["clone3", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"],
          "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
        { "names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
          "args": [{ "index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 268435456, "valueTwo": 268435456 }] },
        { "names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
          "args": [{ "index": 1, "op": "SCMP_CMP_MASKED_EQ", "value": 4294967295, "valueTwo": 21522 }] },
        { "names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
          "args": [{ "index": 0, "op": "SCMP_CMP_NE", "value": 0 }] },
        { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
          "args": [{ "index": 0, "op": "SCMP_CMP_GT", "value": 16 }] },
        { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
          "args": [{ "index": 0, "op": "SCMP_CMP_EQ", "value": 9 }] }
    ]
}"#;

/// What bubblewrap was given for an application, read back from it as a profile.
#[test]
fn the_filter_of_a_sandbox_is_a_profile() {
    if let Some(reason) = lacking("bwrap") {
        return left_out::left_out("exports::the_filter_of_a_sandbox_is_a_profile", &reason);
    }
    let folder = folder("bwrap-back");
    let [profile, program, back] = ["sandbox.json", "sandbox.bpf", "back.json"]
        .map(|name| folder.join(name).display().to_string());
    fs::write(&profile, OF_A_SANDBOX).expect("written");
    let reader = ["--native", "x86_64", "--target", "crun"];
    let done = |words: &[&str]| {
        let output = callgate(&[words, &reader[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
    };
    done(&["compile", &profile, "-o", &program]);
    let sandbox = under(Path::new(&program));
    done(&[
        "export",
        "docker",
        &format!("pid:{}", sandbox.pid),
        "-o",
        &back,
    ]);
    done(&["verify", &back, "--pid", &sandbox.pid]);
    done(&["prove", &back, &profile]);
}

/// A process that bubblewrap put under a filter; where a test fails, it ends with its thread.
fn under(program: &Path) -> Sleeper {
    let words = [
        "--die-with-parent",
        "--dev-bind",
        "/",
        "/",
        "--seccomp",
        "0",
    ];
    let program = File::open(program).expect("it was written");
    Sleeper::of(Command::new("bwrap").args(words).stdin(program))
}
