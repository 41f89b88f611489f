//! `callgate lsp`: a language server, which shows an editor what `check`, `syscall`, `explain` and `fmt` know.
//!
//! Apart from those verbs, because here texts change while one looks at them; what is said of them is theirs.

mod answers;
mod completion;
mod fields;
mod findings;
mod hover;
mod place;
mod server;
mod text;

use callgate_analyze::Context;
use clap::Args;
use lsp_server::Connection;

use self::server::Server;
use crate::failure::{Ended, Failure, Status};
use crate::input::InputOptions;
use crate::reading::TargetOptions;
use crate::verb::check::Looks;

/// Serve an editor over standard input and output: problems as one types, their fixes, what a call is, other answers for it, words, layout
///
/// A language server of the Language Server Protocol: editors start it themselves.
/// Texts with a "defaultAction" are profiles, whatever their names are, and so are YAML files that have a SeccompProfile.
/// Fixes that are proved to let no more calls through are marked as preferred.
/// Where no target is named, a profile is read by whom `check` names.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 ended as the editor asked; 1 the editor was gone before that; 2 what came was no message.

Examples:
  callgate lsp                      what an editor is told to start
  callgate lsp --target docker@28   problems and verdicts as Docker 28 reads profiles"
)]
pub(crate) struct Lsp {
    /// Where the profiles are used, which decides what is out of the ordinary: container, artifact, host, service or sandbox
    #[arg(long, value_name = "CONTEXT", default_value = "container")]
    context: Context,
    #[command(flatten)]
    target: TargetOptions,
}

/// Serves until the editor ends.
pub(crate) fn run(arguments: &Lsp, options: InputOptions) -> Ended {
    // Said before an editor waits for answers.
    let targets = arguments.target.targets()?;
    let (connection, threads) = Connection::stdio();
    let looks = Looks {
        target: arguments.target.clone(),
        context: arguments.context,
        options,
    };
    let ended = Server::new(looks, targets).serve(&connection);
    // The writing thread ends when nobody can send any more.
    drop(connection);
    let read = threads.join();
    match (ended, read) {
        (Ok(true), _) => Ok(Status::Yes),
        (_, Err(reason)) => Err(Failure::input(format_args!("lsp: {reason}"))),
        (Ok(false), Ok(())) => Ok(Status::No),
        (Err(reason), Ok(())) => Err(Failure::input(format_args!("lsp: {reason}"))),
    }
}
