//! CG502: sockets are refused, and socketcall makes them.
//!
//! Apart from CG501, because only some arches have the call, and a profile for others never meets it.

use callgate_profile::{Problem, Severity};

use crate::call::Call;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG502",
    title: "sockets are refused, and socketcall makes them",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
On x86 and S/390 the calls for sockets also go through one call, socketcall, whose arguments stand behind a pointer, where no filter looks.
A profile that refuses socket there and allows socketcall refuses nothing; ipc is the same for shared memory, semaphores and messages.
Runtimes refuse what goes through the multiplexer as well, because libseccomp sees to it; callgate takes names as they are.
Refuse the multiplexer, too: libcs of today do without.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "architectures": ["SCMP_ARCH_X86"],
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "architectures": ["SCMP_ARCH_X86"],
  "syscalls": [
    { "names": ["socket", "socketcall"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
)
.asked("--target callgate --native x86");

/// The multiplexer, and some of what goes through it with its number there.
const MULTIPLEXED: &[(&str, &[(&str, u64)])] = &[
    (
        "socketcall",
        &[("socket", 1), ("bind", 2), ("connect", 3), ("listen", 4)],
    ),
    (
        "ipc",
        &[("semget", 2), ("msgget", 13), ("shmat", 21), ("shmget", 23)],
    ),
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let found = MULTIPLEXED.iter().filter_map(|&(multiplexer, calls)| {
        calls.iter().find_map(|&(name, number)| {
            let (refused, made) = subject.arches().find_map(|arch| {
                let refused: Call = subject.never_made(arch, name)?;
                subject.name_of(refused)?;
                let made = subject.call(arch, multiplexer, &[number])?;
                subject.makes(made).then_some((refused, made))
            })?;
            let message = format!(
                "{name} is refused, and {multiplexer} does the same on {}",
                made.arch
            );
            Some(
                LINT.problem(subject.place_of(refused), message)
                    .note(subject.shown(refused))
                    .note(subject.shown(made)),
            )
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, rule};

    #[test]
    fn with_and_without_the_multiplexer() {
        let found = |names: &[&str]| {
            let rule = rule(names, "SCMP_ACT_ERRNO");
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "syscalls": [ {rule} ] }}"#
            );
            finds(&text, "callgate", "CG502")
        };
        assert!(found(&["socket"]));
        assert!(!found(&["socket", "socketcall"]));
        assert!(!found(&["getpgid"]));
    }
}
