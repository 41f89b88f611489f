//! CG310: calls of today's libc are refused as if forbidden.
//!
//! Apart from CG302, where the target would answer ENOSYS if no newer call were named.

use callgate_bpf::Action;
use callgate_engines::Runtime;
use callgate_profile::{Problem, Severity};
use callgate_syscalls::errno_by_name;

use super::listed::some_of;
use super::probed::PROBED;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG310",
    title: "calls of today's libc are refused as if forbidden",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
glibc and musl try newer calls first and take another way after ENOSYS: statx before stat, faccessat2 before faccessat.
The profile refuses some that Docker's default allows, with an errno that a program takes for an answer about the file.
Allow them, or refuse them with ENOSYS (errnoRet 38 on most arches).
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["statx", "faccessat2", "fchmodat2", "getrandom", "renameat2", "preadv2", "pwritev2"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target podman")
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    // Of runc's ceiling CG302 tells.
    if matches!(subject.runtime(), Some(Runtime::Runc(_))) {
        return Vec::new();
    }
    let arch = subject.target.native;
    let enosys = errno_by_name(arch, "ENOSYS").unwrap_or(38);
    let refused = PROBED.iter().filter_map(|&name| {
        let call = subject.never_made(arch, name)?;
        let is_usual = subject.standard.usually_made(arch, call.syscall()?);
        let answer = subject.decide(call).action;
        let by_errno = matches!(answer, Action::Errno(errno) if errno != enosys);
        (is_usual && by_errno).then_some((name, call))
    });
    let refused: Vec<_> = refused.collect();
    let Some(&(_, first)) = refused.first() else {
        return Vec::new();
    };
    if subject.makes_nothing(arch) {
        return Vec::new();
    }
    let names: Vec<&str> = refused.iter().map(|&(name, _)| name).collect();
    let message = format!(
        "a libc tries {} first and falls back only after ENOSYS, and gets another errno",
        some_of(&names)
    );
    vec![
        LINT.problem(subject.place_of(first), message)
            .note(subject.shown(first))
            .help(format!(
                "name them in a rule with SCMP_ACT_ERRNO and errnoRet {enosys}, or allow them"
            ))
            .fix(
                "refuse them with ENOSYS",
                subject.as_unknown(names.iter().copied(), enosys),
            ),
    ]
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds};

    #[test]
    fn by_errno() {
        let eperm = allowing(&["read"]);
        let enosys = eperm.replacen('{', r#"{ "defaultErrnoRet": 38,"#, 1);
        assert!(finds(&eperm, "docker+crun", "CG310"));
        assert!(!finds(&enosys, "docker+crun", "CG310"));
        assert!(!finds(&eperm, "docker", "CG310"));
    }
}
