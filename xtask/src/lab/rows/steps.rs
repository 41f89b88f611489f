//! The steps of Docker's seccomp lab: deny, unconfined, default, default without chmod, recording.
//! Apart, because they follow the lab's page, while the other rows follow the machinery.

use serde_json::json;

use super::Row;
use crate::lab::answer::Expected;
use crate::lab::profile::Profile;
use crate::lab::way::Way;

const WHOAMI: [&str; 1] = ["{root}/bin/whoami"];
const UNSHARE: [&str; 4] = [
    "{root}/bin/unshare",
    "--map-root-user",
    "--user",
    "{root}/bin/whoami",
];
const CHMOD: [&str; 4] = ["{root}/bin/chmod", "777", "{root}/", "-v"];
const CHMOD_CALLS: [&str; 4] = ["chmod", "fchmod", "fchmodat", "fchmodat2"];
const REFUSED: &str = "Operation not permitted";
const NO_FILTER: &str = "no filter is asked for, so that there is nothing for callgate to do";

/// The rows in the lab's order.
pub(super) fn rows() -> Vec<Row> {
    [denying(), unconfined(), default(), recording()]
        .into_iter()
        .flatten()
        .collect()
}

fn denying() -> Vec<Row> {
    let deny = Profile::Document(json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [],
    }));
    vec![
        Row::program(
            "deny.json: nothing starts",
            deny,
            WHOAMI,
            Expected::NotStarted { says: "" },
        )
        .but(
            Way::Callgate,
            Expected::NotStarted { says: "execve" },
            "says which call stands in the way",
        ),
    ]
}

fn unconfined() -> Vec<Row> {
    let allowing = Profile::with_rules(json!([]));
    let root = Expected::ends(0, ["root\n"]);
    vec![
        Row::program(
            "unconfined: whoami",
            Profile::Unconfined,
            WHOAMI,
            root.clone(),
        )
        .not(Way::Callgate, NO_FILTER),
        Row::program(
            "unconfined: unshare, then whoami",
            Profile::Unconfined,
            UNSHARE,
            root.clone(),
        )
        .not(Way::Callgate, NO_FILTER),
        Row::program(
            "a profile that allows everything: unshare, then whoami",
            allowing,
            UNSHARE,
            root,
        ),
    ]
}

fn default() -> Vec<Row> {
    let root = Expected::ends(0, ["root\n"]);
    let refused = Expected::ends(1, [REFUSED]);
    let changed = Expected::ends(0, ["mode of '{root}/' changed to 0777"]);
    let ours = Profile::DefaultWithout(&[]);
    let no_chmod = Profile::DefaultWithout(&CHMOD_CALLS);
    vec![
        Row::program(
            "the engine's default: whoami",
            Profile::EngineDefault,
            WHOAMI,
            root.clone(),
        ),
        Row::program(
            "the engine's default: unshare is refused",
            Profile::EngineDefault,
            UNSHARE,
            refused.clone(),
        ),
        Row::program(
            "docker:default as a file: whoami",
            ours.clone(),
            WHOAMI,
            root.clone(),
        ),
        Row::program(
            "docker:default as a file: unshare is refused",
            ours.clone(),
            UNSHARE,
            refused.clone(),
        ),
        Row {
            capabilities: &["CAP_SYS_ADMIN"],
            ..Row::program(
                "docker:default as a file, with CAP_SYS_ADMIN: unshare passes",
                ours.clone(),
                UNSHARE,
                root.clone(),
            )
        },
        Row::program("docker:default as a file: chmod", ours, CHMOD, changed),
        Row::program(
            "default-no-chmod: chmod is refused",
            no_chmod.clone(),
            CHMOD,
            refused,
        ),
        Row::program("default-no-chmod: whoami", no_chmod, WHOAMI, root),
    ]
}

fn recording() -> Vec<Row> {
    let root = Expected::ends(0, ["root\n"]);
    let whole = Profile::RecordedWithFloor { without: &[] };
    let without_one = Profile::RecordedWithFloor {
        without: &["geteuid"],
    };
    let runtime = "a recording of whoami alone is below the runtime's floor";
    vec![
        Row::callgate(
            "record: which calls does whoami make",
            &[
                "record",
                "-o",
                "{lab}/recorded.json",
                "--",
                "{lab}/rootfs/bin/whoami",
            ],
            Expected::ends(0, ["root\n", "geteuid", "execve", "write"]),
        ),
        Row::program(
            "the recorded profile: whoami",
            Profile::Recorded,
            WHOAMI,
            root.clone(),
        )
        .but(Way::Docker, Expected::NotStarted { says: "" }, runtime)
        .but(Way::Crun, Expected::NotStarted { says: "" }, runtime),
        Row::program(
            "the recorded profile and the runtimes' floor: whoami",
            whole,
            WHOAMI,
            root,
        ),
        Row::program(
            "the same without geteuid: whoami does not know itself",
            without_one,
            WHOAMI,
            Expected::ends(1, ["whoami: unknown uid"]),
        ),
    ]
}
