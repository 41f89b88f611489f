//! CG110: a call that does not exist.
//!
//! Apart from CG111, whose calls exist, elsewhere.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG110",
    title: "a call that does not exist",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
No arch has a call of this name, up to the release of Linux that the tables know.
Engines leave the name out without a word: a rule that refuses it refuses nothing.
Names are in lower case, and are those of the kernel, not of libc's functions.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["mkdirr", "chroot"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["mkdir", "chroot"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
)
.mended();
