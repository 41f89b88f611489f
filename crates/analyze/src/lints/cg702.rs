//! CG702: a notification without a listener.
//!
//! Apart from CG120, which is about the words and not the socket.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG702",
    title: "a notification without a listener",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
A rule has SCMP_ACT_NOTIFY, and the profile no `listenerPath`.
Nobody gets the descriptor that answers: runc and youki refuse to start, under crun the call is answered with ENOSYS.
Name the socket of the agent in `listenerPath`.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["mknod"], "action": "SCMP_ACT_NOTIFY" }
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
