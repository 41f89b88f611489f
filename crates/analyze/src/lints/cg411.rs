//! CG411: a list of what is refused, which new calls are not on.
//!
//! Apart from CG413, which counts what a list of what is allowed has more.

use callgate_policy::Action;
use callgate_profile::{Problem, Severity};
use callgate_syscalls::Syscall;

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG411",
    title: "a list of what is refused, which new calls are not on",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The default action lets calls through, and the rules name those that are refused.
What they do not name is allowed, the calls that Linux gets next year among it.
The lint names calls that Docker's default refuses and this profile does not.
Begin with SCMP_ACT_ERRNO and name what is allowed; `callgate record` makes such a list.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let policy = &subject.resolved.policy;
    // SCMP_ACT_LOG is CG412's.
    if policy.default() != Action::Allow || subject.rules().is_empty() {
        return Vec::new();
    }
    let native = subject.target.native;
    let Some((_, all)) = subject.answers().iter().find(|(arch, _)| *arch == native) else {
        return Vec::new();
    };
    let is_open = |call: Syscall| !subject.standard.usually_made(native, call);
    let mut open: Vec<Syscall> = all
        .iter()
        .filter(|(call, answers)| answers.may_make_the_call() && is_open(*call))
        .map(|(call, _)| *call)
        .collect();
    // The newest are the ones that nobody thought of.
    open.sort_by_key(|call| std::cmp::Reverse(call.since()));
    let names: Vec<&str> = open.iter().map(|call| call.name()).collect();
    let message = match names.is_empty() {
        true => "what no rule names is allowed, calls of a later Linux, too".to_owned(),
        false => format!("what no rule names is allowed, such as {}", some_of(&names)),
    };
    let problem = LINT.problem(subject.default_place(), message);
    let shown = open
        .first()
        .and_then(|call| subject.call(native, call.name(), &[]));
    vec![match shown {
        Some(call) => problem.note(subject.shown(call)),
        None => problem,
    }]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds, refusing};

    #[test]
    fn by_the_default() {
        assert!(finds(&refusing(&["bpf"]), "docker", "CG411"));
        assert!(!finds(&allowing(&["read"]), "docker", "CG411"));
    }
}
