//! The profiles of the rows: written in the row, built in, or made from another.
//! Apart from the rows, because some need work: names are removed, a recording is read.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::workshop::Workshop;
use crate::command::Fallible;

/// Which profile a row runs under.
#[derive(Clone, Debug)]
pub(super) enum Profile {
    /// None at all.
    Unconfined,
    /// What the engine takes of itself; for callgate its own `docker:default`.
    EngineDefault,
    /// callgate's `docker:default` as a file, without these calls.
    DefaultWithout(&'static [&'static str]),
    /// What `callgate record` wrote in an earlier row.
    Recorded,
    /// The same with the calls that the runtimes make before they start the program, without these.
    RecordedWithFloor { without: &'static [&'static str] },
    /// This document.
    Document(Value),
}

/// What a way is given.
pub(super) enum Given {
    /// No filter.
    Nothing,
    /// No file: what is built in.
    Builtin,
    /// A profile in Docker's dialect.
    File(PathBuf),
}

/// What runc 1.1.5 makes between loading the filter and starting the program.
pub(super) const RUNC_FLOOR: [&str; 26] = [
    "capget",
    "capset",
    "chdir",
    "close",
    "epoll_ctl",
    "execve",
    "exit_group",
    "faccessat2",
    "fcntl",
    "fstat",
    "fstatfs",
    "futex",
    "getcwd",
    "getdents64",
    "getpid",
    "getppid",
    "newfstatat",
    "openat",
    "prctl",
    "read",
    "rt_sigreturn",
    "setgid",
    "setgroups",
    "setuid",
    "tgkill",
    "write",
];

/// The same with no-new-privileges, where runc loads the filter last.
pub(super) const RUNC_FLOOR_NO_NEW_PRIVILEGES: [&str; 13] = [
    "close",
    "epoll_ctl",
    "execve",
    "exit_group",
    "fcntl",
    "fstatfs",
    "futex",
    "getdents64",
    "getpid",
    "openat",
    "rt_sigreturn",
    "tgkill",
    "write",
];

/// What crun makes, and runc does not.
const CRUN_FLOOR: [&str; 4] = ["rt_sigaction", "rt_sigprocmask", "setresgid", "setresuid"];

/// Where `callgate record` of the lab writes.
pub(super) const RECORDED: &str = "recorded.json";

const DOCKER_DEFAULT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/profile/builtin/docker-default.json"
);

impl Profile {
    /// A profile that allows these calls and refuses all others.
    pub(super) fn allowing<'a>(names: impl IntoIterator<Item = &'a str>) -> Profile {
        let names: Vec<&str> = names.into_iter().collect();
        Profile::Document(json!({
            "defaultAction": "SCMP_ACT_ERRNO",
            "syscalls": [{ "names": names, "action": "SCMP_ACT_ALLOW" }],
        }))
    }

    /// A profile that allows everything but what these rules say.
    pub(super) fn with_rules(rules: Value) -> Profile {
        Profile::Document(json!({ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules }))
    }

    /// Lays the profile down for a way.
    pub(super) fn give(&self, workshop: &Workshop) -> Fallible<Given> {
        let document = match self {
            Profile::Unconfined => return Ok(Given::Nothing),
            Profile::EngineDefault => return Ok(Given::Builtin),
            Profile::Recorded => return Ok(Given::File(workshop.folder().join(RECORDED))),
            Profile::DefaultWithout(names) => without(&fs::read_to_string(DOCKER_DEFAULT)?, names)?,
            Profile::RecordedWithFloor { without: names } => {
                let mut recorded: Value = without(
                    &fs::read_to_string(workshop.folder().join(RECORDED))?,
                    names,
                )?;
                let floor: Vec<&str> = RUNC_FLOOR.into_iter().chain(CRUN_FLOOR).collect();
                recorded["syscalls"]
                    .as_array_mut()
                    .ok_or("a recorded profile without syscalls")?
                    .push(json!({ "names": floor, "action": "SCMP_ACT_ALLOW" }));
                recorded
            }
            Profile::Document(document) => document.clone(),
        };
        let path = workshop.folder().join("profile.json");
        fs::write(&path, document.to_string())?;
        Ok(Given::File(path))
    }
}

fn without(text: &str, names: &[&str]) -> Fallible<Value> {
    let mut document: Value = serde_json::from_str(text)?;
    let rules = document["syscalls"]
        .as_array_mut()
        .ok_or("a profile without syscalls")?;
    let count = |rules: &[Value]| {
        rules
            .iter()
            .filter_map(|rule| rule["names"].as_array())
            .map(Vec::len)
            .sum::<usize>()
    };
    let before = count(rules);
    for rule in &mut *rules {
        if let Some(rule_names) = rule["names"].as_array_mut() {
            rule_names.retain(|name| !names.iter().any(|removed| name == removed));
        }
    }
    rules.retain(|rule| {
        rule["names"]
            .as_array()
            .is_none_or(|names| !names.is_empty())
    });
    if !names.is_empty() && count(rules) == before {
        return Err(format!("the profile names none of {}", names.join(", ")).into());
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_removed_and_emptied_rules_go() {
        let text = r#"{"syscalls":[{"names":["chmod","read"]},{"names":["fchmod"]}]}"#;
        let left = without(text, &["chmod", "fchmod"]).expect("it names both");
        assert_eq!(left, json!({ "syscalls": [{ "names": ["read"] }] }));
    }

    #[test]
    fn nothing_to_remove_is_an_error() {
        let error =
            without(r#"{"syscalls":[{"names":["read"]}]}"#, &["chmod"]).expect_err("no chmod");
        assert_eq!(error.to_string(), "the profile names none of chmod");
    }
}
