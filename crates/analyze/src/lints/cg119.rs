//! CG119: an action of one's own that does not hold.
//!
//! Apart from CG106, whose actions are the kernel's.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG119",
    title: "an action of one's own that does not hold",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A rule names an action under `x-` that `x-actions` does not declare, or the declaration lacks what it needs.
An action of one's own has an `answer`, which is one of the kernel's actions, and for a plugin an `otherwise`.
Declare it, or name one of the kernel's.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["connect"], "action": "x-hidden" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": { "x-hidden": { "answer": "SCMP_ACT_ERRNO", "errnoRet": 38 } },
  "syscalls": [
    { "names": ["connect"], "action": "x-hidden" }
  ]
}
"#,
);
