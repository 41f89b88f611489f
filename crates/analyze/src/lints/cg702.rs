//! CG702: a notification without a listener.
//!
//! Apart from CG120, which is about the words and not the socket.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG702",
    title: "a notification without a listener",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Engine,
};

const PAGE: &str = "\
A rule has SCMP_ACT_NOTIFY, and the profile no `listenerPath`.
Nobody gets the descriptor that answers: runc and youki refuse to start, under crun the call is answered with ENOSYS.
Name the socket of the agent in `listenerPath`.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::engine_codes;

    #[test]
    fn found_where_it_is() {
        let yes = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["getpgid"], "action": "SCMP_ACT_NOTIFY" } ] }"#;
        let no = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#;
        assert!(engine_codes(yes, "docker").contains(&"CG702"));
        assert!(!engine_codes(no, "docker").contains(&"CG702"));
    }
}
