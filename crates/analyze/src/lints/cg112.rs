//! CG112: a capability that does not exist.
//!
//! Apart from other conditions, because engines compare this text as it stands.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG112",
    title: "a capability that does not exist",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A condition names a capability that does not exist under this name.
Docker and Podman compare the text, which has to be in upper case and begin with CAP_; no process has another one.
A rule that includes it never counts, and one that excludes it always does.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["SYS_ADMIN"] } }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
  ]
}
"#,
)
.mended();
