//! CG217: an errno that asks for another try.
//!
//! Apart from CG215, whose errno is none.

use callgate_profile::{ActionName, Problem, Severity};
use callgate_syscalls::errno_name;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG217",
    title: "an errno that asks for another try",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
EAGAIN and EINTR tell a program that the call failed by chance and may be made again, and many libraries do so at once and for ever.
A call that a filter refuses is refused the next time, too, so the program spins.
EPERM and EACCES say that it is not allowed, ENOSYS that there is no such call.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": 11 }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let profile = subject.profile;
    let default = (&profile.default_action, &profile.default_errno_ret);
    let rules = subject.rules().iter();
    let rules = rules.map(|rule| (&rule.value.action, &rule.value.errno_ret));
    let found = [default]
        .into_iter()
        .chain(rules)
        .filter_map(|(action, errno)| {
            let (action, errno) = (action.as_ref()?, errno.as_ref()?);
            let name = errno_name(subject.target.native, u16::try_from(errno.value).ok()?)?;
            let asks_again = matches!(name, "EAGAIN" | "EINTR");
            let message = format!("{name} tells a program to make the call again");
            (action.value == ActionName::Errno && asks_again).then(|| {
                LINT.problem(errno.span, message)
                    .help("EPERM is 1, ENOSYS 38 on most arches")
            })
        });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn again_and_not() {
        let found = |errno: u16| {
            let rule = format!(
                r#"{{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": {errno} }}"#
            );
            finds(&document("SCMP_ACT_ALLOW", &[&rule]), "docker", "CG217")
        };
        assert!(found(4) && found(11));
        assert!(!found(1) && !found(38));
    }
}
