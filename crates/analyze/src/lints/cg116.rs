//! CG116: an errno that does not fit.
//!
//! Apart from CG215, whose zero fits and lies.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG116",
    title: "an errno that does not fit",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
An `errnoRet` above 4095: the kernel returns no such errno, and keeps 16 bits of the number.
libseccomp refuses to make a rule of it, and what runc then says is about something else.
Take an errno that programs know: EPERM is 1, ENOSYS is 38 on most arches.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5000 }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }
  ]
}
"#,
);
