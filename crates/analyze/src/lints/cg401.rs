//! CG401: calls that reach beyond a container are allowed without a capability.
//!
//! Apart from CG403, whose calls help an attack and change nothing by themselves.

use callgate_profile::{Problem, Severity};

use super::listed::{Ordinary, allowed};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::standard::Context;
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG401",
    title: "calls that reach beyond a container are allowed without a capability",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule allows calls that load code into the kernel, change mounts, enter other namespaces or stop the machine,
and does not ask for the capability to which Docker's default ties them.
The kernel asks for one as well, but in a user namespace a process has them all, and a filter is the second wall.
Let the rule include the capability, or take the names out; a program of the host may need them, and in `--context host` nothing is said.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["mount", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },
    { "names": ["read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target docker");

/// The calls, the plainest first.
const CALLS: &[&str] = &[
    "bpf",
    "init_module",
    "finit_module",
    "delete_module",
    "create_module",
    "kexec_load",
    "kexec_file_load",
    "open_by_handle_at",
    "mount",
    "umount",
    "umount2",
    "move_mount",
    "mount_setattr",
    "fsopen",
    "fsmount",
    "fsconfig",
    "fspick",
    "open_tree",
    "pivot_root",
    "setns",
    "unshare",
    "reboot",
    "iopl",
    "ioperm",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "quotactl_fd",
    "fanotify_init",
    "settimeofday",
    "stime",
    "clock_settime",
    "clock_adjtime",
    "sethostname",
    "setdomainname",
    "vhangup",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.standard.context == Context::Host {
        return Vec::new();
    }
    let why = "this reaches beyond a container, and the rule asks for no capability";
    allowed(subject, &LINT, CALLS, Ordinary::Baseline, why)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds, refusing};

    #[test]
    fn allowed_by_name() {
        for target in ["callgate", "docker"] {
            assert!(finds(&allowing(&["read", "mount"]), target, "CG401"));
            assert!(!finds(&allowing(&["read", "openat"]), target, "CG401"));
            assert!(!finds(&refusing(&["mount"]), target, "CG401"));
        }
    }
}
