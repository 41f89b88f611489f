//! A test file: TOML, with the line of everything that can be wrong.
//!
//! Apart from the running, because a mistake in a test is told before anything runs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use callgate_analyze::expect::Expected;
use callgate_engines::Engine;
use callgate_syscalls::Arch;
use serde::Deserialize;
use toml::Spanned;

use crate::failure::Failure;
use crate::input::{self, InputOptions};
use crate::named::Named;
use crate::question::Question;
use crate::words;

/// A test.
pub(super) struct TestFile {
    /// What to call it in messages.
    pub(super) name: String,
    /// The profile, as a PROFILE argument from here.
    pub(super) profile: String,
    /// Who reads it; callgate, where nobody is named.
    pub(super) engines: Vec<Engine>,
    /// The arches; none named are those of the profile.
    pub(super) arches: Vec<Arch>,
    pub(super) expectations: Vec<Expectation>,
    pub(super) commands: Vec<Command>,
}

/// One `[[expect]]`.
pub(super) struct Expectation {
    pub(super) line: usize,
    /// As it was written.
    pub(super) call: String,
    pub(super) calls: Calls,
    pub(super) verdict: Expected,
}

/// What an expectation is about.
pub(super) enum Calls {
    /// One call, perhaps with arguments.
    One(Question),
    /// Names that stand for all their calls.
    Names(&'static [&'static str]),
}

/// One `[[run]]`.
pub(super) struct Command {
    pub(super) line: usize,
    pub(super) words: Vec<String>,
    /// The exit status.
    pub(super) exit: u8,
    /// What standard output and standard error have to contain.
    pub(super) stdout: Option<String>,
    pub(super) stderr: Option<String>,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    profile: String,
    #[serde(default)]
    targets: Vec<Spanned<String>>,
    #[serde(default)]
    archs: Vec<Spanned<String>>,
    #[serde(default)]
    expect: Vec<WrittenExpectation>,
    #[serde(default)]
    run: Vec<WrittenCommand>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExpectation {
    call: Spanned<String>,
    verdict: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCommand {
    cmd: Spanned<Vec<String>>,
    #[serde(default)]
    exit: u8,
    stdout: Option<String>,
    stderr: Option<String>,
    #[serde(default = "a_minute")]
    seconds: u16,
}

const fn a_minute() -> u16 {
    60
}

impl TestFile {
    /// Reads a test.
    pub(super) fn read(path: &Path, options: InputOptions) -> Result<Self, Failure> {
        let reference = path.to_string_lossy();
        let name = input::title(&reference);
        let bytes = input::bytes_of(&reference, options)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Failure::input(format_args!("{name}: not UTF-8, which TOML is")))?;
        let at = |place: usize| text[..place.min(text.len())].matches('\n').count() + 1;
        let wrong = |place: usize, message: &dyn std::fmt::Display| {
            Failure::input(format_args!("{name}:{}: {message}", at(place)))
        };
        let written: Written = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            wrong(place, &error.message())
        })?;
        let mut test = Self {
            profile: beside(path, &written.profile),
            engines: Vec::new(),
            arches: Vec::new(),
            expectations: Vec::new(),
            commands: Vec::new(),
            name: name.clone(),
        };
        for target in &written.targets {
            let engine = target.get_ref().parse();
            test.engines
                .push(engine.map_err(|error| wrong(target.span().start, &error))?);
        }
        if test.engines.is_empty() {
            test.engines.push(Engine::Callgate);
        }
        for arch in &written.archs {
            let known = arch.get_ref().parse::<Arch>().map_err(|error| {
                let message = format!("`{}`: {error}", words::harmless(arch.get_ref()));
                wrong(arch.span().start, &message)
            });
            test.arches.push(known?);
        }
        for WrittenExpectation { call, verdict } in written.expect {
            let verdict = verdict.get_ref().parse().map_err(|error| {
                let message = format!("`{}`: {error}", words::harmless(verdict.get_ref()));
                wrong(verdict.span().start, &message)
            })?;
            test.expectations.push(Expectation {
                line: at(call.span().start),
                calls: calls(call.get_ref())
                    .map_err(|message| wrong(call.span().start, &message))?,
                call: call.into_inner(),
                verdict,
            });
        }
        for command in written.run {
            let place = command.cmd.span().start;
            if command.cmd.get_ref().is_empty() {
                return Err(wrong(place, &"a command has one word at least"));
            }
            test.commands.push(Command {
                line: at(place),
                words: command.cmd.into_inner(),
                exit: command.exit,
                stdout: command.stdout,
                stderr: command.stderr,
                limit: Duration::from_secs(command.seconds.into()),
            });
        }
        match test.expectations.is_empty() && test.commands.is_empty() {
            true => Err(wrong(0, &"there is no [[expect]] and no [[run]]")),
            false => Ok(test),
        }
    }
}

/// A profile's path is from the test's folder; a reference is what it is.
fn beside(test: &Path, profile: &str) -> String {
    let file: PathBuf = test.parent().unwrap_or(Path::new("")).join(profile);
    match callgate_profile::builtin::by_name(profile).is_some()
        || profile.contains(':') && !file.exists()
    {
        true => profile.to_owned(),
        false => file.to_string_lossy().into_owned(),
    }
}

fn calls(text: &str) -> Result<Calls, String> {
    if !text.starts_with('@') {
        return Question::parse(text, &[]).map(Calls::One);
    }
    let named = Named::by_name(text)?;
    Ok(Calls::Names(named.needed()))
}
