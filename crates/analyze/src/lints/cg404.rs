//! CG404: a filter of namespaces lets some of them through.
//!
//! Apart from CG301, whose flags no filter can see.

use callgate_profile::{Problem, Severity};
use callgate_syscalls::Arch;

use super::listed::some_of;
use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;
use crate::words;

pub(crate) const LINT: Lint = Lint {
    id: "CG404",
    title: "a filter of namespaces lets some of them through",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
A rule looks at the flags of clone or unshare, so that a program makes no namespaces, and some flag is missing from its mask.
The lint shows the call that makes the namespace all the same.
The mask for all of them is 0x7e020000 for clone, and 0x7e020080 for unshare, which can make one of time, too.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 2080505856, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }] }
  ]
}
"#,
);

/// The flags of namespaces that both calls take.
const OF_BOTH: [u64; 7] = [
    0x1000_0000,
    0x0002_0000,
    0x0200_0000,
    0x0400_0000,
    0x0800_0000,
    0x2000_0000,
    0x4000_0000,
];

/// The flag of the namespace of time, which to clone is a part of the signal.
const OF_UNSHARE: u64 = 0x80;

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let calls = ["clone", "unshare"].into_iter();
    calls
        .filter_map(|name| subject.arches().find_map(|arch| hole(subject, arch, name)))
        .collect()
}

fn hole(subject: &Subject<'_>, arch: Arch, name: &str) -> Option<Problem> {
    let time = (name == "unshare").then_some(OF_UNSHARE);
    let flags = OF_BOTH.into_iter().chain(time);
    // On S/390 the stack comes first.
    let stack_first = matches!(arch, Arch::S390 | Arch::S390x) && name == "clone";
    let call = |flag| match stack_first {
        true => subject.call(arch, name, &[0, flag]),
        false => subject.call(arch, name, &[flag]),
    };
    let calls: Vec<(Call, u64)> = flags.filter_map(|flag| Some((call(flag)?, flag))).collect();
    let (made, refused): (Vec<_>, Vec<_>) = calls
        .into_iter()
        .partition(|(call, _)| subject.makes(*call));
    let (&(first, _), &(other, _)) = (made.first()?, refused.first()?);
    let index = usize::from(stack_first);
    let names: Vec<String> = made
        .iter()
        .map(|&(call, flag)| words::value(arch, call.syscall(), index, flag))
        .collect();
    let message = format!(
        "{other} is refused, and {name} with {} gets by",
        some_of(&names)
    );
    Some(
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(other))
            .note(subject.shown(first)),
    )
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{document, finds};

    #[test]
    fn a_mask_with_a_hole() {
        let masked = |call: &str, mask: u64| {
            let rule = format!(
                r#"{{ "names": ["{call}"], "action": "SCMP_ACT_ALLOW", "args": [ {{ "index": 0, "value": {mask}, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }} ] }}"#
            );
            finds(&document("SCMP_ACT_ERRNO", &[&rule]), "callgate", "CG404")
        };
        assert!(masked("clone", 0x7c02_0000));
        assert!(!masked("clone", 0x7e02_0000));
        assert!(masked("unshare", 0x7e02_0000));
        assert!(!masked("unshare", 0x7e02_0080));
    }
}
