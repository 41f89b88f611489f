//! CG333: a base that no container engine reads.
//!
//! Apart from CG223, whose fields another engine reads: this one is callgate's own, and all rules of the base hang on it.

use callgate_engines::{Engine, Resolved, Target, read};
use callgate_profile::{Problem, Profile, Severity};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::Arch;

use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG333",
    title: "a base that no container engine reads",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Discovery,
};

const PAGE: &str = "\
The profile names a base by `x-extends` and says only what differs from it.
callgate reads both as one; container engines and runtimes ignore the key without a word, and take the file for the whole profile.
`callgate export docker` writes the two as one profile, which is the file for an engine.
A profile that has rules and leaves `defaultAction` to its base can't be mistaken: engines refuse it as it stands.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "x-extends": "docker:default",
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write", "exit_group", "ptrace"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target docker");

/// What a target that reads no bases would make of a profile, given what it means to it together with its base.
#[must_use]
pub fn without_its_base(own: &Profile, whole: &Resolved, target: &Target) -> Option<Problem> {
    let base = own.extends.as_ref()?;
    if target.engine == Engine::Callgate {
        return None;
    }
    let problem = |does: &str| {
        let message = format!("container engines do not read `x-extends`, and {does}");
        LINT.problem(base.span, message)
            .help("`callgate export docker` writes both as one profile, for engines")
    };
    let Ok(alone) = read(own, target) else {
        return Some(problem("refuse the file as it stands"));
    };
    let diagram = |resolved: &Resolved| Diagram::of_policy(&resolved.policy, Budget::default());
    let (Ok(with), Ok(without)) = (diagram(whole), diagram(&alone)) else {
        return Some(problem("take the file for the whole profile"));
    };
    // What opens says more than what else differs.
    let call = without
        .less_strict(&with)
        .or_else(|| without.witness(&with))?;
    let (alone, whole) = (
        alone.policy.decide(&call).action,
        whole.policy.decide(&call).action,
    );
    let shown = match Arch::of_call(call.arch, call.nr) {
        Some(arch) => {
            let (nr, args) = (call.nr, call.args);
            format!("{arch}: {}", Call { arch, nr, args })
        }
        None => format!("number {} of an arch that is not named", call.nr),
    };
    Some(problem("take the file for the whole profile").note(format!(
        "{shown} gets {whole} with the base, {alone} without it"
    )))
}

#[cfg(test)]
mod tests {
    use callgate_profile::{Base, Bases, Options, parse, parse_with};

    use super::*;

    fn found(text: &str, target: &str) -> Option<Problem> {
        let options = Options::default();
        let bases = Bases::find("mine", text.as_bytes(), &options, |name, _| {
            let base = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["acct"], "action": "SCMP_ACT_ERRNO" } ] }"#;
            Ok(Base {
                name: name.to_owned(),
                text: base.into(),
            })
        });
        let target: Target = target.parse().expect("a target");
        let whole = parse_with(text.as_bytes(), &options, &bases).profile;
        let resolved = read(&whole.expect("a profile"), &target).expect("a meaning");
        let own = parse(text.as_bytes(), &options).profile.expect("a profile");
        without_its_base(&own, &resolved, &target)
    }

    #[test]
    fn found_where_it_is() {
        let open = r#"{ "x-extends": "base", "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [] }"#;
        let problem = found(open, "docker@28").expect("a problem");
        assert_eq!(problem.code, "CG333");
        assert!(problem.notes[0].contains("acct"), "{problem:?}");
        assert!(found(open, "callgate").is_none());
        let refused = r#"{ "x-extends": "base", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_LOG" } ] }"#;
        let refused = found(refused, "docker@28");
        let refused = refused.expect("a problem").message;
        assert!(
            refused.ends_with("refuse the file as it stands"),
            "{refused}"
        );
        let whole = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [] }"#;
        assert!(found(whole, "docker@28").is_none());
    }
}
