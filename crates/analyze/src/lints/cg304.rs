//! CG304: a call without its sibling that takes 64-bit times.
//!
//! Apart from CG309, whose siblings are of other arches.

use callgate_bpf::Action;
use callgate_profile::{Problem, Severity};
use callgate_syscalls::{Arch, errno_by_name};

use super::listed::some_of;
use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG304",
    title: "a call without its sibling that takes 64-bit times",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
On 32-bit arches a call that takes a time has a younger sibling that takes one of 64 bits: clock_gettime has clock_gettime64.
A libc of today makes the younger one, and the older only after ENOSYS.
A profile that allows the older one and refuses the younger with another errno gives programs wrong dates, or none.
Name both wherever one is named.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  "syscalls": [
    { "names": ["clock_gettime", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  "syscalls": [
    { "names": ["clock_gettime64"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 },
    { "names": ["clock_gettime", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.asked("--target podman")
.mended();

/// The older call and the younger one.
const PAIRS: &[(&str, &str)] = &[
    ("clock_gettime", "clock_gettime64"),
    ("clock_nanosleep", "clock_nanosleep_time64"),
    ("clock_getres", "clock_getres_time64"),
    ("futex", "futex_time64"),
    ("ppoll", "ppoll_time64"),
    ("pselect6", "pselect6_time64"),
    ("recvmmsg", "recvmmsg_time64"),
    ("rt_sigtimedwait", "rt_sigtimedwait_time64"),
    ("semtimedop", "semtimedop_time64"),
    ("timer_gettime", "timer_gettime64"),
    ("timer_settime", "timer_settime64"),
    ("timerfd_gettime", "timerfd_gettime64"),
    ("timerfd_settime", "timerfd_settime64"),
    ("utimensat", "utimensat_time64"),
    ("mq_timedsend", "mq_timedsend_time64"),
    ("mq_timedreceive", "mq_timedreceive_time64"),
    ("sched_rr_get_interval", "sched_rr_get_interval_time64"),
    ("io_pgetevents", "io_pgetevents_time64"),
];

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let arches = subject.arches().filter(|arch| arch.bits() == 32);
    let problem = arches.into_iter().find_map(|arch| of_arch(subject, arch));
    problem.into_iter().collect()
}

fn of_arch(subject: &Subject<'_>, arch: Arch) -> Option<Problem> {
    let enosys = errno_by_name(arch, "ENOSYS").unwrap_or(38);
    let alone = PAIRS.iter().filter_map(|&(old, new)| {
        let made = subject.made(arch, old)?;
        let refused = subject.never_made(arch, new)?;
        let falls_back = subject.decide(refused).action == Action::Errno(enosys);
        (!falls_back).then_some((new, made, refused))
    });
    let alone: Vec<_> = alone.collect();
    let &(_, made, refused) = alone.first()?;
    let names: Vec<&str> = alone.iter().map(|&(new, ..)| new).collect();
    let message = format!(
        "on {arch} the older calls are allowed and their siblings with 64-bit times are not: {}",
        some_of(&names)
    );
    Some(
        LINT.problem(subject.place_of(made), message)
            .note(subject.shown(made))
            .note(subject.shown(refused))
            .fix(
                "refuse the siblings with ENOSYS",
                subject.as_unknown(names.iter().copied(), enosys),
            ),
    )
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{finds, rule};

    #[test]
    fn one_without_the_other() {
        let found = |names: &[&str]| {
            let rule = rule(names, "SCMP_ACT_ALLOW");
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [ {rule} ] }}"#
            );
            finds(&text, "docker+crun", "CG304")
        };
        assert!(found(&["clock_gettime"]));
        assert!(!found(&["clock_gettime", "clock_gettime64"]));
        assert!(!found(&["getpid"]));
    }
}
