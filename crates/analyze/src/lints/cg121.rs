//! CG121: an errno by a name that no arch has.
//!
//! Apart from CG116, whose errnos are numbers.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG121",
    title: "an errno by a name that no arch has",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
Podman's `errno` or `defaultErrno` is the name of an errno, or a number as text; this is neither, or differs from the number beside it.
Podman refuses a name that it does not know, and other engines do not read the field.
Write the name as in errno(3), and the same number in `errnoRet`.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errno": "ENOTHING" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errno": "EACCES" }
  ]
}
"#,
)
.asked("--target podman");
