//! CG224: an errno by name, which Docker does not read.
//!
//! Apart from CG223, which is of the targets that read the OCI's fields alone.

use callgate_engines::{Engine, Kind};
use callgate_profile::{Problem, Severity, Spanned};
use callgate_syscalls::errno_by_name;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG224",
    title: "an errno by name, which Docker does not read",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
`errno` and `defaultErrno` are Podman's: the name of an errno, or a number as text.
Docker leaves them out without a word and takes the number beside them, or EPERM where there is none.
Write the number in `errnoRet` or `defaultErrnoRet` as well.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["statx"], "action": "SCMP_ACT_ERRNO", "errno": "ENOSYS" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["statx"], "action": "SCMP_ACT_ERRNO", "errno": "ENOSYS", "errnoRet": 38 }
  ]
}
"#,
)
.asked("--target docker");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let is_docker = matches!(
        subject.target.engine,
        Engine::Container {
            kind: Kind::Docker,
            ..
        }
    );
    if !is_docker {
        return Vec::new();
    }
    let profile = subject.profile;
    let default = (
        "defaultErrno",
        &profile.default_errno,
        &profile.default_errno_ret,
    );
    let rules = subject
        .rules()
        .iter()
        .map(|rule| ("errno", &rule.value.errno, &rule.value.errno_ret));
    let found = [default]
        .into_iter()
        .chain(rules)
        .filter_map(|(field, name, number)| {
            let name = name.as_ref()?;
            // What the number says already is no loss.
            let said = number_of(subject, name);
            let gets = number.as_ref().map_or(EPERM, |number| number.value);
            let message = format!(
                "Docker does not read `{field}`: the errno is {}",
                match number {
                    Some(number) => number.value.to_string(),
                    None => "EPERM".to_owned(),
                }
            );
            (said != Some(gets)).then(|| LINT.problem(name.span, message))
        });
    found.collect()
}

/// What an action gets that says no errno.
const EPERM: u64 = 1;

fn number_of(subject: &Subject<'_>, name: &Spanned<String>) -> Option<u64> {
    let by_name = errno_by_name(subject.target.native, &name.value).map(u64::from);
    by_name.or_else(|| name.value.parse().ok())
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn by_name_and_by_both() {
        let found = |errno: &str, target| {
            let rule =
                format!(r#"{{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", {errno} }}"#);
            finds(&document("SCMP_ACT_ALLOW", &[&rule]), target, "CG224")
        };
        assert!(found(r#""errno": "ENOSYS""#, "docker"));
        assert!(!found(r#""errno": "ENOSYS""#, "podman"));
        assert!(!found(r#""errno": "ENOSYS", "errnoRet": 38"#, "docker"));
        assert!(!found(r#""errno": "EPERM""#, "docker"));
    }
}
