//! `cargo xtask gen-floors`: measures which calls a runtime makes between loading the filter and starting the program.
//! Apart from the comparison, because it makes data for the tree: the table of callgate-engines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::bundle::{Bundle, Privileges};
use super::cgroup;
use super::engine::{Caps, NAME, refusal};
use super::site::Site;
use super::trace::{UnderFilter, under_filter};
use crate::command::{Fallible, capture};
use crate::ground::Ground;

/// How often a container is started for each answer: the sets are not the same every time.
const STARTS: usize = 25;

/// How often it is started to see all calls; strace slows it down, so that rare ones are seen more often.
const TRACED: usize = 60;

/// A runtime that hangs is ended after so many seconds.
const SECONDS: &str = "5";

/// What the program of the container needs.
const PROGRAM: &str = "exit_group";

/// A call that nobody makes here, to be named by a filter that lets all others.
const NEVER_MADE: &str = "reboot";

/// What most profiles refuse calls with.
const EPERM: u16 = 1;

/// What a kernel answers that lacks a call.
const ENOSYS: u16 = 38;

const TABLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/engines/src/floors/measured.rs"
);

type Calls = BTreeSet<String>;

/// A runtime that is measured.
struct Measured<'s> {
    program: &'static str,
    version: String,
    ground: Ground,
    folder: PathBuf,
    site: &'s Site,
    privileges: Privileges,
}

/// Measures every runtime of every ground, and puts the rows into the table.
pub(super) fn measure(site: &Site) -> Fallible {
    let mut rows = Vec::new();
    for ground in site.grounds()? {
        for program in ["runc", "crun"] {
            for privileges in [Privileges::Kept, Privileges::NoNew] {
                let measured = Measured {
                    program,
                    version: ground.version(program)?,
                    ground: ground.clone(),
                    folder: site.folder_for(program)?,
                    site,
                    privileges,
                };
                rows.push(measured.row()?);
            }
        }
    }
    write(rows)
}

impl Measured<'_> {
    /// The row of the table.
    fn row(&self) -> Fallible<Row> {
        let made = self.made()?;
        let needed = self.failing(&made, EPERM)?;
        let needed_at_all = self.failing(&needed, ENOSYS)?;
        let says = self.start(&json!({ "defaultAction": "SCMP_ACT_ERRNO" }))?;
        let says = says.ok_or("it starts under a filter that refuses everything")?;
        println!(
            "{} {} {:?}: makes {}, needs {}, {} of them at all: {}",
            self.program,
            self.version,
            self.privileges,
            made.len(),
            needed.len(),
            needed_at_all.len(),
            joined(&needed, " ")
        );
        let mode = match self.privileges {
            Privileges::Kept => "Unset",
            Privileges::NoNew => "Set",
        };
        Ok(Row {
            subject: format!(
                "runtime: \"{}\", version: \"{}\", no_new_privileges: NoNewPrivileges::{mode}",
                self.program, self.version
            ),
            says: format!("{says:?}"),
            needed,
            needed_at_all,
            made,
        })
    }

    /// All calls that are seen under a filter, and with these alone it starts every time also where others kill.
    fn made(&self) -> Fallible<Calls> {
        let mut made = Calls::new();
        let open = json!({
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{ "names": [NEVER_MADE], "action": "SCMP_ACT_ERRNO" }],
        });
        for _ in 0..TRACED {
            made.extend(self.traced(&open)?.made);
        }
        if !made.contains("execve") {
            return Err(format!("{}: no filter or no execve was seen", self.program).into());
        }
        let mut starts = 0;
        while starts < STARTS {
            let profile = kill_profile(&made);
            if self.start(&profile)?.is_none() {
                starts += 1;
                continue;
            }
            // It happens again with strace, sooner or later.
            let mut seen = None;
            for _ in 0..TRACED {
                seen = self.traced(&profile)?.killed_at;
                if seen.is_some() {
                    break;
                }
            }
            match seen {
                Some(call) => drop(made.insert(call)),
                None => println!(
                    "{}: killed at a call that strace did not see again",
                    self.program
                ),
            }
            starts = 0;
        }
        Ok(made)
    }

    /// The calls of which it takes one answered with this errno, all others made, and some start fails.
    fn failing(&self, calls: &Calls, errno: u16) -> Fallible<Calls> {
        let mut failing = Calls::new();
        for call in calls {
            let alone = json!({
                "defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [{ "names": [call], "action": "SCMP_ACT_ERRNO", "errnoRet": errno }],
            });
            if self.fails(&alone)? {
                failing.insert(call.clone());
            }
        }
        Ok(failing)
    }

    /// Whether one of many starts fails.
    fn fails(&self, profile: &Value) -> Fallible<bool> {
        for _ in 0..STARTS {
            if self.start(profile)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Starts a container to its end: none if it came there, else what the runtime said.
    fn start(&self, profile: &Value) -> Fallible<Option<String>> {
        self.prepare(profile)?;
        let mut command = cgroup::for_runtime(self.program, &self.ground);
        command.args(["timeout", "--kill-after=1", SECONDS]);
        let said = refusal(self.run(&mut command), &self.folder)?;
        if said.is_some() {
            self.remove()?;
        }
        Ok(said)
    }

    /// The same under strace, whatever comes of it.
    fn traced(&self, profile: &Value) -> Fallible<UnderFilter> {
        self.prepare(profile)?;
        let trace = self.folder.join("trace");
        let mut command = cgroup::for_runtime(self.program, &self.ground);
        command.args(["timeout", "--kill-after=1", SECONDS]);
        command.args(["strace", "-f", "-qq", "-o"]).arg(&trace);
        if refusal(self.run(&mut command), &self.folder)?.is_some() {
            self.remove()?;
        }
        Ok(under_filter(&fs::read_to_string(trace)?))
    }

    fn run<'c>(&self, command: &'c mut Command) -> &'c Command {
        let state = format!("--root={}", self.folder.join("state").display());
        command.args([self.program, &state, "run", "--bundle"]);
        command.arg(&self.folder).arg(NAME)
    }

    fn prepare(&self, profile: &Value) -> Fallible {
        let cgroup = format!("{}/{NAME}", self.site.cgroup()?);
        let bundle = Bundle {
            rootfs: &self.site.rootfs(),
            program: &["/end"],
            seccomp: profile.clone(),
            caps: Caps::Docker,
            privileges: self.privileges,
            cgroup: (self.program == "runc").then_some(cgroup),
        };
        bundle.write(&self.folder)
    }

    fn remove(&self) -> Fallible {
        let mut command = cgroup::for_runtime(self.program, &self.ground);
        let state = format!("--root={}", self.folder.join("state").display());
        capture(command.args([self.program, &state, "delete", "--force", NAME])).map(drop)
    }
}

/// A filter that kills at every call but these.
fn kill_profile(calls: &Calls) -> Value {
    let names: Vec<&str> = calls.iter().map(String::as_str).chain([PROGRAM]).collect();
    json!({
        "defaultAction": "SCMP_ACT_KILL_PROCESS",
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{ "names": names, "action": "SCMP_ACT_ALLOW" }],
    })
}

/// A row of the table.
struct Row {
    /// What it is about, as it stands in the table: runtime, version and privileges.
    subject: String,
    /// What the runtime says of a filter that refuses everything.
    says: String,
    needed: Calls,
    needed_at_all: Calls,
    made: Calls,
}

impl Row {
    /// Reads a line of the table back.
    fn read(line: &str) -> Option<Row> {
        let (subject, rest) = line
            .trim()
            .strip_prefix("Floor { ")?
            .split_once(", says: ")?;
        let (says, rest) = rest.split_once(", needed: &[")?;
        let (needed, rest) = rest.split_once("], needed_at_all: &[")?;
        let (needed_at_all, rest) = rest.split_once("], made: &[")?;
        let (made, _) = rest.split_once(']')?;
        let calls = |list: &str| {
            let names = list.split(", ").map(|name| name.trim_matches('"'));
            names
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        };
        Some(Row {
            subject: subject.to_owned(),
            says: says.to_owned(),
            needed: calls(needed),
            needed_at_all: calls(needed_at_all),
            made: calls(made),
        })
    }

    fn line(&self) -> String {
        format!(
            "    Floor {{ {}, says: {}, needed: &[{}], needed_at_all: &[{}], made: &[{}] }},",
            self.subject,
            self.says,
            quoted(&self.needed),
            quoted(&self.needed_at_all),
            quoted(&self.made)
        )
    }
}

/// Puts rows into the table, each together with what was seen before of the same runtime, version and privileges.
fn write(rows: Vec<Row>) -> Fallible {
    let old = fs::read_to_string(TABLE)?;
    let (head, _) = old.split_once("&[\n").ok_or("the table has no head")?;
    let mut all: BTreeMap<String, Row> = BTreeMap::new();
    for row in old.lines().filter_map(Row::read).chain(rows) {
        match all.get_mut(&row.subject) {
            Some(seen) => {
                seen.says = row.says;
                seen.needed.extend(row.needed);
                seen.needed_at_all.extend(row.needed_at_all);
                seen.made.extend(row.made);
            }
            None => drop(all.insert(row.subject.clone(), row)),
        }
    }
    let lines: Vec<String> = all.values().map(Row::line).collect();
    Ok(fs::write(
        TABLE,
        format!("{head}&[\n{}\n];\n", lines.join("\n")),
    )?)
}

fn quoted(calls: &Calls) -> String {
    let names: Vec<String> = calls.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

fn joined(calls: &Calls, between: &str) -> String {
    calls.iter().cloned().collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_back() {
        let line = r#"    Floor { runtime: "crun", version: "1.28", no_new_privileges: NoNewPrivileges::Set, says: "no, \"no\"", needed: &["execve"], needed_at_all: &[], made: &["close", "execve"] },"#;
        let row = Row::read(line).expect("a row");
        assert_eq!(row.made.len(), 2);
        assert_eq!(row.line(), line);
        assert!(Row::read("];").is_none());
    }
}
