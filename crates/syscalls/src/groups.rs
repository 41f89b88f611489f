//! Named groups of calls by purpose: `@file`, `@net`, `@mount`.
//!
//! The arrangement is callgate's own, in `tables/groups.txt`; every call stands in at least one group.

use crate::Syscall;
use crate::generated::groups::GROUPS;

/// A group of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name: `@file`.
    pub name: &'static str,
    /// What its members are for, in a few words.
    pub about: &'static str,
    /// The names of its members, sorted; each is a call.
    pub members: &'static [&'static str],
}

impl Group {
    /// Whether `syscall` is a member.
    #[must_use]
    pub fn contains(&self, syscall: Syscall) -> bool {
        self.members.binary_search(&syscall.name()).is_ok()
    }
}

/// Every group, sorted by name.
#[must_use]
pub fn all() -> &'static [Group] {
    &GROUPS
}

/// The group of exactly this name, with its `@`.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Group> {
    let place = GROUPS.binary_search_by_key(&name, |group| group.name);
    place.ok().map(|place| &GROUPS[place])
}

/// The groups that `syscall` is in, at least one.
pub fn of(syscall: Syscall) -> impl Iterator<Item = &'static Group> {
    GROUPS.iter().filter(move |group| group.contains(syscall))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_members_are_sorted_and_known() {
        assert!(all().is_sorted_by(|one, two| one.name < two.name));
        for group in all() {
            assert_eq!(by_name(group.name), Some(group));
            assert!(group.name.starts_with('@') && !group.members.is_empty());
            assert!(
                group.members.is_sorted_by(|one, two| one < two),
                "{}",
                group.name
            );
            for name in group.members {
                let call = Syscall::by_name(name);
                assert!(
                    call.is_some_and(|call| group.contains(call)),
                    "{} {name}",
                    group.name
                );
            }
        }
        assert_eq!(by_name("file"), None);
    }

    #[test]
    fn every_call_has_a_group() {
        for call in Syscall::all() {
            assert!(of(call).next().is_some(), "{call}");
        }
    }

    #[test]
    fn the_groups_that_documents_name_exist() {
        for name in [
            "@debug",
            "@file",
            "@io-uring",
            "@ipc",
            "@keyring",
            "@memory",
            "@module",
            "@mount",
            "@net",
            "@process",
            "@reboot",
            "@signal",
            "@time",
        ] {
            assert!(by_name(name).is_some(), "{name}");
        }
    }
}
