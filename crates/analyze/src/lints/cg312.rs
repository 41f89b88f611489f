//! CG312: a call that the target's libseccomp does not know.
//!
//! Apart from CG110, whose calls nobody knows.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG312",
    title: "a call that the target's libseccomp does not know",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
With `--libseccomp` a version is stated, and that version does not have this call.
The runtime skips the name: what the rule says of the call does not happen there.
A distribution may have taught its library newer calls; else use a newer one.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["fchmodat2"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["fchmodat"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
)
.asked("--target docker --libseccomp 2.5.4");
