//! CG302: a new call raises the ceiling over older ones.
//!
//! Apart from CG310, which is about targets that have no ceiling.

use callgate_bpf::Action;
use callgate_engines::How;
use callgate_profile::{Problem, Severity};
use callgate_syscalls::{Arch, Syscall, errno_by_name};

use super::listed::some_of;
use super::probed::PROBED;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG302",
    title: "a new call raises the ceiling over older ones",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
runc answers calls with ENOSYS whose number is above all that the profile names, so that a libc takes another way.
A name with a high number raises that ceiling: the calls below it that no rule names get the default errno,
and after EPERM no libc tries another way.
Name these calls, too: allow them, or refuse them with ENOSYS (errnoRet 38 on most arches).
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["clone", "clone3", "close_range", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["statx", "getrandom", "renameat2", "preadv2", "pwritev2"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
    { "names": ["clone", "clone3", "close_range", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target docker")
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let mut arches = subject.arches().filter(|&arch| arch != Arch::X32);
    let problem = arches.find_map(|arch| of_arch(subject, arch));
    problem.into_iter().collect()
}

fn of_arch(subject: &Subject<'_>, arch: Arch) -> Option<Problem> {
    let rules = &subject.resolved.policy.section(arch)?.rules;
    let ceiling = rules.iter().find(|rule| {
        subject.resolved.origin(rule.id).how == How::Ceiling
            && rule.numbers.first != rule.numbers.last
    })?;
    let highest = ceiling.numbers.first - 1;
    let enosys = errno_by_name(arch, "ENOSYS").unwrap_or(38);
    let below = PROBED.iter().filter_map(|&name| {
        let call = subject.call(arch, name, &[])?;
        let decision = subject.decide(call);
        let is_usual = subject.standard.usually_made(arch, call.syscall()?);
        let refused = matches!(decision.action, Action::Errno(errno) if errno != enosys);
        (call.nr < highest && decision.rule.is_none() && refused && is_usual)
            .then_some((name, call))
    });
    let below: Vec<_> = below.collect();
    let &(_, first) = below.first()?;
    let names: Vec<&str> = below.iter().map(|&(name, _)| name).collect();
    let top = Syscall::by_number(arch, highest)?;
    let message = format!(
        "`{top}` raises the ceiling of ENOSYS to {highest}: below it no rule names {}, and a libc does not fall back after {}",
        some_of(&names),
        subject.decide(first).action
    );
    // The name in the document that has the number of the ceiling.
    let place = subject.resolved.origin(ceiling.id).name;
    Some(
        LINT.problem(place, message)
            .note(subject.shown(first))
            .help(format!(
                "name them in a rule with SCMP_ACT_ERRNO and errnoRet {enosys}, or allow them"
            ))
            .fix(
                "refuse them with ENOSYS",
                subject.as_unknown(names.iter().copied(), enosys),
            ),
    )
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds, messages};

    #[test]
    fn between_old_and_new() {
        let cliff = allowing(&["read", "clone", "clone3", "close_range"]);
        let found = messages(&cliff, "docker", "CG302");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("statx"), "{found:?}");
        assert!(!finds(&allowing(&["read", "clone"]), "docker", "CG302"));
        assert!(!finds(&cliff, "docker+crun", "CG302"));
    }
}
