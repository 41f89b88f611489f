//! CG403: calls that help an attack on the kernel are allowed.
//!
//! Apart from CG401, whose calls change the machine themselves.

use callgate_profile::{Problem, Severity};

use super::listed::{Ordinary, allowed};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG403",
    title: "calls that help an attack on the kernel are allowed",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule allows calls that Docker's default refuses because attacks on the kernel lean on them:
userfaultfd stops the kernel at a chosen place, perf_event_open tells of its memory, keys are shared by all containers of the machine.
Take the names out unless the program makes the calls; `callgate record` tells.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "userfaultfd"], "action": "SCMP_ACT_ALLOW" }
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
    "userfaultfd",
    "perf_event_open",
    "add_key",
    "keyctl",
    "request_key",
    "kcmp",
    "lookup_dcookie",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let why = "an attack on the kernel leans on this, and Docker's default refuses it";
    allowed(subject, &LINT, CALLS, Ordinary::Baseline, why)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds, refusing};

    #[test]
    fn allowed_by_name() {
        for target in ["callgate", "docker"] {
            assert!(finds(&allowing(&["read", "userfaultfd"]), target, "CG403"));
            assert!(!finds(&allowing(&["read", "openat"]), target, "CG403"));
            assert!(!finds(&refusing(&["userfaultfd"]), target, "CG403"));
        }
    }
}
