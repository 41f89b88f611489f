//! CG213: rules with different actions for one call, of which the strictest counts.
//!
//! Apart from CG211 and CG212, which are about what Docker makes of such rules: this is what callgate settles.

use std::collections::{BTreeMap, HashSet};

use callgate_engines::{Engine, arguments_for};
use callgate_policy::Rule;
use callgate_profile::{Problem, Severity};
use callgate_syscalls::Arch;

use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG213",
    title: "rules with different actions match one call",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Two rules match the same call, and their actions differ.
For callgate the strictest counts, whichever stands first; libseccomp has an order of its own.
If that is what was meant, nothing is to be done; otherwise let their comparisons exclude each other.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_GT" }] },
    { "names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_GT" }, { "index": 1, "value": 9, "op": "SCMP_CMP_NE" }] },
    { "names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{ "index": 1, "value": 9, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
);

/// As many rules of a call as are looked at pair by pair.
const RULES_OF_A_CALL: usize = 100;

/// As many pairs as are shown.
const SHOWN: usize = 200;

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.target.engine != Engine::Callgate {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut told = HashSet::new();
    for section in subject.resolved.policy.sections() {
        let mut calls: BTreeMap<u32, Vec<&Rule>> = BTreeMap::new();
        for rule in &section.rules {
            calls.entry(rule.numbers.first).or_default().push(rule);
        }
        for (nr, rules) in calls {
            for (first, second, args) in settled(section.arch, nr, &rules) {
                let [by, lost] = [first, second].map(|rule| subject.resolved.origin(rule.id).name);
                if problems.len() < SHOWN && told.insert((by, lost)) {
                    let call = Call {
                        arch: section.arch,
                        nr,
                        args,
                    };
                    let [stricter, other] = [first.action, second.action];
                    let message =
                        format!("{call} gets {stricter}, by the stricter rule, and not {other}");
                    problems.push(
                        LINT.problem(lost, message)
                            .label(format!("{other} here"))
                            .related(by, format!("{stricter} here")),
                    );
                }
            }
        }
    }
    problems
}

/// Pairs of rules with different actions, and arguments that both match and the first decides.
fn settled<'r>(arch: Arch, nr: u32, rules: &[&'r Rule]) -> Vec<(&'r Rule, &'r Rule, [u64; 6])> {
    // The rules are in the order of precedence: the first of two counts.
    let rules = &rules[..rules.len().min(RULES_OF_A_CALL)];
    let mut pairs = Vec::new();
    for (at, &first) in rules.iter().enumerate() {
        for &second in &rules[at + 1..] {
            if second.action == first.action {
                continue;
            }
            let both = [&first.comparisons[..], &second.comparisons[..]].concat();
            let Some(args) = arguments_for(arch, &both) else {
                continue;
            };
            // A third rule may be stricter still: then this pair is not what settles it.
            let decides = rules.iter().find(|rule| rule.matches(arch, nr, &args));
            if decides.is_some_and(|rule| rule.action == first.action) {
                pairs.push((first, second, args));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{codes, messages};

    fn document(first: &str, second: &str) -> String {
        let rule = |value: &str| format!(r#"{{ "names": ["getpgid"], {value} }}"#);
        format!(
            r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ {}, {} ] }}"#,
            rule(first),
            rule(second)
        )
    }

    #[test]
    fn overlaps_are_shown() {
        let allow = r#""action": "SCMP_ACT_ALLOW""#;
        let kill = r#""action": "SCMP_ACT_KILL_PROCESS", "args": [ { "index": 0, "value": 7, "op": "SCMP_CMP_EQ" } ]"#;
        let six = r#""action": "SCMP_ACT_ALLOW", "args": [ { "index": 0, "value": 6, "op": "SCMP_CMP_EQ" } ]"#;
        let found = messages(&document(allow, kill), "callgate", "CG213");
        assert_eq!(
            found,
            ["getpgid(0x7) gets kill_process, by the stricter rule, and not allow"]
        );
        assert!(!codes(&document(six, kill), "callgate").contains(&"CG213"));
        assert!(!codes(&document(allow, allow), "callgate").contains(&"CG213"));
    }
}
