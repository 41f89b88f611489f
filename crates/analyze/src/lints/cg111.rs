//! CG111: a call that no arch of the profile has.
//!
//! Apart from CG110, whose calls no arch has.

use callgate_profile::{ArchName, Problem, Severity};
use callgate_syscalls::{Arch, Syscall};

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG111",
    title: "a call that no arch of the profile has",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The call exists, and on none of the arches that the profile lists: the rule says nothing there.
socketcall and ipc are such calls for all but the oldest arches.
The name does no harm; take it out, or list the arch that was meant.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["socket", "socketcall"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [
    { "names": ["socket"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
);

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let Some(arches) = listed(subject) else {
        return Vec::new();
    };
    // A condition may be for an arch that is not listed.
    let rules = subject
        .rules()
        .iter()
        .filter(|rule| rule.value.includes.is_none());
    let names = rules.flat_map(|rule| rule.value.calls());
    let dead = names.filter(|name| {
        let call = Syscall::by_name(&name.value);
        call.is_some_and(|call| arches.iter().all(|&arch| call.number(arch).is_none()))
    });
    let dead: Vec<_> = dead.collect();
    let Some(first) = dead.first() else {
        return Vec::new();
    };
    let names: Vec<&str> = dead.iter().map(|name| name.value.as_str()).collect();
    let message = format!("no arch of the profile has {}", some_of(&names));
    vec![LINT.problem(first.span, message)]
}

/// Every arch that the document lists, in whatever way; none where it lists none.
fn listed(subject: &Subject<'_>) -> Option<Vec<Arch>> {
    let profile = subject.profile;
    let plain = profile.architectures.iter().flat_map(|list| &list.value);
    let map = profile.arch_map.iter().flat_map(|list| &list.value);
    let of_map = map.flat_map(|entry| {
        let entry = &entry.value;
        let others = entry.sub_architectures.iter().flat_map(|list| &list.value);
        entry.architecture.iter().chain(others)
    });
    let mut names = plain.chain(of_map).peekable();
    names.peek()?;
    let mut arches = vec![subject.target.native];
    for name in names {
        match &name.value {
            ArchName::Known(arch) => arches.push(*arch),
            ArchName::Native => {}
            // What that is nobody knows.
            ArchName::Unknown(_) => return None,
        }
    }
    Some(arches)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds};

    #[test]
    fn elsewhere() {
        assert!(finds(
            &allowing(&["read", "socketcall"]),
            "callgate",
            "CG111"
        ));
        assert!(!finds(&allowing(&["read", "socket"]), "callgate", "CG111"));
    }
}
