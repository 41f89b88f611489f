//! CG113: an arch by a name that conditions do not have.
//!
//! Apart from CG115, because conditions have names of their own.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG113",
    title: "an arch by a name that conditions do not have",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
A condition compares the machine's arch with a name that no engine has for it.
In `includes` and `excludes` the arches are called as libseccomp calls them: amd64, arm64, x86; x86_64 and SCMP_ARCH_X86_64 never match.
A rule that includes such a name never counts, and one that excludes it always does.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": ["x86_64"] } }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": ["amd64"] } }
  ]
}
"#,
)
.mended();
