//! CG108: a comparison without meaning.
//!
//! Apart from CG207 and CG209, whose comparisons mean something, if nothing useful.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG108",
    title: "a comparison without meaning",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
An entry of `args` has an operator that does not exist or none, an index above 5, or a value that is no number of 64 bits.
Runtimes find that when the container starts, some only if the kernel has the call.
Numbers are decimal in JSON, without quotes; operators begin with SCMP_CMP_.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 8, "op": "SCMP_CMP_EQL" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 8, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
)
.mended();
