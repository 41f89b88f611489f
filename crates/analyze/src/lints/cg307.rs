//! CG307: programs of the machine's other ABIs are killed.
//!
//! Apart from CG308, which is about an ABI that is listed and seldom wanted.

use callgate_profile::{Problem, Severity};
use callgate_syscalls::Arch;

use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG307",
    title: "programs of the machine's other ABIs are killed",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The profile is for the 64-bit arch alone, and the machine runs 32-bit programs as well.
Every call of such a program ends it, the first one too, whatever the default action is.
That may be meant, since another ABI is another way into the kernel; if it is not, list the arch.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let policy = &subject.resolved.policy;
    let other = match subject.target.native {
        Arch::X86_64 => Arch::X86,
        Arch::Aarch64 => Arch::Arm,
        _ => return Vec::new(),
    };
    let is_for_native = policy.section(subject.target.native).is_some();
    if !is_for_native || policy.section(other).is_some() || subject.rules().is_empty() {
        return Vec::new();
    }
    let call = Call {
        arch: other,
        nr: 1,
        args: [0; 6],
    };
    let profile = subject.profile;
    let listed = profile.architectures.as_ref().map(|list| list.span);
    let mapped = profile.arch_map.as_ref().map(|map| map.span);
    let place = listed.or(mapped).unwrap_or_else(|| subject.default_place());
    let message = format!("programs for {other} are ended at their first call");
    vec![LINT.problem(place, message).note(subject.shown(call))]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds};

    #[test]
    fn one_abi_and_two() {
        let one = allowing(&["read"]);
        let two = one.replace(
            "\"SCMP_ARCH_X86_64\"",
            "\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\"",
        );
        assert!(finds(&one, "docker", "CG307"));
        assert!(!finds(&two, "docker", "CG307"));
    }
}
