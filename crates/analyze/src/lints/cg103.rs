//! CG103: a key that no dialect has.
//!
//! Apart from CG104, where it is only the case that differs.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG103",
    title: "a key that no dialect has",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
A key that neither Docker, Podman nor the OCI has at this place; often a field that is misspelt.
Engines ignore it without a word: a rule without its `args` counts for every call, a document without its `syscalls` has no rules.
Write the field as it is called, or take the key out.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["getpgid"], "action": "SCMP_ACT_ALLOW", "argz": [] } ] }"#).contains(&"CG103"));
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG103"));
    }
}
