//! CG703: a listener is asked about what stands behind a pointer.
//!
//! Apart from CG206: a listener can look there, and it may change after the look.

use callgate_profile::{Problem, Severity};

use super::listed::asked_about;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG703",
    title: "a listener is asked about what stands behind a pointer",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The argument that matters is a path or a structure in the caller's memory. The listener can read it, and another thread of the caller can change it before the kernel reads it in turn.
A listener that looks and then lets the kernel go on decides nothing.
Let it make the call itself and hand over the result, or decide by what the registers hold.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["openat"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
);

/// The calls.
const CALLS: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "execve",
    "execveat",
    "mount",
    "connect",
    "bind",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "chmod",
    "fchmodat",
    "chown",
    "fchownat",
    "symlink",
    "symlinkat",
    "link",
    "linkat",
    "sendmsg",
    "setxattr",
    "clone3",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let Some((first, names)) = asked_about(subject, arch, CALLS) else {
        return Vec::new();
    };
    let message = format!(
        "what decides about {} stands in the caller's memory, which may change after the listener looked",
        names
    );
    vec![
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(first)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds, rule};

    #[test]
    fn asked_and_not() {
        let found = |name: &str| {
            let rule = rule(&[name], "SCMP_ACT_NOTIFY");
            finds(&document("SCMP_ACT_ALLOW", &[&rule]), "callgate", "CG703")
        };
        assert!(found("openat"));
        assert!(!found("getpgid"));
    }
}
