//! CG102: the same key twice in one object.
//!
//! Apart from CG104, because here a part of the document is lost.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG102",
    title: "the same key twice in one object",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
The same key stands twice in one object.
Go takes the last value and forgets the first; of lists of objects it keeps parts of both.
A second `syscalls` so wipes the rules of the first, and nothing is said.
Keep one of them, and join what belongs together.
`--fix` takes the first of two out where both are a word or a number, which every parser then reads as before.
Of lists and objects there is no fix: which of the two was meant, or both, and what an engine makes of them today, can't be known from the text.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "defaultAction": "SCMP_ACT_ERRNO",
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
)
.mended();
