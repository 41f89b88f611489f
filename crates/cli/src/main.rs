//! The callgate command: it reads what a user wrote, asks the other crates, and prints what they say.
//!
//! Every verb is a file in `verb`; nothing here or there knows what a profile means.
#![forbid(unsafe_code)]

mod annotate;
mod ask;
mod base64;
mod bases;
mod calls;
mod command;
mod compiler;
mod difference;
mod each;
mod edited;
mod failure;
mod filter;
mod flattened;
mod input;
mod known;
mod live;
mod meaning;
mod named;
mod nearest;
mod number;
mod operator;
mod output;
mod question;
mod reading;
mod render;
mod sources;
mod statistics;
mod subjects;
mod supervisor;
mod terminal;
mod verb;
mod weights;
mod words;
mod yaml;

use std::env;
use std::io::Write;
use std::panic;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::failure::{OURS, Status};
use crate::input::InputOptions;
use crate::verb::Verb;

/// From a seccomp profile to a filtered process: read, check, explain, compile, run, record
#[derive(Parser, Debug)]
#[command(name = "callgate", version, disable_help_subcommand = true, after_help = EXIT_STATUS)]
struct CommandLine {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    input: InputOptions,
    /// When to colour; `auto` is on a terminal, and honours NO_COLOR and CLICOLOR_FORCE
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        help_heading = "Global options"
    )]
    color: Color,
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

const EXIT_STATUS: &str = "Exit status: 0 yes, clean; 1 a negative answer; 2 usage, or input that means nothing; \
3 not possible here; 4 our own fault.
run and record pass on the command's: 125 ours, 126 and 127 it can't start, 128+n signal n (159: SIGSYS).";

const ORIENTATION: &str = "\
callgate: from a seccomp profile to a filtered process

  callgate run -- CMD              run CMD under Docker's default profile; no container, no root
  callgate check .                 every problem of every profile here, with its place
  callgate explain PROFILE CALL    what a profile says to a call, and why
  callgate record -o P -- CMD      write a profile from what CMD does

enforce    run · agent · record
author     new · allow · deny · fmt · min · merge · check · test · explain · diff · prove
           compile · bench · export · import · dis · sim
live       verify · ps
reference  syscall · schema · actions · doctor
A PROFILE is a path, `-`, docker:default, FILE.bpf, pid:N or container:NAME.   callgate VERB --help tells more.
";

fn main() -> ExitCode {
    panic::set_hook(Box::new(report));
    match panic::catch_unwind(answer) {
        Ok(code) => code,
        Err(_) => Status::Fault.into(),
    }
}

fn answer() -> ExitCode {
    let arguments = match CommandLine::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match arguments.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    let Some(verb) = arguments.verb else {
        return match output::answer(ORIENTATION) {
            Ok(()) => Status::Yes.into(),
            Err(failure) => failure.status.into(),
        };
    };
    match verb.run(arguments.input) {
        Ok(status) => status.into(),
        Err(failure) => {
            failure.tell();
            match failure.status {
                Status::OfCommand(status) => status.into(),
                _ if verb.starts_a_command() => OURS.into(),
                status => status.into(),
            }
        }
    }
}

/// What clap has to say: help and version are answers, everything else is a question that can't be read.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if !error.use_stderr() {
        return Status::Yes.into();
    }
    let verb = env::args_os()
        .skip(1)
        .find(|word| !word.to_string_lossy().starts_with('-'));
    let starts_a_command =
        verb.is_some_and(|verb| verb == "run" || verb == "x" || verb == "record");
    if starts_a_command {
        return OURS.into();
    }
    Status::Meaningless.into()
}

/// Our own fault, in one line: a backtrace helps no user.
fn report(fault: &panic::PanicHookInfo<'_>) {
    let payload = fault.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a fault without a message");
    let place = fault.location().map_or_else(String::new, |place| {
        format!(" ({}:{})", place.file(), place.line())
    });
    let _ = writeln!(
        std::io::stderr(),
        "callgate {}: a fault of ours: {what}{place}; please report it with the command and its input",
        env!("CARGO_PKG_VERSION"),
    );
}
