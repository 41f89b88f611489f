//! Every action seen in a child, every form of an errno, and the precedence of each pair of actions.
//! Apart, because precedence is a table of its own.

use serde_json::{Value, json};

use super::Row;
use crate::lab::answer::Expected;
use crate::lab::profile::{Profile, RUNC_FLOOR};
use crate::lab::way::Way;

/// The probe's favourite call: without parameters, and nothing that starts it needs it.
const GETPGRP: &str = "111";

/// An action as a profile writes it, with what the probe's call comes to in a thread of its own with a handler.
struct Action {
    name: &'static str,
    result: &'static str,
}

/// Strictest first.
const ACTIONS: [Action; 8] = [
    Action {
        name: "SCMP_ACT_KILL_PROCESS",
        result: "signal 31",
    },
    Action {
        name: "SCMP_ACT_KILL_THREAD",
        result: "thread gone",
    },
    Action {
        name: "SCMP_ACT_TRAP",
        result: "trapped 0",
    },
    Action {
        name: "SCMP_ACT_ERRNO",
        result: "errno 77",
    },
    // Without a supervisor the kernel answers ENOSYS.
    Action {
        name: NOTIFY,
        result: "errno 38",
    },
    // Without a tracer, too.
    Action {
        name: "SCMP_ACT_TRACE",
        result: "errno 38",
    },
    Action {
        name: "SCMP_ACT_LOG",
        result: "passed",
    },
    Action {
        name: ALLOW,
        result: "passed",
    },
];
const NOTIFY: &str = "SCMP_ACT_NOTIFY";
const ALLOW: &str = "SCMP_ACT_ALLOW";

/// As many calls as there are pairs: each harmless, none needed to start the probe, and the arguments with which it succeeds.
const PAIR_CALLS: [(&str, &str); 28] = [
    ("munlockall", "152"),
    ("inotify_init", "253"),
    ("times", "100,0"),
    ("getpgid", "121,0"),
    ("getsid", "124,0"),
    ("sched_getscheduler", "145,0"),
    ("sched_get_priority_max", "146,0"),
    ("sched_get_priority_min", "147,0"),
    ("getpriority", "140,0,0"),
    ("alarm", "37,0"),
    ("eventfd", "284,0"),
    ("inotify_init1", "294,0"),
    ("umask", "95,18"),
    ("time", "201,0"),
    ("getgroups", "115,0,0"),
    ("epoll_create", "213,1"),
    ("ioprio_get", "252,1,0"),
    ("setfsuid", "122,0xffffffff"),
    ("setfsgid", "123,0xffffffff"),
    ("getcpu", "309,0,0,0"),
    ("clock_getres", "229,0,0"),
    ("timerfd_create", "283,0,0"),
    ("membarrier", "324,0"),
    ("mlock", "149,0,0"),
    ("munlock", "150,0,0"),
    ("getgid", "104"),
    ("getegid", "108"),
    ("getpgrp", "111"),
];

/// A row's name, its action, and the probe's steps with what becomes of them.
type Probed = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// In which order a document names the two rules of a pair.
#[derive(Clone, Copy)]
enum Order {
    StricterFirst,
    StricterLast,
}

/// Single actions, then errnos, then pairs.
pub(super) fn rows() -> Vec<Row> {
    [single(), errnos(), pairs()]
        .into_iter()
        .flatten()
        .collect()
}

fn single() -> Vec<Row> {
    let mut rows = Vec::new();
    for action in [
        "SCMP_ACT_KILL",
        "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_KILL_PROCESS",
        "SCMP_ACT_TRAP",
    ] {
        let words = ["{root}/bin/probe", "self+111"];
        let ends = Expected::ends(159, [""; 0]);
        rows.push(Row::program(
            format!("{action}: the process ends with 159"),
            getpgrp(action),
            words,
            ends,
        ));
    }
    let probed: [Probed; 7] = [
        (
            "KILL takes one thread",
            "SCMP_ACT_KILL",
            &[("thread+111", "thread gone"), ("111", "signal 31")],
        ),
        (
            "KILL_PROCESS takes all threads",
            "SCMP_ACT_KILL_PROCESS",
            &[("thread+111", "signal 31")],
        ),
        (
            "TRAP with a handler returns",
            "SCMP_ACT_TRAP",
            &[
                ("thread+111", "signal 31"),
                ("self+handle+111", "trapped 0"),
            ],
        ),
        (
            "TRACE without a tracer is ENOSYS, with one it passes",
            "SCMP_ACT_TRACE",
            &[("111", "errno 38"), ("traced+111", "traced 1 passed")],
        ),
        (
            "ERRNO, followed by a tracer, stays",
            "SCMP_ACT_ERRNO",
            &[("traced+111", "errno 1")],
        ),
        ("LOG passes", "SCMP_ACT_LOG", &[("111", "passed")]),
        ("ALLOW passes", ALLOW, &[("111", "passed")]),
    ];
    for (name, action, steps) in probed {
        rows.push(Row::probe(name, getpgrp(action), steps));
    }
    rows.push(
        Row::probe(
            "NOTIFY without a supervisor is ENOSYS",
            getpgrp(NOTIFY),
            &[(GETPGRP, "errno 38")],
        )
        .not(Way::Docker, "runc refuses NOTIFY without a listenerPath"),
    );
    rows
}

fn errnos() -> Vec<Row> {
    let row = |name: &str, key: &str, value: Value, result: &str| {
        let rules = json!([{ "names": ["getpgrp"], "action": "SCMP_ACT_ERRNO", key: value }]);
        Row::probe(
            format!("ERRNO: {name}"),
            Profile::with_rules(rules),
            &[(GETPGRP, result)],
        )
    };
    let drops_names = "Docker does not know Podman's names of errnos, and EPERM is what is left";
    let unknown_to_docker = super::lines(&[(GETPGRP, "errno 1")]);
    let allowed: Vec<&str> = RUNC_FLOOR.into_iter().chain(PROBE_CALLS).collect();
    let by_default = Profile::Document(json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 77,
        "syscalls": [{ "names": allowed, "action": ALLOW }],
    }));
    vec![
        row(
            "none given is EPERM",
            "comment",
            json!("no errno"),
            "errno 1",
        ),
        row("errnoRet 38", "errnoRet", json!(38), "errno 38"),
        row(
            "errnoRet 0 pretends success",
            "errnoRet",
            json!(0),
            "passed",
        ),
        row("errnoRet 4094", "errnoRet", json!(4094), "errno 4094"),
        row(
            "errnoRet 4095, the kernel's last",
            "errnoRet",
            json!(4095),
            "errno 4095",
        )
        .but(
            Way::Docker,
            Expected::NotStarted { says: "" },
            "libseccomp takes 4094 at most",
        ),
        row("errno EACCES", "errno", json!("EACCES"), "errno 13").but(
            Way::Docker,
            unknown_to_docker.clone(),
            drops_names,
        ),
        Row::probe(
            "ERRNO: a default without defaultErrnoRet",
            Profile::allowing(allowed),
            &[(GETPGRP, "errno 1")],
        ),
        Row::probe(
            "ERRNO: defaultErrnoRet 77",
            by_default,
            &[(GETPGRP, "errno 77")],
        )
        .but(
            Way::Docker,
            Expected::OneOf(vec![
                unknown_to_docker,
                super::lines(&[(GETPGRP, "errno 77")]),
            ]),
            "Docker before 23 drops defaultErrnoRet",
        ),
    ]
}

fn pairs() -> Vec<Row> {
    let first_wins = "of two unconditional rules libseccomp keeps the first, and runc skips what equals the default";
    let without_notify: Vec<(&Action, &Action)> = all_pairs()
        .filter(|(a, b)| a.name != NOTIFY && b.name != NOTIFY)
        .collect();
    let with_notify: Vec<(&Action, &Action)> = all_pairs()
        .filter(|(a, b)| a.name == NOTIFY || b.name == NOTIFY)
        .collect();
    let listener = "runc refuses NOTIFY without a listenerPath";
    vec![
        pair_row(
            "precedence: 21 pairs, the stricter named first",
            &without_notify,
            Order::StricterFirst,
        ),
        pair_row(
            "precedence: 21 pairs, the stricter named last",
            &without_notify,
            Order::StricterLast,
        )
        .but(Way::Docker, last_is_first(&without_notify), first_wins),
        pair_row(
            "precedence: 7 pairs with NOTIFY, the stricter named first",
            &with_notify,
            Order::StricterFirst,
        )
        .not(Way::Docker, listener),
        pair_row(
            "precedence: 7 pairs with NOTIFY, the stricter named last",
            &with_notify,
            Order::StricterLast,
        )
        .not(Way::Docker, listener),
    ]
}

fn all_pairs() -> impl Iterator<Item = (&'static Action, &'static Action)> {
    ACTIONS.iter().enumerate().flat_map(|(index, stricter)| {
        ACTIONS[index + 1..]
            .iter()
            .map(move |looser| (stricter, looser))
    })
}

fn pair_row(name: &str, pairs: &[(&Action, &Action)], order: Order) -> Row {
    let mut rules = Vec::new();
    for ((stricter, looser), (call, _)) in pairs.iter().zip(PAIR_CALLS) {
        rules.extend(match order {
            Order::StricterFirst => [rule(call, stricter.name), rule(call, looser.name)],
            Order::StricterLast => [rule(call, looser.name), rule(call, stricter.name)],
        });
    }
    let results = pairs.iter().map(|(stricter, _)| stricter.result);
    Row::probe(
        name,
        Profile::with_rules(Value::Array(rules)),
        &pair_steps(results),
    )
}

/// What Docker makes of pairs whose stricter action is named last.
fn last_is_first(pairs: &[(&Action, &Action)]) -> Expected {
    let results = pairs.iter().map(|(stricter, looser)| {
        if looser.name == ALLOW {
            stricter.result
        } else {
            looser.result
        }
    });
    super::lines(&pair_steps(results))
}

fn pair_steps(results: impl Iterator<Item = &'static str>) -> Vec<(String, String)> {
    PAIR_CALLS
        .iter()
        .zip(results)
        .map(|((_, call), result)| (format!("handle+thread+{call}"), result.to_owned()))
        .collect()
}

fn getpgrp(action: &str) -> Profile {
    Profile::with_rules(json!([{ "names": ["getpgrp"], "action": action }]))
}

fn rule(call: &str, action: &str) -> Value {
    match action {
        "SCMP_ACT_ERRNO" => json!({ "names": [call], "action": action, "errnoRet": 77 }),
        _ => json!({ "names": [call], "action": action }),
    }
}

/// What the probe itself makes, that an allow list has to name.
const PROBE_CALLS: [&str; 18] = [
    "arch_prctl",
    "brk",
    "clone",
    "exit_group",
    "getrandom",
    "mmap",
    "mprotect",
    "newfstatat",
    "prlimit64",
    "readlink",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "set_robust_list",
    "set_tid_address",
    "setresgid",
    "setresuid",
    "wait4",
];
