//! CG104: a key in another case.
//!
//! Apart from CG103: some readers take such a key.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG104",
    title: "a key in another case",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A key differs from its field in upper and lower case alone.
Docker and Podman take it for the field, because Go does; crun and youki ignore it.
Write the key as the field is called.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "DefaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
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
