//! CG602: no program can be started.
//!
//! Apart from CG601, whose calls a runtime makes before: this one is the start itself.

use callgate_profile::{Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG602",
    title: "no program can be started",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The profile refuses execve, by which the runtime that has loaded the filter starts the program.
No container starts; some engines hang.
Allow execve, and refuse it within the program by other means if it is to start no others.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["execve"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["execveat"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    // callgate's own filter may be for a program that loads it itself.
    if subject.runtime().is_none() || !subject.standard.is_of_a_container() {
        return Vec::new();
    }
    let refused = subject.never_made(subject.target.native, "execve");
    let problem = refused.map(|call| {
        let message = "execve is refused, by which the runtime starts the program";
        LINT.problem(subject.place_of(call), message)
            .note(subject.shown(call))
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, refusing};

    #[test]
    fn with_and_without() {
        assert!(finds(&refusing(&["execve"]), "docker", "CG602"));
        assert!(!finds(&refusing(&["execveat"]), "docker", "CG602"));
        assert!(!finds(&refusing(&["execve"]), "callgate", "CG602"));
    }
}
