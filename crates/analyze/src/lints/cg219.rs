//! CG219: a number that stands for several constants.
//!
//! Apart from the lints on what a comparison does: this one is for who reads the document.

use callgate_profile::{Problem, Severity};

use super::written::{Written, comparisons};
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;
use crate::words;

pub(crate) const LINT: Lint = Lint {
    id: "CG219",
    title: "a number that stands for several constants",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule compares an argument with the sum of several flags, and JSON has no names for them.
The lint spells them out, so that who reads sees which are there and which are missing.
It is silent where the `comment` of the rule names one of them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["unshare"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 2114060416, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["unshare"], "action": "SCMP_ACT_ALLOW", "comment": "no CLONE_NEWUSER, nor any other namespace", "args": [{ "index": 0, "value": 2114060416, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
)
.asked("--target docker");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let found = comparisons(subject.profile).filter_map(|written| {
        let value = written.value()?;
        let (parameter, names) = spelt_out(subject, written, value.value)?;
        let is_known = |comment: &str| names.split('|').any(|name| comment.contains(name));
        let comment = written.rule.comment.as_ref();
        if comment.is_some_and(|comment| is_known(&comment.value)) {
            return None;
        }
        let message = format!("{} in `{parameter}` is {names}", value.value);
        Some(LINT.problem(value.span, message))
    });
    found.collect()
}

/// The parameter that is compared, and a value in the names of its constants; none where it is not several of them.
fn spelt_out(subject: &Subject<'_>, written: Written<'_>, value: u64) -> Option<(String, String)> {
    let mut calls = written.calls();
    calls.find_map(|call| {
        let mut arches = subject.arches().filter(|&arch| call.number(arch).is_some());
        arches.find_map(|arch| {
            let names = words::value(arch, Some(call), written.index, value);
            let parameter = words::parameter(arch, Some(call), written.index);
            names.contains('|').then_some((parameter, names))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, messages};

    fn masked(call: &str, mask: u64, more: &str) -> String {
        let rule = format!(
            r#"{{ "names": ["{call}"], "action": "SCMP_ACT_ALLOW", {more} "args": [ {{ "index": 0, "value": {mask}, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }} ] }}"#
        );
        document("SCMP_ACT_ERRNO", &[&rule])
    }

    #[test]
    fn several_flags_and_no_word_about_them() {
        let found = |text: &str| messages(text, "callgate", "CG219");
        assert_eq!(
            found(&masked("unshare", 0x1002_0000, "")),
            ["268566528 in `unshare_flags` is CLONE_NEWNS|CLONE_NEWUSER"]
        );
        let said = r#""comment": "without CLONE_NEWUSER","#;
        assert!(found(&masked("unshare", 0x1002_0000, said)).is_empty());
        assert!(found(&masked("unshare", 0x1000_0000, "")).is_empty());
        // A call whose arguments have no constants.
        assert!(found(&masked("getpgid", 0x1002_0000, "")).is_empty());
    }
}
