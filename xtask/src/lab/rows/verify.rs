//! Containers held against their profiles: equal while the profile is as it was, and a call to show for it after an edit.
//! Apart, because these rows look at a container from outside.

use super::Row;
use crate::lab::answer::Expected;
use crate::lab::profile::Profile;

/// The rows.
pub(super) fn rows() -> Vec<Row> {
    let started = Profile::DefaultWithout(&[]);
    let edited = Profile::DefaultWithout(&["sysinfo"]);
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
    ]
}
