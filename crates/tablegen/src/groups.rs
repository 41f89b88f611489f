//! Named groups of calls, as `groups.txt` lists them by hand.

use std::collections::BTreeSet;

use crate::Error;

/// A group: its name, what it is for, and its members in alphabetical order.
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) members: Vec<String>,
}

/// The groups in `text`: a line `@name: what it is for`, then lines of names that begin with blanks.
pub(crate) fn parse(text: &str) -> Result<Vec<Group>, Error> {
    let mut groups = Vec::<Group>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let wrong = || Error::new(format!("groups.txt: {line}"));
        if line.starts_with('@') {
            let (name, about) = line.split_once(": ").ok_or_else(wrong)?;
            groups.push(Group {
                name: name.to_owned(),
                about: about.to_owned(),
                members: Vec::new(),
            });
        } else if line.starts_with(' ') {
            let group = groups.last_mut().ok_or_else(wrong)?;
            group
                .members
                .extend(line.split_whitespace().map(str::to_owned));
        } else if !line.is_empty() {
            return Err(wrong());
        }
    }
    for group in &mut groups {
        group.members.sort();
        if let Some(pair) = group.members.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::new(format!(
                "groups.txt: {} has {} twice",
                group.name, pair[0]
            )));
        }
    }
    groups.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(groups)
}

/// Holds the groups against the calls: every member is one, and every one is a member.
///
/// # Errors
/// The names of the first few that are not.
pub(crate) fn check(text: &str, numbers: &crate::numbers::Numbers) -> Result<(), Error> {
    let groups = parse(text)?;
    let members = groups
        .iter()
        .flat_map(|group| &group.members)
        .collect::<BTreeSet<_>>();
    let calls = numbers.keys().collect::<BTreeSet<_>>();
    let differ = members
        .symmetric_difference(&calls)
        .take(9)
        .map(|name| name.as_str());
    let differ = differ.collect::<Vec<_>>();
    if differ.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!(
        "groups.txt: in no group, or no call: {}",
        differ.join(" ")
    )))
}
