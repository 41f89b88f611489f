//! CG115: an arch or a flag that does not exist.
//!
//! Apart from CG113, whose names are those of conditions.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG115",
    title: "an arch or a flag that does not exist",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
`architectures`, `archMap` or `flags` has a word that is none.
Runtimes refuse an arch that they do not know, and most of them a flag; Docker 20.10 drops flags without a word.
Arches begin with SCMP_ARCH_, flags with SECCOMP_FILTER_FLAG_.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["x86_64"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.mended();
