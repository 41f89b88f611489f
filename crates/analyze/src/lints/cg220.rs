//! CG220: rules whose filter is not modelled.
//!
//! Apart from the faults: here callgate does not know, and says so.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG220",
    title: "rules whose filter is not modelled",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
What libseccomp makes of these rules for one call is beyond the model, or it makes a filter that never looks at the call's number.
The first means that no verdict of callgate's about that call counts for this target.
Write the rules plainer: fewer comparisons that overlap, or a rule without comparisons.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["semop"], "action": "SCMP_ACT_ERRNO" },
    { "names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["semop"], "action": "SCMP_ACT_ERRNO" },
    { "names": ["kill"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
)
.asked("--native x86");
