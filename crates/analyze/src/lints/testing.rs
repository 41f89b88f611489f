//! What the lints' tests share: a text in, codes or messages out.

use callgate_engines::{Target, read};
use callgate_profile::{Options, Problem, parse};
use callgate_syscalls::Arch;

use crate::{Context, Standard};

/// The codes of all that the engine and the lints find.
pub(super) fn codes(text: &str, target: &str) -> Vec<&'static str> {
    problems(text, target)
        .iter()
        .map(|problem| problem.code)
        .collect()
}

/// Whether the lints find this code.
pub(super) fn finds(text: &str, target: &str, code: &str) -> bool {
    problems(text, target)
        .iter()
        .any(|problem| problem.code == code)
}

/// The messages of one code.
pub(super) fn messages(text: &str, target: &str, code: &str) -> Vec<String> {
    let problems = problems(text, target);
    let wanted = problems.into_iter().filter(|problem| problem.code == code);
    wanted.map(|problem| problem.message).collect()
}

/// The messages of one code on a machine of another arch.
pub(super) fn messages_on(native: Arch, text: &str, target: &str, code: &str) -> Vec<String> {
    let target: Target = target.parse().expect("a target");
    let target = Target { native, ..target };
    let problems = problems_by(text, &Standard::new(target, Context::Container));
    let wanted = problems.into_iter().filter(|problem| problem.code == code);
    wanted.map(|problem| problem.message).collect()
}

/// The messages of one code in a context.
pub(super) fn messages_in(context: Context, text: &str, target: &str, code: &str) -> Vec<String> {
    let target: Target = target.parse().expect("a target");
    let problems = problems_by(text, &Standard::new(target, context));
    let wanted = problems.into_iter().filter(|problem| problem.code == code);
    wanted.map(|problem| problem.message).collect()
}

/// A document with the default action ERRNO that allows these calls.
pub(super) fn allowing(names: &[&str]) -> String {
    document("SCMP_ACT_ERRNO", &[&rule(names, "SCMP_ACT_ALLOW")])
}

/// A document with the default action ALLOW that refuses these calls.
pub(super) fn refusing(names: &[&str]) -> String {
    document("SCMP_ACT_ALLOW", &[&rule(names, "SCMP_ACT_ERRNO")])
}

/// A document for x86_64 with these rules.
pub(super) fn document(default: &str, rules: &[&str]) -> String {
    let rules = rules.join(", ");
    format!(
        r#"{{ "defaultAction": "{default}", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [ {rules} ] }}"#
    )
}

/// A rule without comparisons.
pub(super) fn rule(names: &[&str], action: &str) -> String {
    let names = names.join("\", \"");
    format!(r#"{{ "names": ["{names}"], "action": "{action}" }}"#)
}

fn problems(text: &str, target: &str) -> Vec<Problem> {
    let target: Target = target.parse().expect("a target");
    problems_by(text, &Standard::new(target, Context::Container))
}

/// All that the engine and the lints find; a finding's call, where it shows one, is what `decide` was asked about.
pub(super) fn problems_by(text: &str, standard: &Standard) -> Vec<Problem> {
    let parsed = parse(text.as_bytes(), &Options::default());
    let profile = parsed.profile.expect("a profile");
    let resolved = read(&profile, &standard.target)
        .unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems));
    let mut problems = standard.lint(&profile, &resolved);
    problems.extend(resolved.problems);
    problems
}
