//! CG208: mask and value seem to be exchanged.
//!
//! Apart from CG207, whose comparison is empty: this one compares something, probably not what was meant.

use callgate_profile::{Change, OpName, Problem, Severity};

use super::written::comparisons;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG208",
    title: "mask and value seem to be exchanged",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
SCMP_CMP_MASKED_EQ takes the mask from `value` and what it has to leave from `valueTwo`.
Here `valueTwo` has every bit of `value` and more, as if it were the mask.
The bits outside of the mask can't match; runtimes ignore them.
Exchange the two.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 268435456, "valueTwo": 2113929216, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["clone"], "action": "SCMP_ACT_ERRNO", "args": [{ "index": 0, "value": 2113929216, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
)
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let found = comparisons(subject.profile).filter_map(|written| {
        let argument = &written.argument.value;
        let is_masked = argument.op.as_ref()?.value == OpName::MaskedEq;
        let (mask, value) = (argument.value.as_ref()?, argument.value_two.as_ref()?);
        let seems_so =
            mask.value != 0 && mask.value & !value.value == 0 && mask.value != value.value;
        let message = format!(
            "`valueTwo` {:#x} has all bits of the mask {:#x} and more",
            value.value, mask.value
        );
        (is_masked && seems_so).then(|| {
            let exchanged = vec![
                Change::Replace(mask.span, value.value.to_string()),
                Change::Replace(value.span, mask.value.to_string()),
            ];
            LINT.problem(mask.span, message)
                .help("`value` is the mask, `valueTwo` what it leaves")
                .fix("exchange `value` and `valueTwo`", exchanged)
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn the_wider_one_is_the_mask() {
        let found = |mask: u64, value: u64| {
            let rule = format!(
                r#"{{ "names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "args": [ {{ "index": 0, "value": {mask}, "valueTwo": {value}, "op": "SCMP_CMP_MASKED_EQ" }} ] }}"#
            );
            finds(&document("SCMP_ACT_ALLOW", &[&rule]), "docker", "CG208")
        };
        assert!(found(0x1000_0000, 0x7e02_0000));
        assert!(!found(0x7e02_0000, 0x1000_0000));
        assert!(!found(0x1000_0000, 0x1000_0000));
    }
}
