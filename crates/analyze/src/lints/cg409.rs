//! CG409: programs can be run from memory.
//!
//! Apart from CG403: these are ordinary outside of a sandbox.

use callgate_profile::{Problem, Severity};

use super::listed::{Ordinary, allowed};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG409",
    title: "programs can be run from memory",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
memfd_create makes a file that has no name, and execveat runs it: a program that never stood on a disk, where nobody could look at it.
In `--context sandbox` that is worth a word; a program that starts no others needs neither.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["execveat", "memfd_create", "read"], "action": "SCMP_ACT_ALLOW" }
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
)
.asked("--context sandbox");

/// The calls, the plainest first.
const CALLS: &[&str] = &["memfd_create", "execveat"];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    if !subject.standard.is_strict() {
        return Vec::new();
    }
    let why = "this lets a program run that is no file";
    allowed(subject, &LINT, CALLS, Ordinary::Nothing, why)
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{allowing, messages_in};

    #[test]
    fn allowed_by_name() {
        let found = |context, name| {
            let text = allowing(&["read", name]);
            !messages_in(context, &text, "callgate", "CG409").is_empty()
        };
        assert!(found(Context::Sandbox, "execveat"));
        assert!(!found(Context::Sandbox, "openat"));
        assert!(!found(Context::Host, "execveat"));
    }
}
