//! CG606: an action that ends one thread of many.
//!
//! Apart from the names of actions, which are right: it is the kernel that does what few expect.

use callgate_profile::{ActionName, Change, Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG606",
    title: "an action that ends one thread and not the process",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
SCMP_ACT_KILL_THREAD, and SCMP_ACT_KILL, its old name, end the thread that makes the call.
The others go on, often waiting for ever for a lock that it held.
SCMP_ACT_KILL_PROCESS (Linux 4.14 and newer) ends all of them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_KILL" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS" }
  ]
}
"#,
)
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let profile = subject.profile;
    let rules = profile.rules().iter().map(|rule| &rule.value.action);
    let custom = profile.x_actions.values().map(|action| &action.answer);
    let actions = [&profile.default_action]
        .into_iter()
        .chain(rules)
        .chain(custom)
        .flatten();
    let ends_a_thread =
        actions.filter(|action| matches!(action.value, ActionName::Kill | ActionName::KillThread));
    ends_a_thread
        .map(|action| {
            let message = format!(
                "{} ends the one thread that makes the call, and its process goes on",
                action.value
            );
            LINT.problem(action.span, message)
                .help("SCMP_ACT_KILL_PROCESS ends the process")
                .fix(
                    "write SCMP_ACT_KILL_PROCESS",
                    vec![Change::Replace(
                        action.span,
                        "\"SCMP_ACT_KILL_PROCESS\"".to_owned(),
                    )],
                )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn the_two_names() {
        for (action, found) in [
            ("SCMP_ACT_KILL", true),
            ("SCMP_ACT_KILL_THREAD", true),
            ("SCMP_ACT_KILL_PROCESS", false),
        ] {
            let text = format!(r#"{{ "defaultAction": "{action}" }}"#);
            assert_eq!(
                codes(&text, "callgate").contains(&"CG606"),
                found,
                "{action}"
            );
        }
    }
}
