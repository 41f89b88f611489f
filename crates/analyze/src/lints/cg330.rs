//! CG330: a profile that a swarm does not use.
//!
//! Apart from CG331, whose profile is not there.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG330",
    title: "a profile that a swarm does not use",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Discovery,
};

const PAGE: &str = "\
A compose file names a profile in `security_opt`, and its service is laid out for a swarm.
`docker stack deploy` leaves `security_opt` out, with a line at most; `docker build` has no such option either.
The services then run under Docker's default.
Give the profile to the daemons of the swarm, or start the service by `docker compose`.
";

const EXAMPLE: Example = Example::new(
    r#"services:
  web:
    image: registry.example/web
    security_opt:
      - no-new-privileges:true
      - seccomp=web.json
    deploy:
      mode: replicated
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
