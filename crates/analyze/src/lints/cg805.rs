//! CG805: the profile is older than Docker's default of today.
//!
//! Apart from CG310, which names what a libc stumbles on.

use callgate_profile::{Problem, Severity};

use super::listed::some_of;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG805",
    title: "the profile is older than Docker's default of today",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: None,
    find: Find::Here(find),
};

const PAGE: &str = "\
The profile allows nearly all that Docker's default does, so it was made from one; that one was older, and lacks calls that today's has.
A program that needs them fails under this profile and works without it.
`callgate diff FILE docker:default` shows the difference; begin anew from today's default and make your change again.
";

/// Of how much of the default a profile must be made to be counted as made from it, in hundredths.
const MOST: usize = 75;

/// As many calls may be left out on purpose.
const ON_PURPOSE: usize = 12;

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let native = subject.target.native;
    let usual = subject.standard.usual(native);
    let missing = usual
        .iter()
        .filter(|call| subject.never_made(native, call.name()).is_some());
    let mut missing: Vec<_> = missing.collect();
    let allowed = usual.len() - missing.len();
    let is_made_from_it = allowed * 100 >= usual.len() * MOST;
    let lists_what_it_allows = !subject.resolved.policy.default().makes_the_call();
    if !is_made_from_it || !lists_what_it_allows || missing.len() <= ON_PURPOSE {
        return Vec::new();
    }
    missing.sort_by_key(|call| std::cmp::Reverse(call.since()));
    let names: Vec<&str> = missing.iter().map(|call| call.name()).collect();
    let Some(first) = subject.never_made(native, names[0]) else {
        return Vec::new();
    };
    let message = format!(
        "{} calls are refused that Docker's default allows today: {}",
        names.len(),
        some_of(&names)
    );
    vec![
        LINT.problem(subject.default_place(), message)
            .note(subject.shown(first)),
    ]
}

#[cfg(test)]
mod tests {
    use callgate_profile::builtin::DOCKER_DEFAULT;

    use crate::lints::testing::{allowing, finds};

    #[test]
    fn an_older_default() {
        // What is renamed is no longer named; the default with fewer calls is an older one.
        let older = [
            "statx",
            "openat2",
            "close_range",
            "faccessat2",
            "epoll_pwait2",
            "pidfd_open",
            "pidfd_getfd",
            "futex_waitv",
            "cachestat",
            "fchmodat2",
            "rseq",
            "membarrier",
            "mlock2",
            "memfd_secret",
            "landlock_add_rule",
        ];
        let renamed = older.iter().fold(DOCKER_DEFAULT.to_owned(), |text, name| {
            text.replace(&format!("\"{name}\""), "\"getpid\"")
        });
        assert!(finds(&renamed, "docker", "CG805"));
        assert!(!finds(DOCKER_DEFAULT, "docker", "CG805"));
        assert!(!finds(&allowing(&["read"]), "docker", "CG805"));
    }
}
