//! Cases: rules, calls and what each call gets, by the reference and by libseccomp where that differs.
//!
//! Apart from what runs them, so that a case is data.

use std::path::Path;
use std::{fs, io};

use callgate_policy::{Action, Policy, Rule, RuleId, SeccompData, Section};
use callgate_syscalls::Arch;
use serde::Deserialize;

use crate::notation;

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Its meaning.
    pub policy: Policy,
    /// The calls.
    pub calls: Vec<Expected>,
    /// What libseccomp makes of it as a whole.
    pub libseccomp: Libseccomp,
}

/// A call and what it gets.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The call.
    pub call: SeccompData,
    /// By the reference, the compiled program and the kernel.
    pub is: Action,
    /// By libseccomp's program.
    pub libseccomp: Action,
}

/// What libseccomp makes of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libseccomp {
    /// A program that answers every interesting call alike.
    Agrees,
    /// A program that answers some of the case's calls otherwise.
    Differs,
    /// Nothing: it refuses a rule with this errno.
    Refuses(i32),
    /// Nothing: the policy says what its API can't.
    Inexpressible,
    /// Nothing: it does not come back.
    NeverReturns,
}

/// Every case of a folder's TOML files, named after file and case.
///
/// # Errors
/// The folder or a file can't be read, or a case is wrong.
pub fn read(folder: &Path) -> io::Result<Vec<Case>> {
    let mut paths: Vec<_> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let wrong = |why: String| io::Error::other(format!("{}: {why}", path.display()));
        let file: File = toml::from_str(&fs::read_to_string(&path)?)
            .map_err(|error| wrong(error.to_string()))?;
        for written in &file.case {
            let case =
                case(&stem, written).map_err(|why| wrong(format!("{}: {why}", written.name)))?;
            cases.push(case);
        }
    }
    Ok(cases)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Written>,
}

/// A case as it is written; `cases/README.md` says what each key is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: String,
    /// Arches that are named though no rule is about them.
    #[serde(default)]
    arches: Vec<String>,
    default: String,
    #[serde(default = "kill_process")]
    bad_arch: String,
    #[serde(default)]
    rules: Vec<String>,
    calls: Vec<WrittenCall>,
    libseccomp: Option<WrittenLibseccomp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCall {
    call: String,
    is: String,
    libseccomp: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum WrittenLibseccomp {
    Refuses(i32),
    Inexpressible,
    NeverReturns,
}

fn kill_process() -> String {
    Action::KillProcess.to_string()
}

fn case(file: &str, written: &Written) -> Result<Case, String> {
    let calls = written
        .calls
        .iter()
        .map(expected)
        .collect::<Result<Vec<_>, _>>()?;
    let differs = calls.iter().any(|call| call.is != call.libseccomp);
    let libseccomp = match &written.libseccomp {
        Some(_) if differs => {
            return Err("a libseccomp that makes no program answers no call".into());
        }
        Some(WrittenLibseccomp::Refuses(errno)) => Libseccomp::Refuses(*errno),
        Some(WrittenLibseccomp::Inexpressible) => Libseccomp::Inexpressible,
        Some(WrittenLibseccomp::NeverReturns) => Libseccomp::NeverReturns,
        None if differs => Libseccomp::Differs,
        None => Libseccomp::Agrees,
    };
    Ok(Case {
        name: format!("{file}::{}", written.name),
        policy: policy(written)?,
        calls,
        libseccomp,
    })
}

fn policy(written: &Written) -> Result<Policy, String> {
    let mut sections: Vec<Section> = Vec::new();
    for name in &written.arches {
        let arch: Arch = name.parse().map_err(|error| format!("{name:?}: {error}"))?;
        sections.push(Section {
            arch,
            rules: Vec::new(),
        });
    }
    for (id, line) in (0..).map(RuleId).zip(&written.rules) {
        let (arch, rule) = notation::rule(id, line)?;
        rules_of(&mut sections, arch).push(rule);
    }
    Policy::new(
        notation::action(&written.default)?,
        notation::action(&written.bad_arch)?,
        sections,
    )
    .map_err(|error| error.to_string())
}

fn rules_of(sections: &mut Vec<Section>, arch: Arch) -> &mut Vec<Rule> {
    let place = sections
        .iter()
        .position(|section| section.arch == arch)
        .unwrap_or_else(|| {
            sections.push(Section {
                arch,
                rules: Vec::new(),
            });
            sections.len() - 1
        });
    &mut sections[place].rules
}

fn expected(written: &WrittenCall) -> Result<Expected, String> {
    let is = notation::action(&written.is)?;
    let libseccomp = written
        .libseccomp
        .as_deref()
        .map_or(Ok(is), notation::action)?;
    Ok(Expected {
        call: notation::call(&written.call)?,
        is,
        libseccomp,
    })
}
