//! CG118: null in a list.
//!
//! Apart from CG117, because a null is of every type to Go.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG118",
    title: "null in a list",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
A list has a `null` for an element.
Go makes a nil or a zero of it, on which Docker stumbles, or an empty element.
Take it out.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(
            read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ null ] }"#)
                .contains(&"CG118")
        );
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" } ] }"#).contains(&"CG118"));
    }
}
