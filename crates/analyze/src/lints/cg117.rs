//! CG117: a value of the wrong JSON type.
//!
//! Apart from CG108, because here the whole document is refused.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG117",
    title: "a value of the wrong JSON type",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A field has a text where a number should stand, a list where a text should, or the like.
Go's decoder stops there, and with it Docker, Podman and containerd.
Write the type that the field has.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": "1" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }
  ]
}
"#,
);
