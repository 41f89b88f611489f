//! CG705: a listener is asked about calls that its own set-up needs.
//!
//! Apart from CG701, which no runtime takes.

use callgate_profile::{Problem, Severity};

use super::listed::asked_about;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG705",
    title: "a listener is asked about calls that its own set-up needs",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The descriptor of a listener goes through a socket by sendmsg, descriptors are closed, processes end:
the process that sets the filter up makes these calls before anyone listens, and waits for ever.
Ask about other calls.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["sendmsg"], "action": "SCMP_ACT_NOTIFY" }
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
    "exit",
    "exit_group",
    "close",
    "sendmsg",
    "recvmsg",
    "rt_sigreturn",
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let Some((first, names)) = asked_about(subject, arch, CALLS) else {
        return Vec::new();
    };
    let message = format!(
        "who sets the listener up makes {} itself, and would wait for its own answer",
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
            finds(&document("SCMP_ACT_ALLOW", &[&rule]), "callgate", "CG705")
        };
        assert!(found("close"));
        assert!(!found("getpgid"));
    }
}
