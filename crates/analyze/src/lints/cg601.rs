//! CG601: calls are refused that the container runtime makes before the program begins.
//!
//! Apart from what a program needs, which a profile may well refuse: without these no program begins.

use callgate_engines::{Floor, NoNewPrivileges};
use callgate_profile::{Problem, Severity};

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;
use crate::summary::{FloorSummary, floor};

pub(crate) const LINT: Lint = Lint {
    id: "CG601",
    title: "a call is refused that the container runtime needs to start the program",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A runtime loads the filter and then has work to do before it starts the program: it drops capabilities, sets the user, closes descriptors.
Under a profile that refuses one of these calls starts fail, most of them every time, and the message seldom says why, since the refused runtime can't write one.
Which calls these are is not documented and differs by version: `@floor/runc@1.1.5` names those that were seen, on x86_64.
With no-new-privileges a runtime loads the filter last, and far fewer calls are needed.
Where a refused call kills, it takes also the rare ones that a runtime can do without; then it is a warning, because not every start fails.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["exit_group", "read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
)
.asked("--target docker@20.10");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let found = floor(subject.resolved, subject.target);
    let below = found.filter(|found| !found.missing.is_empty());
    below
        .map(|below| problem(subject, &below))
        .into_iter()
        .collect()
}

fn problem(subject: &Subject<'_>, below: &FloorSummary) -> Problem {
    let FloorSummary { floor, missing } = below;
    let runtime = format!("{} {}", floor.runtime(), floor.version());
    let names: Vec<&str> = missing.iter().map(|missing| missing.call.name()).collect();
    let listed = some_of(&names);
    let (severity, outcome) = match below.is_certain() {
        true => (LINT.severity, "starts fail"),
        false => (
            Severity::Warning,
            "a start may end before the program begins",
        ),
    };
    let default = subject.profile.default_action.as_ref();
    let span = default.map_or(subject.profile.span, |action| action.span);
    let message = format!("{outcome}: {runtime} makes calls that this refuses, {listed}");
    let first = &missing[0];
    let mut problem = Problem::new(LINT.id, severity, span, message).note(format!(
        "{}: {}(0x0) gets {}",
        subject.target.native, first.call, first.action
    ));
    if below.is_certain() {
        problem = problem.note(format!(
            "under a profile that refuses every call, {runtime} says: {}",
            floor.says()
        ));
    }
    let listed = format!("`callgate syscall {}` lists what it needs", floor.name());
    let native = subject.target.native;
    let less = Floor::of_target(subject.target, NoNewPrivileges::Set);
    let policy = &subject.resolved.policy;
    problem.help(match less {
        Some(less) if less.missing(policy, native).is_empty() => {
            format!("{listed}; with no-new-privileges this profile is enough")
        }
        _ => listed,
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::messages;

    fn profile(default: &str, names: &str) -> String {
        format!(
            r#"{{ "defaultAction": "{default}", "architectures": ["SCMP_ARCH_X86_64"],
                "syscalls": [ {{ "names": [{names}], "action": "SCMP_ACT_ALLOW" }} ] }}"#
        )
    }

    fn quoted(names: &[&str]) -> String {
        format!("\"{}\"", names.join("\", \""))
    }

    #[test]
    fn a_profile_for_the_program_alone_starts_nothing() {
        let text = profile("SCMP_ACT_ERRNO", r#""read", "write", "exit_group""#);
        let found = messages(&text, "docker@20.10+runc@1.1.5", "CG601");
        let [message] = &found[..] else {
            panic!("{found:?}");
        };
        assert!(
            message.starts_with(
                "starts fail: runc 1.1.5 makes calls that this refuses, capget, capset, chdir, close and "
            ),
            "{message}"
        );
        assert!(messages(&text, "callgate", "CG601").is_empty());
    }

    #[test]
    fn what_is_needed_is_enough_unless_a_refusal_kills() {
        let floor = callgate_engines::Floor::by_name("@floor/runc@1.1.5").expect("measured");
        let target = "docker@20.10+runc@1.1.5";
        let needed = quoted(floor.needed());
        assert!(messages(&profile("SCMP_ACT_ERRNO", &needed), target, "CG601").is_empty());
        let killed = messages(&profile("SCMP_ACT_KILL_PROCESS", &needed), target, "CG601");
        assert_eq!(killed.len(), 1);
        assert!(killed[0].starts_with("a start may end"), "{killed:?}");
        let made = quoted(floor.made());
        assert!(messages(&profile("SCMP_ACT_KILL_PROCESS", &made), target, "CG601").is_empty());
    }

    #[test]
    fn one_call_is_enough_to_fail() {
        let floor = callgate_engines::Floor::by_name("@floor/runc@1.1.5").expect("measured");
        let others: Vec<&str> = floor
            .made()
            .iter()
            .copied()
            .filter(|&name| name != "chdir")
            .collect();
        let found = messages(
            &profile("SCMP_ACT_ERRNO", &quoted(&others)),
            "docker@20.10",
            "CG601",
        );
        assert_eq!(
            found,
            ["starts fail: runc 1.1.5 makes calls that this refuses, chdir"]
        );
    }
}
