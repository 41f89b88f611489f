//! CG104: a key in another case.
//!
//! Apart from CG103: some readers take such a key.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG104",
    title: "a key in another case",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
A key differs from its field in upper and lower case alone.
Docker and Podman take it for the field, because Go does; crun and youki ignore it.
Write the key as the field is called.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(read_codes(r#"{ "DefaultAction": "SCMP_ACT_ERRNO" }"#).contains(&"CG104"));
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG104"));
    }
}
