//! A unit that systemd's own reader takes.
//!
//! Apart from the other tools, each of which starts something in its own way.

use std::fs;
use std::process::Command;

use callgate_syscalls::{Release, Syscall};

use super::{callgate, folder, left_out};

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
