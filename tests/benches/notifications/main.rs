//! What a call costs that a supervisor answers: callgate beside the smallest loop in C, with several callers, and by an external plugin.
//!
//! Apart from `side_by_side`, where nobody answers: here two processes take turns, and placement costs more than code.

mod caller;
mod server;
#[path = "../side_by_side/spread.rs"]
#[allow(dead_code, reason = "a module of another benchmark")]
mod spread;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{fs, thread};

use clap::Parser;

use crate::caller::{Caller, Placement};
use crate::server::Server;
use crate::spread::interleaved;

/// How much dearer than the smallest loop a notification shall be at most.
const AIM: f64 = 1.3;

/// Above this something got worse: what was reached, and what a noisy machine may add.
const MOST: f64 = 1.6;

/// How many callers there are where there are several.
const CALLERS: usize = 8;

/// Measures what a notification costs
#[derive(Parser)]
struct Arguments {
    /// Fewer rounds
    #[arg(long)]
    quick: bool,
    /// Where the page goes
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Serves a caller that standard input orders about, as one of the servers
    #[arg(long, hide = true)]
    server: Option<Server>,
    /// The threads of that caller
    #[arg(long, hide = true, default_value = "1")]
    threads: usize,
    /// Is that caller
    #[arg(long, hide = true)]
    caller: bool,
    /// Is the external plugin
    #[arg(long, hide = true)]
    plugin: bool,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.plugin {
        return server::answer_as_a_plugin();
    }
    if arguments.caller {
        return caller::serve_orders(arguments.threads);
    }
    if let Some(server) = arguments.server {
        return server.serve(arguments.threads);
    }
    let rounds = if arguments.quick { 41 } else { 301 };
    let (text, ratio) = measured(rounds);
    print!("{text}");
    if let Some(path) = arguments.write
        && let Err(error) = fs::write(&path, &text)
    {
        eprintln!("{}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    if ratio <= MOST {
        ExitCode::SUCCESS
    } else {
        eprintln!("{ratio:.2} is more than {MOST}, so something got worse");
        ExitCode::FAILURE
    }
}

/// The page, and how much dearer than the smallest loop callgate is.
fn measured(rounds: usize) -> (String, f64) {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut text = format!(
        "# What a notification costs\n\n\
         Made by `cargo xtask bench` on x86_64, Linux {}; do not edit.\n\
         Times are of one noisy machine, so look at the ratios.\n\n\
         `getppid`, which a supervisor answers with \"go on\": microseconds of a call, the median of {rounds} batches.\n\
         On one processor caller and supervisor are pinned to the same one, all at the same time, and batches take turns.\n",
        kernel.trim()
    );
    compile_the_smallest();
    let pinned = [Server::Smallest, Server::Callgate, Server::External];
    let mut callers: Vec<Caller> = pinned
        .iter()
        .map(|&server| Caller::start(server, 1, Placement::OneProcessor))
        .collect();
    let mut timed: Vec<_> = callers
        .iter_mut()
        .map(|caller| || caller.microseconds())
        .collect();
    let mut timed: Vec<_> = timed
        .iter_mut()
        .map(|work| work as &mut dyn FnMut() -> f64)
        .collect();
    let spreads = interleaved(rounds, &mut timed);
    let base = spreads[0].median();
    text.push_str(
        "\n| on one processor | microseconds | of the smallest loop |\n| --- | ---: | ---: |\n",
    );
    for (server, spread) in pinned.iter().zip(&spreads) {
        let ratio = spread.median() / base;
        let _ = writeln!(
            text,
            "| {} | {:.2} | {ratio:.2} |",
            server.about(),
            spread.median()
        );
    }
    let ratio = spreads[1].median() / base;
    let word = if ratio <= AIM {
        "reached"
    } else {
        "not reached"
    };
    let _ = writeln!(
        text,
        "\nA handler's notification costs {ratio:.2} times as much as the smallest loop's; the aim of {AIM} is {word}."
    );
    drop(callers);

    let processors = thread::available_parallelism().map_or(1, usize::from);
    let _ = write!(
        text,
        "\n| {CALLERS} callers on {processors} processors | calls a second |\n| --- | ---: |\n"
    );
    for server in [Server::Smallest, Server::Callgate] {
        let mut callers = Caller::start(server, CALLERS, Placement::Anywhere);
        let mut timed = || callers.microseconds();
        let spread = interleaved(rounds.min(41), &mut [&mut timed]);
        let a_second = 1e6 / spread[0].median();
        let _ = writeln!(text, "| {} | {a_second:.0} |", server.about());
    }
    (text, ratio)
}

/// Where the smallest loop is, once it is compiled.
fn smallest() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("smallest")
}

fn compile_the_smallest() {
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/notifications/smallest.c"
    );
    let compiled = Command::new("cc")
        .args(["-O2", "-o"])
        .arg(smallest())
        .arg(source)
        .status();
    assert!(
        compiled.is_ok_and(|status| status.success()),
        "cc compiles {source}"
    );
}
