//! CG413: more is allowed than by Docker's default.
//!
//! Apart from CG401 and its like, which say why of some calls; this counts them all.

use callgate_bpf::Action;
use callgate_profile::{Problem, Severity};

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG413",
    title: "more is allowed than by Docker's default",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The profile makes calls that Docker's default refuses to a container with the same capabilities.
That may be what it is for; whoever reviews it wants to see the list.
`callgate diff docker:default FILE` shows every call, with arguments.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["bpf", "read"], "action": "SCMP_ACT_ALLOW" }
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
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    // Of a list of what is refused this is no news.
    if subject.resolved.policy.default() == Action::Allow {
        return Vec::new();
    }
    let native = subject.target.native;
    let Some((_, all)) = subject.answers().iter().find(|(arch, _)| *arch == native) else {
        return Vec::new();
    };
    let more = all.iter().filter(|(call, answers)| {
        answers.may_make_the_call() && !subject.standard.usually_made(native, *call)
    });
    // What a condition is ignored for is told elsewhere.
    let more = more.filter(|(call, _)| {
        let made = subject.made(native, call.name());
        made.is_some_and(|call| !subject.is_conditional(call))
    });
    let names: Vec<&str> = more.map(|(call, _)| call.name()).collect();
    let Some(first) = names.first().and_then(|name| subject.made(native, name)) else {
        return Vec::new();
    };
    let message = format!(
        "{} calls are allowed that Docker's default refuses: {}",
        names.len(),
        some_of(&names)
    );
    let message = match names.len() {
        1 => format!(
            "a call is allowed that Docker's default refuses: {}",
            names[0]
        ),
        _ => message,
    };
    vec![
        LINT.problem(subject.default_place(), message)
            .note(subject.shown(first)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, messages};

    #[test]
    fn what_is_more() {
        let found = messages(&allowing(&["read", "bpf"]), "docker", "CG413");
        assert_eq!(
            found,
            ["a call is allowed that Docker's default refuses: bpf"]
        );
        assert!(messages(&allowing(&["read"]), "docker", "CG413").is_empty());
    }
}
