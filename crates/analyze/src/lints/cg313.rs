//! CG313: archMap has no entry for the machine.
//!
//! Apart from CG307: the native arch itself is what is missing here.

use callgate_profile::{ArchName, Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG313",
    title: "archMap has no entry for the machine",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
Docker and Podman look into `archMap` for the arch of the machine and take the arches that stand there.
There is no entry for this one, so the filter is for the native arch alone, and the programs of its other ABIs are killed.
Add an entry, or write `architectures`.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "archMap": [
    { "architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"] }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "archMap": [
    { "architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"] },
    { "architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] }
  ]
}
"#,
)
.asked("--target docker");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let Some(map) = &subject.profile.arch_map else {
        return Vec::new();
    };
    let native = ArchName::Known(subject.target.native);
    let mut entries = map
        .value
        .iter()
        .filter_map(|entry| entry.value.architecture.as_ref());
    let is_there = entries.any(|name| name.value == native || name.value == ArchName::Native);
    if map.value.is_empty() || is_there {
        return Vec::new();
    }
    let message = format!(
        "`archMap` has no entry for {}",
        subject.target.native.scmp_name()
    );
    vec![LINT.problem(map.span, message)]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::finds;

    #[test]
    fn here_or_elsewhere() {
        let found = |arch: &str| {
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "archMap": [ {{ "architecture": "{arch}", "subArchitectures": [] }} ] }}"#
            );
            finds(&text, "docker", "CG313")
        };
        assert!(found("SCMP_ARCH_S390X"));
        assert!(!found("SCMP_ARCH_X86_64"));
    }
}
