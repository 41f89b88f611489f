//! CG109: a rule that names no call.
//!
//! Apart from CG110: no name is misspelt here, none is there.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG109",
    title: "a rule that names no call",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
The `names` of a rule are empty, so it does nothing, and engines take it without a word.
Name the calls, or take the rule out.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": [], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG109"));
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG109"));
    }
}
