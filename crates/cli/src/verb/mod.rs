//! The verbs, one file each: what it takes, and what it does with it.
//!
//! Here is only the list of them.

mod actions;
mod agent;
mod allow;
mod bench;
mod check;
mod compile;
pub(crate) mod diff;
mod dis;
mod doctor;
mod explain;
mod export;
mod fmt;
mod import;
mod lsp;
mod merge;
mod min;
mod new;
mod prove;
mod ps;
mod record;
mod rule;
mod run;
mod schema;
mod sim;
mod syscall;
mod test;
mod verify;

use clap::{Subcommand, ValueEnum};

use crate::failure::Ended;
use crate::input::InputOptions;

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    #[command(alias = "x")]
    Run(run::Run),
    Record(record::Record),
    #[command(alias = "lint")]
    Check(check::Check),
    Rule(rule::Rule),
    New(new::New),
    Allow(allow::Allow),
    Deny(allow::Deny),
    Fmt(fmt::Fmt),
    Min(min::Min),
    Merge(merge::Merge),
    Test(test::Test),
    Explain(explain::Explain),
    Diff(diff::Diff),
    Prove(prove::Prove),
    Verify(verify::Verify),
    Ps(ps::Ps),
    Compile(compile::Compile),
    Bench(bench::Bench),
    Export(export::Export),
    Import(import::Import),
    #[command(alias = "disasm")]
    Dis(dis::Dis),
    #[command(aliases = ["simulate", "emu"])]
    Sim(sim::Sim),
    Syscall(syscall::Lookup),
    Schema(schema::Schema),
    Lsp(lsp::Lsp),
    Actions(actions::Actions),
    Agent(agent::Agent),
    Doctor(doctor::Doctor),
}

/// How to print one answer: for people, or as a JSON document with its "schema".
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

impl Verb {
    /// Does it.
    pub(crate) fn run(&self, options: InputOptions) -> Ended {
        match self {
            Self::Run(arguments) => run::run(arguments, options),
            Self::Record(arguments) => record::run(arguments),
            Self::Check(arguments) => check::run(arguments, options),
            Self::Rule(arguments) => rule::run(arguments),
            Self::New(arguments) => new::run(arguments, options),
            Self::Allow(arguments) => allow::allow(arguments, options),
            Self::Deny(arguments) => allow::deny(arguments, options),
            Self::Fmt(arguments) => fmt::run(arguments, options),
            Self::Min(arguments) => min::run(arguments, options),
            Self::Merge(arguments) => merge::run(arguments, options),
            Self::Test(arguments) => test::run(arguments, options),
            Self::Explain(arguments) => explain::run(arguments, options),
            Self::Diff(arguments) => diff::run(arguments, options),
            Self::Prove(arguments) => prove::run(arguments, options),
            Self::Verify(arguments) => verify::run(arguments, options),
            Self::Ps(arguments) => ps::run(arguments, options),
            Self::Compile(arguments) => compile::run(arguments, options),
            Self::Bench(arguments) => bench::run(arguments, options),
            Self::Export(arguments) => export::run(arguments, options),
            Self::Import(arguments) => import::run(arguments, options),
            Self::Dis(arguments) => dis::run(arguments, options),
            Self::Sim(arguments) => sim::run(arguments, options),
            Self::Syscall(arguments) => syscall::run(arguments),
            Self::Agent(arguments) => agent::run(arguments),
            Self::Schema(arguments) => schema::run(arguments),
            Self::Lsp(arguments) => lsp::run(arguments, options),
            Self::Actions(arguments) => actions::run(arguments),
            Self::Doctor(arguments) => doctor::run(arguments),
        }
    }

    /// Whether its exit status is a command's, so that ours is 125.
    pub(crate) const fn starts_a_command(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Record(_))
    }
}
