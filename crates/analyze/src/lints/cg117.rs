//! CG117: a value of the wrong JSON type.
//!
//! Apart from CG108, because here the whole document is refused.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG117",
    title: "a value of the wrong JSON type",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
A field has a text where a number should stand, a list where a text should, or the like.
Go's decoder stops there, and with it Docker, Podman and containerd.
Write the type that the field has.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(
            read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": 7 }"#)
                .contains(&"CG117")
        );
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG117"));
    }
}
