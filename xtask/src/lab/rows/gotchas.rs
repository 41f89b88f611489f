//! What surprises people: the runtime's own calls, cut arguments, other ABIs, tracers, layers, privileged containers, the JIT.
//! Apart, because each of these rows stands for itself.

use serde_json::{Value, json};

use super::{Privileges, Row};
use crate::lab::answer::Expected;
use crate::lab::profile::{Profile, RUNC_FLOOR_NO_NEW_PRIVILEGES};
use crate::lab::way::Way;

/// All of them.
pub(super) fn rows() -> Vec<Row> {
    [floor(), truncation(), escapes(), layers(), switches()]
        .into_iter()
        .flatten()
        .collect()
}

/// What busybox's echo makes, once it runs.
const ECHO_CALLS: [&str; 12] = [
    "arch_prctl",
    "brk",
    "getrandom",
    "getuid",
    "mprotect",
    "prctl",
    "prlimit64",
    "readlink",
    "rseq",
    "set_robust_list",
    "set_tid_address",
    "write",
];

fn floor() -> Vec<Row> {
    let enough_at_the_end =
        Profile::allowing(RUNC_FLOOR_NO_NEW_PRIVILEGES.into_iter().chain(ECHO_CALLS));
    let said = Expected::ends(0, ["hello\n"]);
    let words = ["{root}/bin/echo", "hello"];
    let loaded_early = "without no-new-privileges the runtime loads the filter before it sets the user, the capabilities and the folder";
    vec![
        Row {
            privileges: Privileges::NoNew,
            ..Row::program(
                "the runtime's floor: enough with no-new-privileges",
                enough_at_the_end.clone(),
                words,
                said.clone(),
            )
        },
        Row {
            privileges: Privileges::Kept,
            ..Row::program(
                "the runtime's floor: too little without",
                enough_at_the_end,
                words,
                said,
            )
            .but(Way::Docker, Expected::NotStarted { says: "" }, loaded_early)
            .but(Way::Crun, Expected::NotStarted { says: "" }, loaded_early)
        },
    ]
}

fn truncation() -> Vec<Row> {
    let plain = [
        ("90,{root}/tmp,0x1ff", "errno 77"),
        ("90,{root}/tmp,0x1000001ff", "passed"),
    ];
    let masked = [
        ("90,{root}/tmp,0x1ff", "errno 77"),
        ("90,{root}/tmp,0x1000001ff", "errno 77"),
    ];
    let equal = json!({ "index": 1, "op": "SCMP_CMP_EQ", "value": 0o777 });
    let low_half = json!({ "index": 1, "op": "SCMP_CMP_MASKED_EQ", "value": 0xffff_ffff_u32, "valueTwo": 0o777 });
    vec![
        Row::probe(
            "a mode with a high bit set passes a rule of EQ, and the kernel cuts it",
            refusing("chmod", &equal),
            &plain,
        ),
        Row::probe(
            "a rule of MASKED_EQ 0xffffffff holds it",
            refusing("chmod", &low_half),
            &masked,
        ),
    ]
}

fn escapes() -> Vec<Row> {
    // 20 and 310 are i386's getpid and unshare, 39 and 272 those of x86_64 and x32.
    let under_default = [
        ("i386+20", "passed"),
        ("i386+310,0x10000000", "errno 1"),
        ("x32+272,0x10000000", "errno 1"),
        ("272,0x10000000", "errno 1"),
    ];
    let not_named = [
        ("i386+20", "signal 31"),
        ("x32+39", "signal 31"),
        ("39", "passed"),
    ];
    // A tracer that puts another number in: the kernel asks the filter again since 4.8.
    let swapped = [
        ("111", "errno 77"),
        ("swap=111+102", "errno 77"),
        ("swap=102+111", "passed"),
    ];
    vec![
        Row::probe(
            "int 0x80 and x32 under docker:default",
            Profile::DefaultWithout(&[]),
            &under_default,
        ),
        Row::probe(
            "int 0x80 and x32 under a profile of x86_64 alone",
            refusing_getpgrp(),
            &not_named,
        ),
        Row::probe(
            "ptrace of an own child is no way out (before 4.8 it was)",
            refusing_getpgrp(),
            &swapped,
        ),
    ]
}

fn layers() -> Vec<Row> {
    let steps = [
        ("layer,111,0x7fff0000", ""),
        ("111", "errno 77"),
        ("layer,111,0x7ff00000", ""),
        ("handle+111", "errno 77"),
        ("layer,111,0x5004e", ""),
        ("self+111", "errno 78"),
        ("layer,111,0x30007", ""),
        ("self+handle+111", "trapped 7"),
        ("layer,111,0x00000000", ""),
        ("thread+111", "thread gone"),
        ("layer,111,0x80000000", ""),
        ("thread+111", "signal 31"),
    ];
    let outer_and_inner = [
        ("111", "errno 77"),
        ("272,0x10000000", "errno 1"),
        ("104", "passed"),
    ];
    let nested = Row::probe(
        "callgate run under callgate run: both refuse",
        refusing_getpgrp(),
        &outer_and_inner,
    );
    vec![
        Row::probe(
            "filters layered by the program: the strictest wins, then the newest",
            refusing_getpgrp(),
            &steps,
        ),
        nested
            .after(&["{callgate}", "run", "-p", "docker:default", "--"])
            .not(Way::Docker, "callgate is not in the image")
            .not(Way::Crun, "callgate is not in the image"),
    ]
}

fn switches() -> Vec<Row> {
    let unshare = [
        "{root}/bin/unshare",
        "--map-root-user",
        "--user",
        "{root}/bin/whoami",
    ];
    let lacks = Expected::NotStarted {
        says: "unable to apply caps",
    };
    let engine_only = "only an engine has the switch";
    let privileged = Row::program(
        "--privileged switches the filter off",
        Profile::EngineDefault,
        unshare,
        Expected::ends(0, ["root\n"]),
    );
    vec![
        Row {
            privileges: Privileges::All,
            ..privileged
        }
        .but(
            Way::Docker,
            Expected::OneOf(vec![Expected::ends(0, ["root\n"]), lacks]),
            "an engine that the lab did not start may say instead that this machine lacks a capability",
        )
        .not(Way::Callgate, engine_only)
        .not(Way::Crun, engine_only),
        Row::callgate(
            "doctor says what the JIT does",
            &["doctor"],
            Expected::ends(0, ["JIT"]),
        ),
    ]
}

fn refusing_getpgrp() -> Profile {
    Profile::with_rules(
        json!([{ "names": ["getpgrp"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77 }]),
    )
}

fn refusing(call: &str, comparison: &Value) -> Profile {
    let rule = json!({ "names": [call], "action": "SCMP_ACT_ERRNO", "errnoRet": 77, "args": [comparison] });
    Profile::with_rules(json!([rule]))
}
