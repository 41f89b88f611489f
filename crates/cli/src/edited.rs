//! A document after an edit: shown as a difference of lines, or written over the file.
//!
//! Apart from the verbs that edit, so that none of them touches a file unless it was told to.

use std::path::Path;

use callgate_analyze::Call;
use callgate_analyze::amend::{Amended, Answer, NotAmended, Subject, amend};
use callgate_analyze::diff::Difference;
use callgate_engines::Target;
use callgate_policy::SeccompData;
use callgate_profile::Extending;
use callgate_prove::Budget;
use callgate_syscalls::Arch;
use clap::Args;

use crate::difference;
use crate::failure::{Failure, Status};
use crate::filter::Filter;
use crate::input::{Document, InputOptions};
use crate::meaning::Meaning;
use crate::output;
use crate::reading::Reading;
use crate::verb::diff::{Entry, lines};

/// Whether a file is edited or the edit shown.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Edited {
    /// Show the edit as a difference of lines; this is what happens where nothing else is asked for
    #[arg(long, conflicts_with = "write")]
    diff: bool,
    /// Write the edit to the file
    #[arg(long)]
    write: bool,
}

impl Edited {
    /// Shows or writes what a document becomes.
    pub(crate) fn put(
        self,
        reference: &str,
        before: &Document,
        after: &str,
    ) -> Result<(), Failure> {
        if before.text == after.as_bytes() {
            return Ok(());
        }
        let is_file = !before.is_built_in() && reference != "-";
        if !self.write {
            let text = String::from_utf8_lossy(&before.text);
            output::answer(&difference::between(&before.name, &text, after))?;
            if is_file && !self.diff {
                crate::say!(
                    "{}: shown, and not written: `--write` does that",
                    before.name
                );
            }
            return Ok(());
        }
        if !is_file {
            return Err(Failure::input(format_args!(
                "{}: there is no file to write to",
                before.name
            ))
            .help("`callgate new --from` writes another"));
        }
        output::to_file_or_stdout(Path::new(reference), after.as_bytes())
    }
}

/// Lists on standard error what else a target answers differently after an edit.
pub(crate) fn tell_also(
    before: &Document,
    after: &str,
    target: &Target,
    also: Vec<Difference>,
    options: InputOptions,
) -> Result<(), Failure> {
    if also.is_empty() {
        return Ok(());
    }
    let filter = |text: &[u8]| -> Result<Filter, Failure> {
        let document = before.with_text(text.to_vec());
        let reading = Reading::of(document, options, target.clone())?;
        Ok(Filter {
            name: before.name.clone(),
            meaning: Meaning::Policy(Box::new(reading)),
        })
    };
    let filters = [filter(&before.text)?, filter(after.as_bytes())?];
    let count = also.len();
    let entries = also
        .into_iter()
        .take(MOST_LISTED)
        .map(|difference| Entry::confirmed(&filters, difference))
        .collect::<Result<Vec<_>, _>>()?;
    let answers = match count {
        1 => "1 other answer changes, and not".to_owned(),
        _ => format!("{count} other answers change, none"),
    };
    crate::say!("{target}: {answers} to a less strict one:");
    output::tell(&lines(&entries));
    if count > MOST_LISTED {
        output::tell(&format!(
            "\n  and {} more; `callgate diff` of both lists them all\n",
            count - MOST_LISTED
        ));
    }
    Ok(())
}

/// The most answers that are listed: runc's ceiling alone changes hundreds at once.
const MOST_LISTED: usize = 8;

/// The text of a document, which is UTF-8 where it means something, and its bases.
pub(crate) fn text_of(document: &Document) -> Result<Extending<'_>, Failure> {
    let text = std::str::from_utf8(&document.text).map_err(|error| {
        Failure::new(
            Status::Meaningless,
            format_args!("{}: {error}", document.name),
        )
    })?;
    Ok(Extending {
        text,
        bases: &document.bases,
    })
}

/// The document after the edit, or why there is none.
pub(crate) fn amended(
    document: &Document,
    subjects: &[Subject],
    answer: Answer,
    targets: &[Target],
) -> Result<Amended, Failure> {
    let text = text_of(document)?;
    amend(text, subjects, answer, targets, Budget::default()).map_err(|reason| {
        let status = match reason {
            NotAmended::Opens(..) | NotAmended::Stays(..) => Status::No,
            _ => Status::Meaningless,
        };
        let failure = Failure::new(status, format_args!("{}: {reason}", document.name));
        match reason {
            NotAmended::Opens(_, call) => {
                failure.help(format_args!("it would let through {}", written(&call)))
            }
            NotAmended::Stays(_, call) => failure.help(format_args!(
                "it would still be wrong for {}",
                written(&call)
            )),
            _ => failure,
        }
    })
}

fn written(call: &SeccompData) -> String {
    let SeccompData { nr, args, .. } = *call;
    match Arch::of_call(call.arch, nr) {
        Some(arch) => format!("{} on {arch}", Call { arch, nr, args }),
        None => format!("number {nr} of an arch that is not known"),
    }
}
