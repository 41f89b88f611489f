//! CG334: a container without a filter.
//!
//! Apart from CG332, where a profile is named and not used.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG334",
    title: "a container without a filter",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Discovery,
};

const PAGE: &str = "\
A compose file says `seccomp=unconfined`, or a pod has the type Unconfined: the container may make every call.
Often it is there because one call was refused; then a profile that allows this call beside the default is enough, and `callgate allow` writes it.
Take the line out, or name a profile; in a pod, RuntimeDefault is the runtime's default.
";

const EXAMPLE: Example = Example::new(
    r#"services:
  web:
    image: registry.example/web
    security_opt:
      - no-new-privileges
      - seccomp=unconfined
"#,
    r#"services:
  web:
    image: registry.example/web
    security_opt:
      - no-new-privileges
"#,
)
.in_file("compose.yaml");
