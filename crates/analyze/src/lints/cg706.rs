//! CG706: signals interrupt calls that wait for a listener.
//!
//! Apart from CG704, which is about time.

use callgate_profile::{ActionName, FlagName, Problem, Severity};
use callgate_syscalls::Release;

use super::written::actions;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG706",
    title: "signals interrupt calls that wait for a listener",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A call that waits for a listener is interrupted by a signal and made again, so a listener may see it over and over; programs in Go send themselves signals all the time.
With SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, from Linux 5.19 on, only signals that kill interrupt it once the listener has it.
Add the flag; runc needs libseccomp 2.6 for it.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "syscalls": [
    { "names": ["mknod"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "listenerPath": "/run/agent.sock",
  "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
  "syscalls": [
    { "names": ["mknod"], "action": "SCMP_ACT_NOTIFY" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let profile = subject.profile;
    let flags = profile.flags.iter().flat_map(|flags| &flags.value);
    let mut flags = flags.map(|flag| &flag.value);
    let waits = flags.any(|flag| *flag == FlagName::WaitKillableRecv);
    if waits || subject.target.kernel < Release::new(5, 19) {
        return Vec::new();
    }
    let asks = actions(profile).find(|action| action.value == ActionName::Notify);
    let problem = asks.map(|action| {
        let message =
            "a signal interrupts a call that waits for the listener, and it is made again";
        LINT.problem(action.span, message)
            .help("the flag SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV lets only fatal signals through")
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds, rule};

    #[test]
    fn with_and_without_the_flag() {
        let asks = document("SCMP_ACT_ALLOW", &[&rule(&["getpgid"], "SCMP_ACT_NOTIFY")]);
        let waits = asks.replacen(
            '{',
            r#"{ "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],"#,
            1,
        );
        assert!(finds(&asks, "callgate", "CG706"));
        assert!(!finds(&waits, "callgate", "CG706"));
        assert!(!finds(
            &document("SCMP_ACT_ALLOW", &[]),
            "callgate",
            "CG706"
        ));
    }
}
