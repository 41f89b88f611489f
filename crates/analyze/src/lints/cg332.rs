//! CG332: a profile for a privileged container.
//!
//! Apart from CG331, because the profile may well be there.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG332",
    title: "a profile for a privileged container",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Discovery,
};

const PAGE: &str = "\
A container is privileged, and a profile is named for it.
Kubernetes gives privileged containers no filter; Docker does so before version 27, and from then on keeps a profile that is named.
Take `privileged` out and add the capabilities that are needed, or take the profile out, which nobody reads.
";

const EXAMPLE: Example = Example::new(
    r#"apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web
      securityContext:
        privileged: true
        seccompProfile:
          type: Localhost
          localhostProfile: profiles/web.json
"#,
    r#"apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web
      securityContext:
        allowPrivilegeEscalation: false
        seccompProfile:
          type: Localhost
          localhostProfile: profiles/web.json
"#,
)
.in_file("pod.yaml");
