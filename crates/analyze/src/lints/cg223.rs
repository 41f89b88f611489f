//! CG223: a field that the target does not read.
//!
//! Apart from CG305, which shows what that opens: this names each field.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG223",
    title: "a field that the target does not read",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
containerd, and with it Kubernetes for a profile of type Localhost, reads the fields of the OCI alone, as runtimes do;
`includes`, `excludes`, `archMap`, `minKernel`, `name` and errnos by name are Docker's or Podman's.
What is not read is not missed: the rule counts as if the field were not there.
Export the profile for that target, with the conditions resolved.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } }
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
.asked("--target containerd");
