//! CG410: io_uring is allowed, which goes around the filter.
//!
//! Apart from CG505, where something is refused that goes through it.

use callgate_profile::{Problem, Severity};

use super::listed::{Ordinary, allowed};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG410",
    title: "io_uring is allowed, which goes around the filter",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Through the rings of io_uring a process has files opened, read and sent without system calls of its own, so the filter sees none of it:
what is refused as a call may be done as an operation.
Docker's default refuses io_uring_setup, io_uring_enter and io_uring_register.
Take them out unless the program needs them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["io_uring_enter", "io_uring_setup", "read"], "action": "SCMP_ACT_ALLOW" }
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
const CALLS: &[&str] = &["io_uring_setup", "io_uring_enter", "io_uring_register"];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let why = "this gives operations that no filter sees";
    allowed(subject, &LINT, CALLS, Ordinary::Baseline, why)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds, refusing};

    #[test]
    fn allowed_by_name() {
        for target in ["callgate", "docker"] {
            assert!(finds(
                &allowing(&["read", "io_uring_setup"]),
                target,
                "CG410"
            ));
            assert!(!finds(&allowing(&["read", "openat"]), target, "CG410"));
            assert!(!finds(&refusing(&["io_uring_setup"]), target, "CG410"));
        }
    }
}
