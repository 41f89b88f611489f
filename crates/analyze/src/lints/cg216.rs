//! CG216: an errno that the target drops or refuses.
//!
//! Apart from CG215, where the errno is read, and zero.

use callgate_profile::Severity;

use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG216",
    title: "an errno that the target drops or refuses",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    find: Find::Engine,
};

const PAGE: &str = "\
An errno stands where the target does not read it: Docker 20.10 drops `defaultErrnoRet`, so that calls get EPERM;
crun refuses an `errnoRet` beside an action that returns none, such as SCMP_ACT_ALLOW, and runc ignores it.
Take the number out where it says nothing, or name the calls that need another errno.
";

#[cfg(test)]
mod tests {
    use crate::lints::testing::engine_codes;

    #[test]
    fn found_where_it_is() {
        let yes = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38 }"#;
        let no = r#"{ "defaultAction": "SCMP_ACT_ERRNO" }"#;
        assert!(engine_codes(yes, "docker@20.10").contains(&"CG216"));
        assert!(!engine_codes(no, "docker@20.10").contains(&"CG216"));
    }
}
