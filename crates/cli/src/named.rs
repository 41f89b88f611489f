//! What an @NAME stands for: a group of calls, or those that a container runtime makes before the program begins.
//!
//! Apart from the verbs, because each that takes a call takes these.

use callgate_engines::Floor;
use callgate_profile::nearest;
use callgate_syscalls::groups::{self, Group};

/// What is so named.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    Group(&'static Group),
    Floor(&'static Floor),
}

impl Named {
    /// The group or floor of a name with its `@`; or the message that there is none, with what was probably meant.
    pub(crate) fn by_name(name: &str) -> Result<Self, String> {
        match (groups::by_name(name), Floor::by_name(name)) {
            (Some(group), _) => Ok(Self::Group(group)),
            (None, Some(floor)) => Ok(Self::Floor(floor)),
            (None, None) => Err(unknown(name)),
        }
    }

    /// Its own name, of a floor with the version.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Group(group) => group.name.to_owned(),
            Self::Floor(floor) => floor.name(),
        }
    }

    /// All its calls.
    pub(crate) const fn calls(self) -> &'static [&'static str] {
        match self {
            Self::Group(group) => group.members,
            Self::Floor(floor) => floor.made(),
        }
    }

    /// Those of its calls that matter: a runtime does without some.
    pub(crate) const fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Group(group) => group.members,
            Self::Floor(floor) => floor.needed(),
        }
    }
}

fn unknown(name: &str) -> String {
    if let Some(measured) = Floor::instead_of(name) {
        let measured: Vec<String> = measured.into_iter().map(Floor::name).collect();
        return format!(
            "nobody measured `{name}`; there are {}",
            measured.join(", ")
        );
    }
    match nearest(name, groups::all().iter().map(|group| group.name)) {
        Some(near) => format!("unknown group `{name}`, did you mean `{near}`?"),
        None => format!("unknown group `{name}`"),
    }
}
