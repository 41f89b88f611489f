//! CG331: a profile that is named and not there.
//!
//! Apart from CG330, where the profile is there and not used.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG331",
    title: "a profile that is named and not there",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Discovery,
};

const PAGE: &str = "\
A compose file or a pod names a profile that can't be found: a path from another folder, a name that is absolute where it has to be relative, or a name where the type asks for none.
Docker refuses to start such a service; a kubelet looks beneath its own folder, on the node where the pod runs, and the pod waits there.
Compose takes paths from the file's own folder; `localhostProfile` is beneath the kubelet's `seccomp` folder.
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
        allowPrivilegeEscalation: false
        seccompProfile:
          type: Localhost
          localhostProfile: /profiles/web.json
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
