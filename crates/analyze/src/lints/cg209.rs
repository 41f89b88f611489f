//! CG209: comparisons that no arguments pass together.
//!
//! Apart from the comparisons' own lints, because each of these may be right alone.

use std::collections::HashMap;

use callgate_engines::arguments_for;
use callgate_policy::Test;
use callgate_profile::{Problem, Severity, Span};
use callgate_syscalls::{Arch, Syscall};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;
use crate::words;

pub(crate) const LINT: Lint = Lint {
    id: "CG209",
    title: "a rule that never matches",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
No arguments pass all comparisons of a rule, so it never matches.
On an arch of 32 bits an argument is below 2^32, so a comparison that asks for more never holds there;
the lint tells of rules that match on no arch of the policy.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 1, "value": 3, "op": "SCMP_CMP_LT" }, { "index": 1, "value": 9, "op": "SCMP_CMP_GT" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 1, "value": 3, "op": "SCMP_CMP_LT" }] },
    { "names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_GT" }] }
  ]
}
"#,
)
.asked("--target callgate");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    // Of each name, an arch with comparisons that can't hold, unless they can on another.
    let mut names: HashMap<Span, Option<(Arch, u32, String)>> = HashMap::new();
    for section in subject.resolved.policy.sections() {
        for rule in section
            .rules
            .iter()
            .filter(|rule| !rule.comparisons.is_empty())
        {
            let name = subject.resolved.origin(rule.id).name;
            let outside =
                |test| matches!(test, Test::MaskedEq { mask, value } if value & !mask != 0);
            // CG207 has told of these.
            let is_told = rule
                .comparisons
                .iter()
                .any(|comparison| outside(comparison.test));
            if is_told || arguments_for(section.arch, &rule.comparisons).is_some() {
                names.insert(name, None);
            } else {
                let nr = rule.numbers.first;
                let call = Syscall::by_number(section.arch, nr);
                let words = words::comparisons(section.arch, call, &rule.comparisons);
                names.entry(name).or_insert(Some((section.arch, nr, words)));
            }
        }
    }
    let never = names
        .into_iter()
        .filter_map(|(span, never)| Some((span, never?)));
    never
        .map(|(span, (arch, nr, words))| {
            let call = Syscall::by_number(arch, nr)
                .map_or_else(|| nr.to_string(), |call| call.to_string());
            LINT.problem(
                span,
                format!("this rule for `{call}` never matches: nothing passes {words}"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn contradictions() {
        let text = |arch: &str, args: &str| {
            format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": [{arch}], "syscalls": [
                {{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO", "args": [{args}] }} ] }}"#
            )
        };
        let (wide, narrow) = (r#""SCMP_ARCH_X86_64""#, r#""SCMP_ARCH_X86""#);
        let both = format!("{wide}, {narrow}");
        let empty = r#"{ "index": 0, "value": 3, "op": "SCMP_CMP_LT" }, { "index": 0, "value": 2, "op": "SCMP_CMP_GT" }"#;
        let large = r#"{ "index": 0, "value": 4294967296, "op": "SCMP_CMP_GE" }"#;
        for (arch, args, found) in [
            (wide, empty, true),
            (wide, large, false),
            (narrow, large, true),
            (&both, large, false),
        ] {
            assert_eq!(
                codes(&text(arch, args), "callgate").contains(&"CG209"),
                found,
                "{arch} {args}"
            );
        }
    }
}
