//! The names of floors: `@floor/runc@1.1.5`, and what people write for them.
//!
//! Apart from what was measured, because a name may leave the version open, or ask for what nobody measured.

use std::fmt;

use super::{Floor, NoNewPrivileges};

/// What a floor's own name begins with.
const PREFIX: &str = "@floor/";

/// The same as people say it.
const SPOKEN: &str = "@runtime/";

/// What the names end with where privileges can't be gained.
const NO_NEW_PRIVILEGES: &str = "+no-new-privileges";

/// What a name asks for.
struct Asked<'n> {
    runtime: &'n str,
    version: Option<&'n str>,
    mode: NoNewPrivileges,
}

impl<'n> Asked<'n> {
    /// None where the name doesn't begin as that of a floor.
    fn parse(name: &'n str) -> Option<Self> {
        let rest = name
            .strip_prefix(PREFIX)
            .or_else(|| name.strip_prefix(SPOKEN))?;
        let (rest, mode) = match rest.strip_suffix(NO_NEW_PRIVILEGES) {
            Some(rest) => (rest, NoNewPrivileges::Set),
            None => (rest, NoNewPrivileges::Unset),
        };
        let (runtime, version) = match rest.split_once('@') {
            Some((runtime, version)) => (runtime, Some(version)),
            None => (rest, None),
        };
        Some(Self {
            runtime,
            version,
            mode,
        })
    }
}

impl Floor {
    /// The floor of a name such as `@floor/runc@1.1.5` or `@floor/runc@1.1.5+no-new-privileges`; `@runtime/` means the same.
    ///
    /// Without a version it is the newest one that was measured.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        let asked = Asked::parse(name)?;
        let is_asked = |floor: &&Self| {
            (floor.runtime, floor.no_new_privileges) == (asked.runtime, asked.mode)
                && asked.version.is_none_or(|version| floor.version == version)
        };
        let floors = Self::all().iter().filter(is_asked);
        floors.max_by_key(|floor| floor.numbers())
    }

    /// What was measured instead of a floor that was not: the other versions of its runtime or, where it has none, all floors.
    ///
    /// None where the name doesn't begin as that of a floor.
    #[must_use]
    pub fn instead_of(name: &str) -> Option<Vec<&'static Self>> {
        let asked = Asked::parse(name)?;
        let mut floors: Vec<&Self> = Self::all().iter().collect();
        floors.retain(|floor| floor.no_new_privileges == asked.mode);
        if floors.iter().any(|floor| floor.runtime == asked.runtime) {
            floors.retain(|floor| floor.runtime == asked.runtime);
        }
        floors.sort_by_key(|floor| (floor.runtime, floor.numbers()));
        Some(floors)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        let mode = match self.no_new_privileges {
            NoNewPrivileges::Set => NO_NEW_PRIVILEGES,
            NoNewPrivileges::Unset => "",
        };
        format!("{PREFIX}{}@{}{mode}", self.runtime, self.version)
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_has_its_name() {
        for floor in Floor::all() {
            assert_eq!(Floor::by_name(&floor.name()), Some(floor));
        }
    }

    #[test]
    fn without_a_version_it_is_the_newest() {
        for (name, expected) in [
            ("@runtime/runc", Some("@floor/runc@1.3.6")),
            ("@floor/runc", Some("@floor/runc@1.3.6")),
            // By number, not by letter.
            ("@floor/crun", Some("@floor/crun@1.28")),
            (
                "@runtime/runc+no-new-privileges",
                Some("@floor/runc@1.3.6+no-new-privileges"),
            ),
            ("@runtime/runc@1.1.5", Some("@floor/runc@1.1.5")),
            ("@runtime/runc@1.2", None),
            ("@runtime/runsc", None),
            ("@mount", None),
            ("runc", None),
        ] {
            let found = Floor::by_name(name).map(Floor::name);
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn what_was_not_measured_has_its_likes() {
        let names = |name| {
            let floors = Floor::instead_of(name)?;
            let names = floors.into_iter().map(Floor::name);
            Some(names.collect::<Vec<_>>().join(" "))
        };
        for (name, expected) in [
            (
                "@floor/runc@1.2",
                Some("@floor/runc@1.1.5 @floor/runc@1.3.6"),
            ),
            (
                "@runtime/runsc",
                Some("@floor/crun@1.8.1 @floor/crun@1.28 @floor/runc@1.1.5 @floor/runc@1.3.6"),
            ),
            ("@mount", None),
        ] {
            assert_eq!(names(name).as_deref(), expected, "{name}");
        }
    }
}
