//! What the programs cost once they are made: instructions, steps under real call counts, and the time to attach them.
//!
//! Apart from making them; all but attaching is counted, and the same on every machine.

use std::collections::BTreeMap;
use std::fs;

use callgate_bpf::{Program, SeccompData, always_allows, run};
use callgate_compile::{Options, Weights, compile};
use callgate_load::attach_time;
use callgate_oracle::{InPlace, Level};
use callgate_syscalls::{Arch, Syscall};

use crate::input::{self, Abis};
use crate::page::{Goal, Page};
use crate::spread::interleaved;

/// The programs of one policy, by who made them.
pub(crate) fn programs(abis: Abis) -> Vec<(&'static str, Program)> {
    let policy = input::policy(&input::target(abis));
    let theirs = input::without_ceiling(&policy);
    let theirs = |level| {
        let in_place = InPlace::of(&theirs, level).expect("it has words for it");
        in_place.compile().expect("a program")
    };
    vec![
        (
            "callgate",
            compile(&policy, &Options::default()).expect("it fits"),
        ),
        ("libseccomp level 1", theirs(Level::Linear)),
        ("libseccomp level 2", theirs(Level::Tree)),
    ]
}

/// Steps by call counts, each by its name: of this machine's files where they are, else of the built-in mix.
fn workloads() -> Vec<(String, Vec<(Syscall, f64)>)> {
    let Some(folder) = callgate_tests::shared().map(|shared| shared.join("freq")) else {
        return vec![(
            "the built-in mix".into(),
            Weights::default().shares().collect(),
        )];
    };
    let mut workloads = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let counts: Option<BTreeMap<String, f64>> = fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let shares = counts.into_iter().flatten();
        let shares = shares.filter_map(|(name, count)| Some((Syscall::by_name(&name)?, count)));
        workloads.push((name.into_owned(), shares.collect()));
    }
    workloads.sort_by(|one, two| one.0.cmp(&two.0));
    workloads
}

/// Counts instructions and steps.
pub(crate) fn count(page: &mut Page) {
    page.section(
        "Size and steps",
        "Executed instructions of a call of x86_64 with zero arguments, weighted by how often real programs make each call: what a kernel before 5.11 executes. `not cached` are clone3, socket(AF_UNIX, …) and clone(0x3d0f00, …) in the shares 58, 25 and 17, which is what a container makes of the calls that a newer kernel has to run the filter for. callgate's programs include the ENOSYS ceiling, which runc puts before libseccomp's as 6 more steps.",
    );
    let workloads = workloads();
    for abis in Abis::ALL {
        let mut heads = vec![abis.name(), "instructions", "cached", "not cached"];
        heads.extend(workloads.iter().map(|(name, _)| name.as_str()));
        let rows = programs(abis).into_iter().map(|(name, program)| {
            let cached = Syscall::numbers(Arch::X86_64)
                .filter(|&(nr, _)| always_allows(&program, Arch::X86_64.audit(), nr))
                .count();
            let mut row = vec![
                name.to_owned(),
                program.len().to_string(),
                cached.to_string(),
                format!("{:.2}", left_over(&program)),
            ];
            let means = workloads.iter().map(|(_, shares)| mean(&program, shares));
            row.extend(means.map(|mean| format!("{mean:.2}")));
            row
        });
        page.rows(&heads, rows.collect());
    }
}

/// The mean steps over the calls that the kernel's cache leaves.
fn left_over(program: &Program) -> f64 {
    let calls = [
        (58.0, "clone3", 0),
        (25.0, "socket", 1),
        (17.0, "clone", 0x3d_0f00),
    ];
    let weighted = calls.map(|(share, name, argument)| {
        let syscall = Syscall::by_name(name).expect("a call");
        share * f64::from(steps(program, syscall, argument).expect("a call of x86_64"))
    });
    weighted.iter().sum::<f64>() / 100.0
}

fn mean(program: &Program, shares: &[(Syscall, f64)]) -> f64 {
    let (mut sum, mut whole) = (0.0, 0.0);
    for &(syscall, share) in shares {
        if let Some(steps) = steps(program, syscall, 0) {
            sum += share * f64::from(steps);
            whole += share;
        }
    }
    sum / whole
}

fn steps(program: &Program, syscall: Syscall, argument: u64) -> Option<u32> {
    let call = SeccompData {
        nr: syscall.number(Arch::X86_64)?,
        arch: Arch::X86_64.audit(),
        args: [argument, 0, 0, 0, 0, 0],
        ..SeccompData::default()
    };
    Some(run(program, &call).steps)
}

/// How many times quicker attaching shall be for three ABIs.
const GOAL: Goal = Goal {
    aim: 2.85,
    least: 2.2,
};

/// Measures attaching; whether nothing got worse.
pub(crate) fn attach(page: &mut Page, rounds: usize) -> bool {
    page.section(
        "Time to attach",
        "How long the kernel takes to load the filter, in microseconds; each time in a new process. It asks the filter about every call, so this grows with the lengths of its paths.",
    );
    let mut kept = true;
    for abis in Abis::ALL {
        let programs = programs(abis);
        let mut timed: Vec<_> = programs
            .iter()
            .map(|(_, program)| {
                || {
                    attach_time(program)
                        .expect("the kernel takes it")
                        .as_secs_f64()
                        * 1e6
                }
            })
            .collect();
        let mut timed: Vec<_> = timed
            .iter_mut()
            .map(|work| work as &mut dyn FnMut() -> f64)
            .collect();
        let spreads = interleaved(rounds, &mut timed);
        let ours = spreads[0].median();
        let rows = programs.iter().zip(&spreads).map(|((name, _), spread)| {
            [
                (*name).to_owned(),
                spread.to_string(),
                format!("{:.2}", spread.median() / ours),
            ]
        });
        page.table(
            &[abis.name(), "microseconds", "of callgate's"],
            rows.collect(),
        );
        if abis == Abis::Three {
            kept &= page.ratio("Attaching for three ABIs", spreads[2].median() / ours, GOAL);
        }
    }
    kept
}
