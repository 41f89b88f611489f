//! What the lints' tests share: a text in, codes or messages out.

use callgate_engines::{Target, read};
use callgate_profile::{Options, Problem, parse};

use crate::lint;

/// The codes of all that the reading and the lints find.
pub(super) fn codes(text: &str, target: &str) -> Vec<&'static str> {
    problems(text, target)
        .iter()
        .map(|problem| problem.code)
        .collect()
}

/// The messages of one code.
pub(super) fn messages(text: &str, target: &str, code: &str) -> Vec<String> {
    let problems = problems(text, target);
    let wanted = problems.into_iter().filter(|problem| problem.code == code);
    wanted.map(|problem| problem.message).collect()
}

fn problems(text: &str, target: &str) -> Vec<Problem> {
    let parsed = parse(text.as_bytes(), &Options::default());
    let profile = parsed.profile.expect("a profile");
    let target: Target = target.parse().expect("a target");
    let resolved =
        read(&profile, &target).unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems));
    let mut problems = lint(&profile, &resolved, &target);
    problems.extend(resolved.problems);
    problems
}
