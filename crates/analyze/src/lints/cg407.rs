//! CG407: sockets of unusual families are allowed.
//!
//! Apart from CG505, which is about sockets that are refused.

use callgate_profile::{Problem, Severity};
use callgate_syscalls::Syscall;

use super::values::{Values, made};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;
use crate::words;

pub(crate) const LINT: Lint = Lint {
    id: "CG407",
    title: "sockets of unusual families are allowed",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Each family of sockets is a protocol of the kernel with code of its own, and most programs need three: UNIX, IPv4 and IPv6.
The lint names families that the profile allows and the baseline does not; in `--context sandbox` also packets, keys and netlink.
Allow socket with SCMP_CMP_EQ and the families that are needed.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 2, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
);

/// As many families as there are.
const FAMILIES: u64 = 46;

/// Families that are ordinary in a container and not in a sandbox: netlink, packets, keys.
const NOT_IN_A_SANDBOX: [u64; 3] = [16, 17, 15];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let call = Syscall::by_name("socket");
    let name = |family| words::value(subject.target.native, call, 0, family);
    let families: Vec<(u64, String)> = (1..FAMILIES).map(|family| (family, name(family))).collect();
    let values = Values {
        call: "socket",
        index: 0,
        values: &families,
    };
    let is_unusual = |call, family| {
        let is_strange = subject.standard.is_strict() && NOT_IN_A_SANDBOX.contains(&family);
        is_strange || !subject.usually_makes(call)
    };
    let why = "socket is allowed for";
    made(subject, &LINT, &values, is_unusual, why)
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{allowing, document, messages_in};

    #[test]
    fn all_families_and_one() {
        let all = allowing(&["socket"]);
        let one = r#"{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 0, "value": 2, "op": "SCMP_CMP_EQ" } ] }"#;
        let one = document("SCMP_ACT_ERRNO", &[one]);
        for context in [Context::Container, Context::Sandbox] {
            assert_eq!(messages_in(context, &all, "callgate", "CG407").len(), 1);
            assert!(messages_in(context, &one, "callgate", "CG407").is_empty());
        }
    }
}
