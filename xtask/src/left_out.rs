//! What the suite left out, and why: whole steps, and single tests that say so in a file.
//! Apart, because it is the other half of a convention with the tests.
//!
//! A test that lacks something writes a line `left out: NAME: REASON` to the file that `CALLGATE_LEFT_OUT` names, and returns;
//! with `CALLGATE_COMPLETE=1` it fails instead.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use crate::command::Fallible;

/// Whether it may happen that something is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// What can't run here is left out and listed.
    Possible,
    /// What can't run here fails: CI.
    Complete,
}

/// The names of what was left out, by reason.
pub(crate) struct LeftOut {
    file: PathBuf,
    by_reason: BTreeMap<String, Vec<String>>,
}

/// Notes that a part of a step was left out, as a test does; an error where nothing may be.
pub(crate) fn note(name: &str, reason: &str) -> Fallible {
    let line = format!("left out: {name}: {}\n", reason.replace('\n', " "));
    if std::env::var_os("CALLGATE_COMPLETE").is_some_and(|value| value == "1") {
        return Err(line.trim_end().into());
    }
    print!("{line}");
    match std::env::var_os("CALLGATE_LEFT_OUT").filter(|path| !path.is_empty()) {
        Some(path) => Ok(fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)?
            .write_all(line.as_bytes())?),
        None => Ok(()),
    }
}

impl LeftOut {
    /// Begins with an empty file beside the program that runs.
    pub(crate) fn begin() -> Fallible<LeftOut> {
        let file = std::env::current_exe()?.with_file_name("left-out.txt");
        fs::write(&file, "")?;
        Ok(LeftOut {
            file,
            by_reason: BTreeMap::new(),
        })
    }

    /// Tells a command of tests where to write.
    pub(crate) fn tell(&self, command: &mut Command, demand: Demand) {
        command.env("CALLGATE_LEFT_OUT", &self.file);
        match demand {
            Demand::Possible => command.env_remove("CALLGATE_COMPLETE"),
            Demand::Complete => command.env("CALLGATE_COMPLETE", "1"),
        };
    }

    /// Adds a step.
    pub(crate) fn add(&mut self, name: &str, reason: &str) {
        self.by_reason
            .entry(reason.to_owned())
            .or_default()
            .push(name.to_owned());
    }

    /// Reads what tests wrote.
    pub(crate) fn read(&mut self) -> Fallible {
        let text = fs::read_to_string(&self.file)?;
        self.take(&text)
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.by_reason.values().map(Vec::len).sum()
    }

    /// Prints all of it, a reason at a time.
    pub(crate) fn print(&self) {
        for (reason, names) in &self.by_reason {
            println!("left out, {reason}:");
            for name in names {
                println!("    {name}");
            }
        }
    }

    fn take(&mut self, text: &str) -> Fallible {
        for line in text.lines() {
            let (name, reason) = line
                .strip_prefix("left out: ")
                .and_then(|rest| rest.split_once(": "))
                .ok_or_else(|| format!("{line:?} is not of the form \"left out: NAME: REASON\""))?;
            self.add(name, reason);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> LeftOut {
        LeftOut {
            file: PathBuf::new(),
            by_reason: BTreeMap::new(),
        }
    }

    #[test]
    fn lines_are_grouped_by_reason() {
        let mut left_out = empty();
        let text = "left out: a::b: not root\nleft out: c: no engine\nleft out: d::e: not root\n";
        left_out.take(text).expect("it is well formed");
        assert_eq!(left_out.len(), 3);
        assert_eq!(left_out.by_reason["not root"], ["a::b", "d::e"]);
    }

    #[test]
    fn a_line_of_another_form_is_an_error() {
        for text in ["skipped: a: b", "left out: a", ""] {
            assert_eq!(empty().take(text).is_err(), !text.is_empty(), "{text:?}");
        }
    }
}
