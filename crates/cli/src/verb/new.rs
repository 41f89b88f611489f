//! `callgate new`: a profile to begin with, made of another one and of what it is to say differently.
//!
//! Apart from `allow` and `deny`, which edit what is there: this writes another file, and leaves its source alone.

use std::path::{Path, PathBuf};

use callgate_analyze::amend::Answer;
use callgate_profile::write;
use callgate_profile::{ActionName, ArchName};
use clap::Args;

use super::allow::refusal;
use crate::bases;
use crate::edited::{amended, tell_also};
use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::output;
use crate::reading::{Reading, TargetOptions};
use crate::subjects;

/// Write a new profile: from another one, with calls allowed and denied, each step proved to open nothing else
///
/// Without --from it refuses every call with EPERM, on the native arch; --allow names what it lets through.
/// First comes what --allow names, then what --deny does; a SPEC is as for those two verbs.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 written; 1 no edit does it; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate new --from docker:default --deny chmod,fchmod,fchmodat,fchmodat2 -o profile.json
  callgate new --from docker:default --extends --deny ptrace -o mine.json
  callgate new --allow @runtime/runc --allow @process -o profile.json"
)]
pub(crate) struct New {
    /// The profile to begin with: a path, `-`, or docker:default
    #[arg(long, value_name = "PROFILE")]
    from: Option<String>,
    /// Write only what differs from it: the profile names it by `x-extends`, which callgate reads and engines do not
    #[arg(long, requires = "from")]
    extends: bool,
    /// Calls to let through, with commas between names and groups; repeatable
    #[arg(long, value_name = "SPEC")]
    allow: Vec<String>,
    /// Calls to refuse, likewise
    #[arg(long, value_name = "SPEC")]
    deny: Vec<String>,
    /// What callers see of what --deny names: a name such as EPERM, or a number
    #[arg(long, value_name = "ERRNO", default_value = "EPERM")]
    errno: String,
    /// Where to write, or `-` for standard output; a file is there whole or not at all
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    #[command(flatten)]
    target: TargetOptions,
}

/// Writes it.
pub(crate) fn run(arguments: &New, options: InputOptions) -> Ended {
    let native = arguments.target.native()?;
    let targets = arguments.target.targets()?;
    let refused = refusal(&arguments.errno, native)?;
    let mut document = match &arguments.from {
        Some(reference) if arguments.extends => {
            let base = bases::reference(reference, Path::new(""));
            let empty = write::Document::extending(Some(base)).to_json();
            Document::new("the new profile".to_owned(), empty.into_bytes(), options)
        }
        Some(reference) => Document::read(reference, options)?,
        None => {
            let mut empty = write::Document::new(ActionName::Errno);
            empty.architectures = vec![ArchName::Known(native)];
            Document::alone("the new profile".to_owned(), empty.to_json().into_bytes())
        }
    };
    for target in &targets {
        Reading::of(document.clone(), options, target.clone())?;
    }
    let steps = [
        (&arguments.allow, Answer::Allow),
        (&arguments.deny, refused),
    ];
    for (specs, answer) in steps {
        let specs: Vec<String> = specs.iter().flat_map(|list| parts(list)).collect();
        let subjects = subjects::of(&specs, answer, native)?;
        let done = amended(&document, &subjects, answer, &targets)?;
        for (target, also) in targets.iter().zip(done.also) {
            tell_also(&document, &done.text, target, also, options)?;
        }
        document.text = done.text.into_bytes();
    }
    if arguments.output.exists() && arguments.output.is_file() {
        return Err(Failure::new(
            Status::NotPossible,
            format_args!("{}: it is there already", arguments.output.display()),
        )
        .help("`callgate allow` and `callgate deny` edit a profile"));
    }
    let text = bases::text_for(&arguments.output, &document);
    output::to_file_or_stdout(&arguments.output, &text)?;
    Ok(Status::Yes)
}

/// What stands between the commas of a list that are not in parentheses.
fn parts(list: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut parts = vec![String::new()];
    for letter in list.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("there is one").push(letter);
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn commas_in_parentheses_part_arguments() {
        for (list, expected) in [
            ("chmod", &["chmod"][..]),
            ("chmod,@mount", &["chmod", "@mount"]),
            ("openat(-100, *, 0),read,", &["openat(-100, *, 0)", "read"]),
            ("", &[]),
        ] {
            assert_eq!(parts(list), expected, "{list}");
        }
    }
}
