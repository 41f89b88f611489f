//! CG222: rules that libseccomp does not finish.
//!
//! Apart from CG801, where there is a filter, and too long a one.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG222",
    title: "rules that libseccomp does not finish",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
With these rules libseccomp does not come to an end, or takes memory without bound, so no container starts.
Fewer rules with comparisons for one call help.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_NE" }, { "index": 1, "value": 3, "op": "SCMP_CMP_EQ" }] },
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_NE" }, { "index": 2, "value": 1, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_NE" }, { "index": 1, "value": 3, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
);
