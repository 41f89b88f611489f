//! callgate's own tasks: `cargo xtask TASK`.
//! Apart from the crates, because it runs cargo, packages and engines, which none of them does.

#![forbid(unsafe_code)]

mod bench;
mod command;
mod dockerd;
mod engines;
mod fuzz;
mod gen_tables;
mod ground;
mod lab;
mod left_out;
mod packages;
mod python;
mod suite;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// callgate's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run everything: format, house rules, lints, documentation, tables, lab and tests
    Test(suite::Extent),
    /// Make the system call tables from kernel headers
    GenTables(gen_tables::Args),
    /// Hold the tree against the house rules and ARCHITECTURE.md's arrows
    Tidy,
    /// Measure callgate beside libseccomp, and write docs/bench.md with its plots
    Bench(bench::Extent),
    /// Put policies that coverage leads to through compiler, proof, reference, interpreter and kernel
    Fuzz(fuzz::Extent),
    /// Walk the Docker seccomp lab with Docker, callgate and crun, and print the table
    Lab(lab::Tools),
    /// Start containers by real engines, and prove their filters equal to the models
    Engines(engines::Options),
    /// Measure which calls the container runtimes need between loading a filter and starting the program
    GenFloors(engines::SiteOptions),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test(extent) => suite::run(&extent),
        Task::GenTables(args) => gen_tables::run(&args).map_err(Into::into),
        Task::Tidy => tidy::run(),
        Task::Bench(extent) => packages::install().and_then(|()| bench::run(&extent)),
        Task::Fuzz(extent) => fuzz::run(&extent),
        Task::Lab(tools) => packages::install().and_then(|()| lab::run(&tools)),
        Task::Engines(options) => engines::run(&options),
        Task::GenFloors(options) => engines::gen_floors(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
