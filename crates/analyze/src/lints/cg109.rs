//! CG109: a rule that names no call.
//!
//! Apart from CG110: no name is misspelt here, none is there.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG109",
    title: "a rule that names no call",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
The `names` of a rule are empty, so it does nothing, and engines take it without a word.
Name the calls, or take the rule out.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": [], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);
