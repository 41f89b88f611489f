//! CG607: a container with a profile of its own, and without no-new-privileges.
//!
//! Apart from CG601, whose calls the profile refuses: here it has to allow them, and need not.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG607",
    title: "a container with a profile of its own, and without no-new-privileges",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Discovery,
};

const PAGE: &str = "\
Without no-new-privileges a runtime loads the filter before it changes the user and drops capabilities.
So the profile has to allow these calls, and the program may make them as well: with runc 1.1.5 they are 15 more, such as setuid, capset and prctl.
With it the filter is loaded last, and a profile can be narrower; `callgate syscall @floor/runc@1.1.5+no-new-privileges` lists what is left.
Set `no-new-privileges:true` in `security_opt`, or `allowPrivilegeEscalation: false` in the container's `securityContext`,
unless the program needs set-user-ID programs such as sudo.
";

const EXAMPLE: Example = Example::new(
    r#"services:
  web:
    image: registry.example/web
    security_opt:
      - seccomp=web.json
"#,
    r#"services:
  web:
    image: registry.example/web
    security_opt:
      - no-new-privileges:true
      - seccomp=web.json
"#,
)
.in_file("compose.yaml");
