//! CG603: a process can't end, or can't return from a signal.
//!
//! Apart from CG602, which is about the beginning.

use callgate_policy::Action;
use callgate_profile::{Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG603",
    title: "a process can't end, or can't return from a signal",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
exit_group, exit or rt_sigreturn is refused with an errno.
A process that can't end goes on behind its end, where no code is, and one that can't return from a handler falls into pieces there:
what is seen is a segmentation fault, over and over, and not the refusal.
Allow the three everywhere; a filter gains nothing by them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["exit", "exit_group", "read", "rt_sigreturn", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arch = subject.target.native;
    let calls = ["exit_group", "rt_sigreturn", "exit"];
    let refused = calls.into_iter().filter_map(|name| {
        let call = subject.never_made(arch, name)?;
        // Whoever is killed ends, too.
        matches!(subject.decide(call).action, Action::Errno(_)).then_some((name, call))
    });
    let refused: Vec<_> = refused.collect();
    let Some(&(_, first)) = refused.first() else {
        return Vec::new();
    };
    let names: Vec<&str> = refused.iter().map(|&(name, _)| name).collect();
    let message = match names[..] {
        ["rt_sigreturn"] => {
            "a process can't return from a signal's handler: rt_sigreturn is refused with an errno"
                .to_owned()
        }
        _ => format!(
            "a process can't end as it should: {} refused with an errno",
            match names.len() {
                1 => format!("{} is", names[0]),
                _ => format!("{} are", names.join(", ")),
            }
        ),
    };
    vec![
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(first)),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds, refusing};

    #[test]
    fn refused_and_not() {
        assert!(finds(&refusing(&["exit_group"]), "docker", "CG603"));
        assert!(finds(
            &allowing(&["exit", "exit_group"]),
            "callgate",
            "CG603"
        ));
        let all = allowing(&["exit", "exit_group", "rt_sigreturn"]);
        assert!(!finds(&all, "callgate", "CG603"));
        let kills = all.replace("SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS");
        assert!(!finds(
            &kills.replace("exit_group", "getpid"),
            "callgate",
            "CG603"
        ));
    }
}
