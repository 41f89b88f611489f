//! CG308: an ABI is let in that hardly a program uses.
//!
//! Apart from CG307, which is about an ABI that is missing.

use callgate_profile::{ArchName, Problem, Severity};
use callgate_syscalls::Arch;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG308",
    title: "an ABI is let in that hardly a program uses",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
x32 is x86_64 with short pointers: another 500 numbers into the same kernel, used by next to nobody, and disabled in many kernels.
Docker's default lists it.
In `--context sandbox` it is worth a word: take SCMP_ARCH_X32 out.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--context sandbox");

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    if !subject.standard.is_strict() {
        return Vec::new();
    }
    let profile = subject.profile;
    let plain = profile.architectures.iter().flat_map(|list| &list.value);
    let map = profile.arch_map.iter().flat_map(|list| &list.value);
    let others = map.flat_map(|entry| entry.value.sub_architectures.iter());
    let mut names = plain.chain(others.flat_map(|list| &list.value));
    let x32 = names.find(|name| name.value == ArchName::Known(Arch::X32));
    let problem =
        x32.map(|name| LINT.problem(name.span, "x32 is let in, which hardly a program uses"));
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{allowing, messages_in};

    #[test]
    fn listed_in_a_sandbox() {
        let one = allowing(&["read"]);
        let x32 = one.replace(
            "\"SCMP_ARCH_X86_64\"",
            "\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X32\"",
        );
        let count = |text: &str, context| messages_in(context, text, "docker", "CG308").len();
        assert_eq!(count(&x32, Context::Sandbox), 1);
        assert_eq!(count(&x32, Context::Container), 0);
        assert_eq!(count(&one, Context::Sandbox), 0);
    }
}
