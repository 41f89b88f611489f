//! CG216: an errno that the target drops or refuses.
//!
//! Apart from CG215, where the errno is read, and zero.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG216",
    title: "an errno that the target drops or refuses",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Engine,
};

const PAGE: &str = "\
An errno stands where the target does not read it: Docker 20.10 drops `defaultErrnoRet`, so that calls get EPERM;
crun refuses an `errnoRet` beside an action that returns none, such as SCMP_ACT_ALLOW, and runc ignores it.
Take the number out where it says nothing, or name the calls that need another errno.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
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
.asked("--target docker@20.10");
