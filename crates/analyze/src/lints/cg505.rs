//! CG505: the network is refused, and io_uring reaches it.
//!
//! Apart from CG410, which is about io_uring whatever else is refused.

use callgate_bpf::Action;
use callgate_profile::{Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG505",
    title: "the network is refused, and io_uring reaches it",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The profile refuses socket or connect, and allows io_uring, whose operations make sockets and connect them without a call that a filter sees.
Refuse io_uring_setup.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["socket", "io_uring_setup"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let refused = ["socket", "connect"].into_iter().find_map(|name| {
        let call = subject.never_made(arch, name)?;
        let asks = matches!(
            subject.decide(call).action,
            Action::Notify | Action::Trace(_)
        );
        (!asks).then_some(call)
    });
    let by_rings = subject
        .made(arch, "io_uring_setup")
        .filter(|_| subject.made(arch, "io_uring_enter").is_some());
    let (Some(refused), Some(made)) = (refused, by_rings) else {
        return Vec::new();
    };
    let message = "the network is refused as calls, and io_uring has operations for it";
    vec![
        LINT.problem(subject.place_of(made), message)
            .note(subject.shown(refused))
            .note(subject.shown(made)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, refusing};

    #[test]
    fn with_and_without_rings() {
        assert!(finds(&refusing(&["socket"]), "docker", "CG505"));
        assert!(!finds(
            &refusing(&["socket", "io_uring_setup"]),
            "docker",
            "CG505"
        ));
        assert!(!finds(&refusing(&["getpgid"]), "docker", "CG505"));
    }
}
