//! Containers in the list of processes under filters: each is known by the profile that it was started with.
//! Apart from verify, because here nobody says which profile it should be.

use super::Row;
use crate::lab::answer::Expected;
use crate::lab::profile::Profile;

/// The rows.
pub(super) fn rows() -> Vec<Row> {
    let file = Profile::DefaultWithout(&["sysinfo"]);
    vec![
        Row::ps(
            "ps: Docker's own profile",
            Profile::EngineDefault,
            &[],
            Expected::ends(0, ["busybox", "instructions, docker:default"]),
        ),
        Row::ps(
            "ps: Docker's own profile, with a capability more",
            Profile::EngineDefault,
            &["CAP_SYS_ADMIN"],
            Expected::ends(
                0,
                ["instructions, docker:default", ", for its capabilities"],
            ),
        ),
        Row::ps(
            "ps: a file that --known names",
            file,
            &[],
            Expected::ends(0, ["profile.json for docker@"]),
        ),
    ]
}
