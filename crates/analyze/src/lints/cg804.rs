//! CG804: calls are allowed that Linux no longer has.
//!
//! Apart from CG110, whose names no Linux ever had.

use callgate_profile::{Problem, Severity};

use super::listed::{Ordinary, allowed};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG804",
    title: "calls are allowed that Linux no longer has",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule allows calls that today's kernels answer with ENOSYS, or that only few configurations still have.
They are of no use to a program of today, and of some to whoever looks for old code in the kernel.
Take the names out.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "uselib"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

/// The calls, the plainest first.
const CALLS: &[&str] = &[
    "uselib",
    "_sysctl",
    "sysfs",
    "bdflush",
    "create_module",
    "get_kernel_syms",
    "query_module",
    "nfsservctl",
    "epoll_ctl_old",
    "epoll_wait_old",
    "getpmsg",
    "putpmsg",
    "afs_syscall",
    "tuxcall",
    "security",
    "vserver",
    "ustat",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let why = "Linux no longer has this, or no program of today makes it";
    allowed(subject, &LINT, CALLS, Ordinary::Baseline, why)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds, refusing};

    #[test]
    fn allowed_by_name() {
        for target in ["callgate", "docker"] {
            assert!(finds(&allowing(&["read", "uselib"]), target, "CG804"));
            assert!(!finds(&allowing(&["read", "openat"]), target, "CG804"));
            assert!(!finds(&refusing(&["uselib"]), target, "CG804"));
        }
    }
}
