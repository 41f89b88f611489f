//! CG103: a key that no dialect has.
//!
//! Apart from CG104, where it is only the case that differs.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG103",
    title: "a key that no dialect has",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A key that neither Docker, Podman nor the OCI has at this place; often a field that is misspelt.
Engines ignore it without a word: a rule without its `args` counts for every call, a document without its `syscalls` has no rules.
Write the field as it is called, or take the key out.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "argz": [{ "index": 0, "value": 40, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 40, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
)
.mended();
