//! CG601: calls are refused that the container runtime makes before the program begins.
//!
//! Apart from what a program needs, which a profile may well refuse: without these no program begins.

use callgate_engines::{MEASURED_ON, Missing, NoNewPrivileges, Outcome};
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
On other arches the calls of the same names are taken to be needed; that was not seen, so it is a warning.
With no-new-privileges a runtime loads the filter last, and far fewer calls are needed.
An errno is survived where the runtime has something else to call; which errno it is matters, too.
Where a refused call kills, it takes also the rare ones that a runtime can do without; where these alone are missing it is a warning, because not every start fails.
What a start was seen to come to under a profile that refuses every call is told: the words of the engine, or that it hangs, as runc does where one of its threads is killed alone.
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
    let found = of_mode(subject, NoNewPrivileges::Unset);
    let below = found.filter(|found| !found.missing.is_empty());
    below
        .map(|below| problem(subject, &below))
        .into_iter()
        .collect()
}

fn of_mode(subject: &Subject<'_>, mode: NoNewPrivileges) -> Option<FloorSummary> {
    floor(subject.resolved, subject.target, mode)
}

fn problem(subject: &Subject<'_>, below: &FloorSummary) -> Problem {
    let floor = below.floor;
    let runtime = format!("{} {}", floor.runtime(), floor.version());
    let (needed, spared): (Vec<&Missing>, Vec<&Missing>) = below
        .missing
        .iter()
        .partition(|missing| below.needs(missing));
    let (severity, message) = match (below.is_certain(), &needed[..]) {
        (true, needed) => (
            LINT.severity,
            format!(
                "starts fail: {runtime} needs calls that this refuses, {}",
                listed(needed)
            ),
        ),
        (false, []) => (
            Severity::Warning,
            format!(
                "a start may end before the program begins: {runtime} makes calls that this refuses, {}",
                listed(&spared)
            ),
        ),
        (false, needed) => (
            Severity::Warning,
            format!(
                "starts may fail: on {MEASURED_ON} {runtime} needs calls that this refuses, {}",
                listed(needed)
            ),
        ),
    };
    let default = subject.profile.default_action.as_ref();
    let span = default.map_or(subject.profile.span, |action| action.span);
    let first = needed.first().or(spared.first());
    let first = first.expect("a call is missing");
    let mut problem = Problem::new(LINT.id, severity, span, message).note(format!(
        "{}: {}(0x0) gets {}",
        subject.target.native, first.call, first.action
    ));
    if !needed.is_empty() && !spared.is_empty() {
        problem = problem.note(format!(
            "what can be done without, unless its refusal kills as it does here: {}",
            listed(&spared)
        ));
    }
    if let Some(outcome) = below.outcome() {
        problem = problem.note(match outcome {
            Outcome::Says(words) => format!("where all of them are refused, a start says: {words}"),
            Outcome::Hangs => "where all of them are refused, a start hangs".to_owned(),
        });
    }
    let late = of_mode(subject, NoNewPrivileges::Set);
    if let Some(late) = late.as_ref().filter(|late| !late.missing.is_empty()) {
        problem = problem.note(format!(
            "with no-new-privileges it is {}",
            listed(&late.missing.iter().collect::<Vec<_>>())
        ));
    }
    let help = format!("`callgate syscall {}` lists what it needs", floor.name());
    problem.help(match late {
        Some(late) if late.missing.is_empty() => {
            format!("{help}; with no-new-privileges this profile is enough")
        }
        _ => help,
    })
}

fn listed(missing: &[&Missing]) -> String {
    let names: Vec<&str> = missing.iter().map(|missing| missing.call.name()).collect();
    some_of(&names)
}

#[cfg(test)]
mod tests {
    use callgate_syscalls::Arch;

    use crate::lints::testing::{messages, messages_on};

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
                "starts fail: runc 1.1.5 needs calls that this refuses, capget, capset, chdir, close and "
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
            ["starts fail: runc 1.1.5 needs calls that this refuses, chdir"]
        );
    }

    #[test]
    fn other_arches_have_the_calls_of_the_same_names() {
        let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_AARCH64"], "syscalls": [] }"#;
        let found = messages_on(Arch::Aarch64, text, "docker@20.10+runc@1.1.5", "CG601");
        assert_eq!(
            found,
            [
                "starts may fail: on x86_64 runc 1.1.5 needs calls that this refuses, capget, capset, chdir, close and 16 more"
            ]
        );
    }
}
