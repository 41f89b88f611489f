//! CG121: an errno by a name that no arch has.
//!
//! Apart from CG116, whose errnos are numbers.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG121",
    title: "an errno by a name that no arch has",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Reading,
};

const PAGE: &str = "\
Podman's `errno` or `defaultErrno` is the name of an errno, or a number as text; this is neither, or differs from the number beside it.
Podman refuses a name that it does not know, and other engines do not read the field.
Write the name as in errno(3), and the same number in `errnoRet`.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::read_codes;

    #[test]
    fn found_where_it_is() {
        assert!(read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ERRNO", "errno": "ENOTHING" } ] }"#).contains(&"CG121"));
        assert!(!read_codes(r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ERRNO", "errno": "ENOSYS" } ] }"#).contains(&"CG121"));
    }
}
