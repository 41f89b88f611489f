//! CG405: personality may weaken the layout of memory.
//!
//! Apart from CG408, which is about a process's own attributes.

use callgate_profile::{Problem, Severity};

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG405",
    title: "personality may weaken the layout of memory",
    severity: Severity::Warning,
    confidence: Confidence::Likely,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
personality(2) can make all memory executable that is readable, and lay a program out at the same addresses each time: both help whoever attacks it.
Docker's default allows the five values that ordinary programs use.
Allow personality with SCMP_CMP_EQ and the values that are needed; debuggers want ADDR_NO_RANDOMIZE.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 0, "op": "SCMP_CMP_EQ" }] }
  ]
}
"#,
);

/// The values, and what each is called.
const VALUES: &[(u64, &str)] = &[
    (0x004_0000, "ADDR_NO_RANDOMIZE"),
    (0x040_0000, "READ_IMPLIES_EXEC"),
    (0x010_0000, "MMAP_PAGE_ZERO"),
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    // A profile that refuses nothing is another lint's.
    let found = subject.arches().find_map(|arch| {
        let made = VALUES.iter().filter_map(|&(value, name)| {
            let call = subject.call(arch, "personality", &[value])?;
            if subject.usually_makes(call) {
                return None;
            }
            subject.name_of(call)?;
            subject.makes(call).then_some((call, name))
        });
        let made: Vec<_> = made.collect();
        (!made.is_empty()).then_some(made)
    });
    let problem = found.map(|made| {
        let names: Vec<&str> = made.iter().map(|(_, name)| *name).collect();
        let (first, _) = made[0];
        let message = format!("personality lets a program have {}", some_of(&names));
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(first))
    });
    problem.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::Context;
    use crate::lints::testing::{allowing, document, messages_in};

    #[test]
    fn allowed_without_a_look_at_the_value() {
        let all = allowing(&["personality"]);
        let some = r#"{ "names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [ { "index": 0, "value": 0, "op": "SCMP_CMP_EQ" } ] }"#;
        let some = document("SCMP_ACT_ERRNO", &[some]);
        let count = |text: &str, context| messages_in(context, text, "callgate", "CG405").len();
        assert_eq!(count(&all, Context::Container), 1);
        assert_eq!(count(&some, Context::Container), 0);
    }
}
