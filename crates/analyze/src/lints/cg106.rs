//! CG106: an action that is missing or unknown.
//!
//! Apart from other words, because a rule without an action has no meaning at all.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG106",
    title: "an action that is missing or unknown",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A rule or the document has no action, or one that does not exist: `allow`, `SCMP_ACT_DENY`.
Engines find that late, when the container starts, and say little.
Write one of the nine names, which begin with SCMP_ACT_.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALOW" }
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
)
.mended();
