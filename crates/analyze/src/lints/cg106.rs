//! CG106: an action that is missing or unknown.
//!
//! Apart from other words, because a rule without an action has no meaning at all.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG106",
    title: "an action that is missing or unknown",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
A rule or the document has no action, or one that does not exist: `allow`, `SCMP_ACT_DENY`.
Engines find that late, when the container starts, and say little.
Write one of the nine names, which begin with SCMP_ACT_.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(read_codes(r#"{ "defaultAction": "allow" }"#).contains(&"CG106"));
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG106"));
    }
}
