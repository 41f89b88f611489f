//! CG120: words for a listener that is not there.
//!
//! Apart from CG702, where it is the listener that a rule needs.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG120",
    title: "words for a listener that is not there",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
`listenerMetadata` stands without `listenerPath`.
The runtime specification forbids it, because nobody would get the words.
Name the socket, or take the words out.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerMetadata": "site=a",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "listenerMetadata": "site=a",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);
