//! Units that systemd's own reader takes, and that a manager runs with the filter that the kernel then has.
//!
//! Apart from the other tools, each of which starts something in its own way.

use std::fs;
use std::process::Command;

use callgate_syscalls::{Release, Syscall};

use super::manager::Manager;
use super::{callgate, folder, lacking_rights, left_out};

/// systemd's own reader takes every line.
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

/// The groups that a list is told by, held against those of the systemd that is here, to which a later one only adds.
#[test]
fn groups_are_those_of_systemd() {
    let name = "exports::systemd::groups_are_those_of_systemd";
    let asked = Command::new("systemd-analyze")
        .args(["syscall-filter", "--no-pager"])
        .output();
    let Some(output) = asked.ok().filter(|output| output.status.success()) else {
        return left_out::left_out(name, "systemd-analyze is not installed");
    };
    let theirs = String::from_utf8(output.stdout).expect("text");
    let ours = include_str!("../../../analyze/src/export/systemd-groups.txt");
    let theirs: Vec<Vec<&str>> = theirs
        .split("\n@")
        .map(|group| group.lines().map(str::trim).collect())
        .collect();
    let mut count = 0;
    for group in ours.split("\n@").skip(1) {
        let mut words = group.split_whitespace();
        let name = words.next().expect("a name");
        let has_name = |group: &&Vec<&str>| group[0].trim_start_matches('@') == name;
        let same = theirs.iter().find(has_name).expect("a group of systemd");
        for call in words {
            assert!(same.contains(&call), "{call} of @{name}");
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

/// Lists of names without conditions, which a unit says exactly.
const EXACT: [(&str, &str); 3] = [
    (
        // To libseccomp `bind` is also a call of x86's `socketcall`.
        "two-arches",
        r#"{
            "defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
            "syscalls": [{ "names": ["acct", "bind", "shmget"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }]
        }"#,
    ),
    (
        "refusals",
        r#"{
            "defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [
                { "names": ["acct", "swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 },
                { "names": ["chroot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
                { "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" }
            ]
        }"#,
    ),
    (
        "permissions",
        r#"{
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 1,
            "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [{
                "names": [
                    "access", "arch_prctl", "brk", "clock_nanosleep", "close", "dup2", "execve", "exit_group", "faccessat",
                    "faccessat2", "fcntl", "fstat", "futex", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom",
                    "getuid", "lseek", "mmap", "mprotect", "munmap", "nanosleep", "newfstatat", "open", "openat", "pread64",
                    "prlimit64", "read", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list",
                    "set_tid_address", "stat", "uname", "wait4", "write"
                ],
                "action": "SCMP_ACT_ALLOW"
            }]
        }"#,
    ),
];

/// A unit's lines, and what was said of them.
fn unit(words: &[&str]) -> (String, String) {
    let output = callgate(&[&["export", "systemd", "--native", "x86_64"], words].concat());
    let text = String::from_utf8(output.stdout).expect("text");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{said}");
    (text, said)
}

/// Runs a unit, and asks about what its process has.
fn run(name: &str, lines: &str, question: impl FnOnce(&str) -> std::process::Output) {
    let folder = folder(&format!("systemd-{name}"));
    let (manager, pid) = Manager::start(&folder, lines).unwrap_or_else(|said| panic!("{said}"));
    let answer = question(&pid);
    drop(manager);
    let said = [answer.stdout, answer.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(answer.status.code(), Some(0), "{name}: {said}\n{lines}");
}

#[test]
fn a_unit_has_the_filter() {
    let name = "exports::systemd::a_unit_has_the_filter";
    if let Some(reason) = Manager::lacking().or_else(lacking_rights) {
        return left_out::left_out(name, &reason);
    }
    // One without a filter shows whether a manager can run here at all.
    if let Err(said) = Manager::start(&folder("systemd-plain"), "[Service]\n") {
        let last = said.lines().last().unwrap_or("it says nothing");
        return left_out::left_out(name, &format!("systemd does not start here: {last}"));
    }
    for (name, profile) in EXACT {
        let file = folder("systemd").join(format!("{name}.json"));
        fs::write(&file, profile).expect("written");
        let file = file.to_str().expect("a path");
        // crun, too, kills only the thread for a call of another arch, and puts nothing before the rules.
        let (lines, said) = unit(&[file, "--from", "crun"]);
        assert!(
            said.contains("every call that a kernel of x86_64 has is answered as by"),
            "{said}"
        );
        run(name, &lines, |pid| {
            let reader = ["--native", "x86_64", "--target", "crun"];
            callgate(&[&["verify", file, "--pid", pid], &reader[..]].concat())
        });
    }
    let (lines, said) = unit(&["docker:default", "--from", "docker@28", "--lossy"]);
    assert!(said.contains("lets no call through that"), "{said}");
    run("lossy", &lines, |pid| {
        let loaded = format!("pid:{pid}");
        let words = ["diff", "docker:default", &loaded, "--assert-subset"];
        let reader = ["--native", "x86_64", "--target", "docker@28"];
        callgate(&[&words, &reader[..]].concat())
    });
}

/// What hardened units ask for, which systemd makes filters of, one of most lines.
const HARDENED: [(&str, &str); 2] = [
    (
        "groups",
        "SystemCallArchitectures=native\nSystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\nSystemCallErrorNumber=EPERM\n",
    ),
    (
        "restrictions",
        "SystemCallArchitectures=native\nRestrictNamespaces=yes\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\nLockPersonality=yes\nMemoryDenyWriteExecute=yes\n",
    ),
];

/// Filters that let all calls of other arches through.
const OPEN: &str = "[Service]\nProtectClock=yes\nProtectKernelLogs=yes\nProtectKernelModules=yes\nProtectHostname=yes\n";

/// The filters that systemd makes itself, as a profile that its reader reads as all of them together; or why there is none.
#[test]
fn the_filters_of_a_unit_are_a_profile() {
    let name = "exports::systemd::the_filters_of_a_unit_are_a_profile";
    if let Some(reason) = Manager::lacking().or_else(lacking_rights) {
        return left_out::left_out(name, &reason);
    }
    if let Err(said) = Manager::start(&folder("systemd-none"), "[Service]\n") {
        let last = said.lines().last().unwrap_or("it says nothing");
        return left_out::left_out(name, &format!("systemd does not start here: {last}"));
    }
    let reader = ["--native", "x86_64", "--target", "crun"];
    let written = |pid: &str, more: &[&str]| {
        let filters = format!("pid:{pid}");
        let file = folder("systemd").join("written.json");
        let file = file.to_str().expect("a path").to_owned();
        let words = ["export", "docker", &filters, "-o", &file];
        (callgate(&[&words, &reader[..], more].concat()), file)
    };
    for (name, lines) in HARDENED {
        run(name, &format!("[Service]\n{lines}"), |pid| {
            let (output, file) = written(pid, &[]);
            if !output.status.success() {
                return output;
            }
            callgate(&[&["verify", &file, "--pid", pid], &reader[..]].concat())
        });
    }
    // A runtime kills what is of an arch without a name, and no profile says otherwise.
    run("open", OPEN, |pid| {
        let (refused, _) = written(pid, &[]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.contains("other arches\n  stricter  allow -> kill_thread"),
            "{said}"
        );
        written(pid, &["--arch", "x86_64,x86,x32"]).0
    });
}
