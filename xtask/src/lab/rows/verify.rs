//! Containers held against their profiles: equal while the profile is as it was, and a call to show for it after an edit.
//! Apart, because these rows look at a container from outside.

use super::Row;
use crate::lab::answer::Expected;
use crate::lab::profile::Profile;

/// Debian's libseccomp does not have it on x32, where the tables of Linux 6.18 do.
const NEWER_ON_X32: &str = "map_shadow_stack";

/// The rows.
pub(super) fn rows() -> Vec<Row> {
    let started = Profile::DefaultWithout(&[NEWER_ON_X32]);
    let edited = Profile::DefaultWithout(&[NEWER_ON_X32, "sysinfo"]);
    let whole = Profile::DefaultWithout(&[]);
    vec![
        Row::verify(
            "verify: a container has what its profile says",
            started.clone(),
            started.clone(),
            Expected::ends(0, ["equal: container:"]),
        ),
        Row::verify(
            "verify: the profile was edited since",
            started,
            edited,
            Expected::ends(1, ["different: container:", "sysinfo(", "loaded  allow"]),
        ),
        Row::verify(
            "verify: what the model takes for known, and libseccomp does not",
            whole.clone(),
            whole,
            Expected::ends(1, ["map_shadow_stack(0x0, 0x0, 0x0) on x32"]),
        ),
    ]
}
