//! CG701: a notification that no runtime sets up.
//!
//! Apart from CG702, which a path mends.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG701",
    title: "a notification that no runtime sets up",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
SCMP_ACT_NOTIFY as the default action, or for `write`: the runtime itself makes these calls after it has loaded the filter,
and would wait for an answer to the message by which it hands out the listener.
runc and youki refuse the profile, and crun does not come to the program.
Ask about fewer calls.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["mknod", "write"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["mknod"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
);
