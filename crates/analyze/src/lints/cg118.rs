//! CG118: null in a list.
//!
//! Apart from CG117, because a null is of every type to Go.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG118",
    title: "null in a list",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A list has a `null` for an element.
Go makes a nil or a zero of it, on which Docker stumbles, or an empty element.
Take it out.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" },
    null
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);
