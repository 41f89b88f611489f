//! CG306: the old form of a rule, which the target does not read.
//!
//! Apart from CG223, because without its names a rule is empty, and what it refused is open.

use callgate_engines::{Engine, Kind};
use callgate_profile::{Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG306",
    title: "the old form of a rule, which the target does not read",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule names its call by `name`, the old form of Docker's dialect.
The OCI's `linux.seccomp` has `names` alone: runc and containerd read a rule without names, which does nothing, and crun refuses the document.
Write `names` with a list.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "name": "read", "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target containerd");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let reads_names_alone = matches!(
        subject.target.engine,
        Engine::Oci(_)
            | Engine::Container {
                kind: Kind::Containerd,
                ..
            }
    );
    if !reads_names_alone {
        return Vec::new();
    }
    let rules = subject.rules().iter();
    let old = rules.filter_map(|rule| {
        let rule = &rule.value;
        let name = rule.name.as_ref().filter(|name| !name.value.is_empty())?;
        (rule.calls().count() == 1).then_some(name)
    });
    let old: Vec<_> = old.collect();
    let Some(first) = old.first() else {
        return Vec::new();
    };
    let target = &subject.target;
    let message = match old.len() {
        1 => format!("{target} does not read `name`, so this rule names no call"),
        many => format!(
            "{target} does not read `name`, so this and {} more rules name no call",
            many - 1
        ),
    };
    vec![
        LINT.problem(first.span, message)
            .help("write `names` with a list"),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn the_old_form() {
        let old = document(
            "SCMP_ACT_ERRNO",
            &[r#"{ "name": "read", "action": "SCMP_ACT_ALLOW" }"#],
        );
        let new = document(
            "SCMP_ACT_ERRNO",
            &[r#"{ "names": ["read"], "action": "SCMP_ACT_ALLOW" }"#],
        );
        assert!(finds(&old, "containerd", "CG306"));
        assert!(!finds(&old, "docker", "CG306"));
        assert!(!finds(&new, "containerd", "CG306"));
    }
}
