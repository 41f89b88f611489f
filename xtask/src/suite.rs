//! `cargo xtask test`: every check that the project has, in one command, with what was left out and why.
//! Apart from the checks, which know nothing of each other.

use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;

use crate::command::{Fallible, capture, succeed};
use crate::left_out::{Demand, LeftOut};
use crate::packages::{self, KERNEL_HEADERS, LIBCLANG, LIBSECCOMP, Need, VALGRIND};
use crate::{bench, engines, lab, python, tidy};

/// How much of the suite runs.
#[derive(Args)]
pub(crate) struct Extent {
    /// Only formatting, house rules, lints and tests: no installation, no documentation, no tables, no lab, no engines
    #[arg(long, conflicts_with = "complete")]
    quick: bool,
    /// Fail if anything is left out, as with CI=true
    #[arg(long)]
    complete: bool,
}

/// One check.
struct Step {
    name: &'static str,
    /// Whether `--quick` leaves it out.
    thorough: bool,
    /// Why it can't run on this machine, or none.
    missing: fn() -> Option<String>,
    check: fn(&LeftOut, Demand) -> Fallible<End>,
}

/// How a check ended.
enum End {
    Passed,
    Failed(String),
    LeftOut,
    /// Left out for a reason that is not this machine's, so that nobody can demand it.
    Excused(String),
}

const STEPS: [Step; 10] = [
    Step {
        name: "format",
        thorough: false,
        missing: nothing,
        check: |_, _| passes(&mut cargo(&["fmt", "--all", "--", "--check", "-l"])),
    },
    Step {
        name: "house rules",
        thorough: false,
        missing: nothing,
        check: |_, _| tidy::run().map(|()| End::Passed),
    },
    Step {
        name: "lints",
        thorough: false,
        missing: nothing,
        check: |_, _| lints(),
    },
    Step {
        name: "documentation",
        thorough: true,
        missing: nothing,
        check: |_, _| documentation(),
    },
    Step {
        name: "tables",
        thorough: true,
        missing: || Need::missing([&LIBCLANG]),
        check: |_, _| tables(),
    },
    Step {
        name: "tables of this machine's headers",
        thorough: true,
        missing: || Need::missing([&LIBCLANG, &KERNEL_HEADERS]),
        check: |_, _| tables_of_this_machine(),
    },
    Step {
        name: "lab",
        thorough: true,
        missing: lab::missing,
        check: |_, _| lab::run(&lab::Tools::default()).map(|()| End::Passed),
    },
    Step {
        name: "engines",
        thorough: true,
        missing: engines::missing,
        check: real_engines,
    },
    Step {
        name: "benchmarks",
        thorough: true,
        missing: || Need::missing([&LIBSECCOMP, &VALGRIND]),
        check: |_, _| bench::run(&bench::Extent { quick: true }).map(|()| End::Passed),
    },
    Step {
        name: "tests",
        thorough: false,
        missing: nothing,
        check: tests,
    },
];

/// Runs all steps, goes on after one that failed, and prints the sum at the end.
pub(crate) fn run(extent: &Extent) -> Fallible {
    let start = Instant::now();
    let demand = match extent.complete || std::env::var("CI").is_ok_and(|value| value == "true") {
        true => Demand::Complete,
        false => Demand::Possible,
    };
    if !extent.quick {
        // What is missing then is left out, each part with its reason.
        packages::install().unwrap_or_else(|error| println!("packages: {error}"));
        python::install().unwrap_or_else(|error| println!("Python's packages: {error}"));
    }
    let mut left_out = LeftOut::begin()?;
    if let Some(reason) = Need::missing([&LIBSECCOMP]) {
        left_out.add("tests of callgate-oracle and callgate-tests", &reason);
    }
    let mut ends = Vec::new();
    for step in &STEPS {
        let reason = match step.thorough && extent.quick {
            true => Some("--quick".to_owned()),
            false => (step.missing)(),
        };
        let begun = Instant::now();
        println!("\n== {}", step.name);
        let end = match reason {
            Some(reason) => {
                println!("left out: {reason}");
                left_out.add(step.name, &reason);
                End::LeftOut
            }
            None => match (step.check)(&left_out, demand) {
                Ok(end) => end,
                Err(error) => {
                    println!("{}: {error}", step.name);
                    End::Failed(error.to_string())
                }
            },
        };
        ends.push((step.name, end, begun.elapsed()));
    }
    left_out.read()?;
    sum(&ends, &left_out, demand, start.elapsed())
}

/// Prints the steps as `cargo test` prints tests; an error if one failed, or was left out and must not be.
fn sum(
    ends: &[(&str, End, Duration)],
    left_out: &LeftOut,
    demand: Demand,
    took: Duration,
) -> Fallible {
    println!();
    left_out.print();
    for (name, end, _) in ends {
        if let End::Excused(reason) = end {
            println!("left out, and not demanded of any machine:\n    {name}: {reason}");
        }
    }
    println!("\nrunning {} tests", ends.len());
    for (name, end, took) in ends {
        let word = match end {
            End::Passed => "ok",
            End::Failed(_) => "FAILED",
            End::LeftOut | End::Excused(_) => "ignored",
        };
        println!("test {name} ... {word} ({:.1}s)", took.as_secs_f64());
    }
    let count = |wanted: fn(&End) -> bool| ends.iter().filter(|(_, end, _)| wanted(end)).count();
    let failed = count(|end| matches!(end, End::Failed(_)));
    let incomplete = demand == Demand::Complete && left_out.len() > 0;
    println!(
        "\ntest result: {}. {} passed; {failed} failed; {} ignored; 0 measured; 0 filtered out; finished in {:.2}s",
        if failed > 0 || incomplete {
            "FAILED"
        } else {
            "ok"
        },
        count(|end| matches!(end, End::Passed)),
        left_out.len() + count(|end| matches!(end, End::Excused(_))),
        took.as_secs_f64()
    );
    let failures = ends.iter().filter_map(|(name, end, _)| match end {
        End::Failed(error) => Some(format!("{name}: {error}")),
        End::Passed | End::LeftOut | End::Excused(_) => None,
    });
    match failures.collect::<Vec<_>>().join("\n    ") {
        failures if !failures.is_empty() => Err(format!("\n    {failures}").into()),
        _ if incomplete => Err(format!(
            "{} parts were left out, and everything has to run here",
            left_out.len()
        )
        .into()),
        _ => Ok(()),
    }
}

fn lints() -> Fallible<End> {
    let mut command = cargo(&["clippy", "--quiet", "--workspace", "--all-targets"]);
    command.args(["--features", WITH_LIBSECCOMP]);
    passes(command.args(["--", "-D", "warnings"]))
}

/// The feature that builds the real libseccomp into the command.
const WITH_LIBSECCOMP: &str = "callgate-cli/libseccomp";

fn documentation() -> Fallible<End> {
    passes(
        cargo(&["doc", "--quiet", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// The whole way from the headers where the archive still has them; from the committed data where it does not.
fn tables() -> Fallible<End> {
    let gen_tables = |words: &[&str]| {
        let mut command = Command::new(std::env::current_exe()?);
        capture(command.args(["gen-tables", "--check"]).args(words))
    };
    let whole = gen_tables(&[])?;
    if whole.status != 0 && whole.stderr.contains("headers not reached") {
        let offline = gen_tables(&["--offline"])?;
        return match offline.status {
            0 => Ok(End::Excused(whole.stderr.trim().to_owned())),
            _ => Err(offline.stderr.trim().into()),
        };
    }
    match whole.status {
        0 => Ok(End::Passed),
        _ => Err(whole.stderr.trim().into()),
    }
}

/// The engines in a process of their own, which says what of them it left out as a test does.
fn real_engines(left_out: &LeftOut, demand: Demand) -> Fallible<End> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["engines", "--short"]);
    left_out.tell(&mut command, demand);
    passes(&mut command)
}

/// The feature with which a builder's own headers make the tables.
fn tables_of_this_machine() -> Fallible<End> {
    let features = ["--features", "kernel-headers"];
    let mut command = cargo(&["test", "--quiet", "-p", "callgate-syscalls"]);
    passes(
        command
            .args(features)
            .env("CALLGATE_KERNEL_HEADERS", "/usr/include"),
    )
}

fn tests(left_out: &LeftOut, demand: Demand) -> Fallible<End> {
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    match Need::missing([&LIBSECCOMP]) {
        Some(_) => command.args([
            "--exclude",
            "callgate-oracle",
            "--exclude",
            "callgate-tests",
        ]),
        None => command.args(["--features", WITH_LIBSECCOMP]),
    };
    left_out.tell(&mut command, demand);
    passes(&mut command)
}

/// A command that has to succeed, as a check.
fn passes(command: &mut Command) -> Fallible<End> {
    succeed(command).map(|()| End::Passed)
}

fn nothing() -> Option<String> {
    None
}

fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(words).current_dir(root());
    command
}

fn root() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_fails_only_where_all_is_demanded() {
        let passed = || End::Passed;
        let excused = || End::Excused("the archive is gone".into());
        let failed = || End::Failed("broken".into());
        let cases = [
            (passed(), None, Demand::Complete, true),
            (failed(), None, Demand::Possible, false),
            (End::LeftOut, Some("not root"), Demand::Possible, true),
            (End::LeftOut, Some("not root"), Demand::Complete, false),
            (passed(), Some("a test's reason"), Demand::Possible, true),
            (passed(), Some("a test's reason"), Demand::Complete, false),
            (excused(), None, Demand::Complete, true),
        ];
        for (end, reason, demand, succeeds) in cases {
            let mut left_out = LeftOut::begin().expect("the target folder can be written");
            if let Some(reason) = reason {
                left_out.add("part", reason);
            }
            let ends = [("part", end, Duration::ZERO)];
            let outcome = sum(&ends, &left_out, demand, Duration::ZERO);
            assert_eq!(
                outcome.is_ok(),
                succeeds,
                "{reason:?} {demand:?}: {outcome:?}"
            );
        }
    }
}
