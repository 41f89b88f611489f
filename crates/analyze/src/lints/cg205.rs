//! CG205: a negative number that the filter sees in another form.
//!
//! Apart from CG204, where such a number gets by: here it does not get through.

use callgate_profile::{OpName, Problem, Severity};
use callgate_syscalls::Kind;

use super::written::{Written, comparisons};
use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG205",
    title: "a negative number that the filter sees in another form",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
An allowing rule compares an `int` with a negative number, written in 32 bits or in 64.
A program may hand over either: the upper half of the register is what its compiler left there, and the kernel does not look.
The filter does, and so it refuses one of the two forms.
Compare the low half alone: SCMP_CMP_MASKED_EQ with the mask 0xffffffff.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["dup3"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 4294967295, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["dup3"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 4294967295, "valueTwo": 4294967295, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let equal = comparisons(subject.profile).filter(|written| {
        let op = written.argument.value.op.as_ref();
        op.is_some_and(|op| op.value == OpName::Eq)
    });
    equal
        .filter_map(|written| problem(subject, written))
        .collect()
}

fn problem(subject: &Subject<'_>, written: Written<'_>) -> Option<Problem> {
    let value = written.value()?;
    let other = other_form(value.value)?;
    let arches = subject.arches().filter(|arch| arch.bits() == 64);
    let (made, refused) = arches.into_iter().find_map(|arch| {
        written.calls().find_map(|call| {
            let param = call.params_on(arch)?.get(written.index)?;
            let is_signed = matches!(param.kind, Kind::Int | Kind::Fd | Kind::Pid);
            let nr = call.number(arch).filter(|_| is_signed)?;
            let with = |value| {
                let mut args = [0; 6];
                args[written.index] = value;
                Call { arch, nr, args }
            };
            let pair = (with(value.value), with(other));
            (subject.makes(pair.0) && !subject.makes(pair.1)).then_some(pair)
        })
    })?;
    let message = format!(
        "{made} is allowed and {refused} is not, and both are the same number to the kernel"
    );
    Some(
        LINT.problem(value.span, message)
            .note(subject.shown(made))
            .note(subject.shown(refused)),
    )
}

/// A negative `int` with the other upper half.
const fn other_form(value: u64) -> Option<u64> {
    const UPPER: u64 = 0xffff_ffff_0000_0000;
    match (value & UPPER, value & 0x8000_0000) {
        (_, 0) => None,
        (0, _) => Some(value | UPPER),
        (UPPER, _) => Some(value & !UPPER),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn minus_one() {
        let found = |value: u64| {
            let rule = format!(
                r#"{{ "names": ["getpgid"], "action": "SCMP_ACT_ALLOW", "args": [ {{ "index": 0, "value": {value}, "op": "SCMP_CMP_EQ" }} ] }}"#
            );
            finds(&document("SCMP_ACT_ERRNO", &[&rule]), "callgate", "CG205")
        };
        assert!(found(0xffff_ffff));
        assert!(found(u64::MAX));
        assert!(!found(7));
        assert!(!found(0x7_ffff_ffff));
    }
}
