//! Expectations beside a profile, tried in containers: one that holds, and one that does not.
//! Apart, because here the engine is started by `callgate test`.

use serde_json::json;

use super::Row;
use crate::lab::answer::Expected;
use crate::lab::profile::Profile;

/// The rows.
pub(super) fn rows() -> Vec<Row> {
    let profile = Profile::DefaultWithout(&["chmod", "fchmodat", "fchmodat2"]);
    let chmod = ["/bin/busybox", "chmod", "700", "/bin"];
    vec![
        Row::test(
            "test: a container exits as stated",
            profile.clone(),
            &chmod,
            1,
            Expected::ends(0, ["1 passed"]),
        ),
        Row::test(
            "test: a container exits otherwise",
            profile,
            &chmod,
            0,
            Expected::ends(
                1,
                [
                    "exit status 1, and 0 is expected",
                    "Operation not permitted",
                ],
            ),
        ),
        Row::test(
            "test: a container under a profile and its base",
            Profile::Document(json!({
                "x-extends": "docker:default",
                "syscalls": [{
                    "names": ["chmod", "fchmodat", "fchmodat2"],
                    "action": "SCMP_ACT_ERRNO",
                    "errnoRet": 1,
                }],
            })),
            &chmod,
            1,
            Expected::ends(0, ["1 passed"]),
        ),
    ]
}
