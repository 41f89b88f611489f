//! CG207: a mask without bits, which compares nothing.
//!
//! Apart from the reading, which tells of values with bits outside of their mask: those are a matter of the engine.

use callgate_profile::{OpName, Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG207",
    title: "a masked comparison that never or always holds",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
SCMP_CMP_MASKED_EQ asks whether the bits of an argument under the mask `value` are exactly `valueTwo`.
Under a mask of zero every argument is zero: with `valueTwo` zero the comparison always holds,
with another one it never does for callgate and always does for runc and crun, which ignore the bits outside of the mask.
A `valueTwo` that has bits outside of another mask never matches for callgate, and without those bits for runc and crun.
Perhaps `value` and `valueTwo` were exchanged: `value` is the mask.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["unshare"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 0, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["unshare"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arguments = subject
        .profile
        .rules()
        .iter()
        .flat_map(|rule| rule.value.arguments());
    let masked = arguments.filter(|argument| {
        argument
            .value
            .op
            .as_ref()
            .is_some_and(|op| op.value == OpName::MaskedEq)
    });
    masked
        .filter_map(|argument| {
            let mask = argument.value.value.as_ref()?;
            let message =
                "mask 0x0 compares nothing: `value` is the mask and `valueTwo` what it leaves";
            (mask.value == 0).then(|| LINT.problem(mask.span, message))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::codes;

    #[test]
    fn masks() {
        for (value, two, found) in [(0, 0, true), (0, 1, true), (1, 3, true), (3, 1, false)] {
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {{ "names": ["getpgid"], "action": "SCMP_ACT_ERRNO",
                "args": [ {{ "index": 0, "value": {value}, "valueTwo": {two}, "op": "SCMP_CMP_MASKED_EQ" }} ] }} ] }}"#
            );
            assert_eq!(
                codes(&text, "callgate").contains(&"CG207"),
                found,
                "{value} {two}"
            );
        }
    }
}
