//! CG215: errno zero, with which a refused call looks like success.
//!
//! Apart from the range of errnos, which the reading checks: zero is in it.

use callgate_profile::{ActionName, Problem, Severity, Spanned};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG215",
    title: "errno zero looks like success",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
SCMP_ACT_ERRNO with errno zero: the call is not made, and returns zero, so the program takes it for done.
Of a larger errno runc keeps the low 16 bits, so 65536 is zero, too.
Take an errno that says what happened: EPERM is 1, ENOSYS is 38 on most arches.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["setuid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0 }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["setuid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let profile = subject.profile;
    let default = [(&profile.default_action, &profile.default_errno_ret)];
    let rules = profile
        .rules()
        .iter()
        .map(|rule| (&rule.value.action, &rule.value.errno_ret));
    let custom = profile
        .x_actions
        .values()
        .map(|action| (&action.answer, &action.errno_ret));
    default
        .into_iter()
        .chain(rules)
        .chain(custom)
        .filter_map(zero)
        .collect()
}

fn zero((action, errno): (&Option<Spanned<ActionName>>, &Option<Spanned<u64>>)) -> Option<Problem> {
    let errno = errno.as_ref()?;
    let is_errno = action
        .as_ref()
        .is_some_and(|action| action.value == ActionName::Errno);
    if !is_errno || errno.value & 0xffff != 0 {
        return None;
    }
    let message = "with errno 0 the call is not made and looks as if it had succeeded";
    Some(
        LINT.problem(errno.span, message)
            .help("1 is EPERM, 38 is ENOSYS on most arches"),
    )
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn zeros() {
        for (default, errno, found) in [
            ("SCMP_ACT_ALLOW", r#""errnoRet": 0"#, true),
            ("SCMP_ACT_ALLOW", r#""errnoRet": 1"#, false),
            ("SCMP_ACT_ALLOW", r#""comment": """#, false),
        ] {
            let text = format!(
                r#"{{ "defaultAction": "{default}", "syscalls": [ {{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", {errno} }} ] }}"#
            );
            assert_eq!(
                codes(&text, "callgate").contains(&"CG215"),
                found,
                "{errno}"
            );
        }
        let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 0 }"#;
        assert!(codes(text, "callgate").contains(&"CG215"));
    }
}
