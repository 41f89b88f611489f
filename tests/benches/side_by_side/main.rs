//! callgate beside libseccomp, on the same input in one run: time, size, steps, attaching, and what a call costs in the kernel.
//!
//! Apart from the tests because it measures; `cargo xtask bench` runs it and says where the page and its plots go.

mod compiling;
mod growth;
mod input;
mod kernel;
mod page;
mod plot;
mod programs;
mod spread;
#[allow(unsafe_code)]
mod sys;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::compiling::Work;
use crate::page::Page;

/// Measures callgate beside libseccomp
#[derive(Parser)]
struct Arguments {
    /// Fewer rounds, and neither growth nor the cost of a call
    #[arg(long)]
    quick: bool,
    /// Where the page `bench.md` and the folder of its plots go
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
    /// Does one piece of work so many times and nothing else: what valgrind counts the instructions of
    #[arg(long, value_name = "WORK", requires = "times")]
    only: Option<Work>,
    /// How many times
    #[arg(long, value_name = "TIMES")]
    times: Option<usize>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let (Some(work), Some(times)) = (arguments.only, arguments.times) {
        compiling::repeat(work, times);
        return ExitCode::SUCCESS;
    }
    let rounds = if arguments.quick { 41 } else { 201 };
    let mut page = Page::new();
    let mut kept = compiling::measure(&mut page, rounds);
    programs::count(&mut page);
    kept &= programs::attach(&mut page, rounds);
    if !arguments.quick {
        kernel::measure(&mut page);
        growth::measure(&mut page);
    }
    print!("{}", page.text());
    if let Some(folder) = arguments.write
        && let Err(error) = page.write(&folder)
    {
        eprintln!("{}: {error}", folder.display());
        return ExitCode::FAILURE;
    }
    if kept {
        ExitCode::SUCCESS
    } else {
        eprintln!("something above got worse");
        ExitCode::FAILURE
    }
}
