//! CG221: rules that libseccomp miscompiles.
//!
//! Apart from CG220: what happens is known here, and wrong.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG221",
    title: "rules that libseccomp miscompiles",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
libseccomp's filter answers a call with an action that none of the rules that match it has.
The call stands in the message, and a filter that was made by the library gives the same answer.
Write comparisons that need no more than one half of a 64-bit argument, or one comparison for each argument.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["lseek"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 1, "value": 4294967296, "op": "SCMP_CMP_LE" }] },
    { "names": ["lseek"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 2, "value": 1, "op": "SCMP_CMP_EQ" }, { "index": 1, "value": 2, "op": "SCMP_CMP_LT" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["lseek"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 1, "value": 4294967296, "op": "SCMP_CMP_LE" }] }
  ]
}
"#,
);
