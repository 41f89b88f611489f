//! How the time to compile grows with the number of rules, of values of an argument, and of ABIs.
//!
//! Apart from the one profile, whose size is what it is.

use callgate_compile::{Options, compile};
use callgate_engines::Target;
use callgate_oracle::{InPlace, Level};
use callgate_policy::{Action, Arg, Comparison, Numbers, Policy, Rule, RuleId, Section, Test};
use callgate_syscalls::Arch;

use crate::input::{self, Abis};
use crate::page::Page;
use crate::plot::Plot;
use crate::spread::{Spread, milliseconds};

/// Policies that grow.
struct Family {
    title: &'static str,
    file: &'static str,
    about: &'static str,
    counts: &'static [usize],
    policy: fn(usize) -> Policy,
}

const FAMILIES: [Family; 3] = [
    Family {
        title: "Time by the number of rules",
        file: "rules",
        about: "One rule for each of the first calls of x86_64, known or not.",
        counts: &[10, 100, 1_000, 10_000, 100_000],
        policy: rules,
    },
    Family {
        title: "Time by the number of values of an argument",
        file: "values",
        about: "One rule for each value of an ioctl's request, every fourth number.",
        counts: &[10, 100, 1_000, 5_000, 20_000],
        policy: values,
    },
    Family {
        title: "Time by the number of ABIs",
        file: "abis",
        about: "Docker's default profile for x86_64 and up to seven others of its byte order.",
        counts: &[1, 2, 3, 4, 6, 8],
        policy: abis,
    },
];

/// Who is measured no further once it took so many milliseconds: ten times the rules may take a hundred times as long.
const PATIENCE: f64 = 200.0;

/// Measures all families.
pub(crate) fn measure(page: &mut Page) {
    page.section(
        "How the time grows",
        "Milliseconds from a ready policy to the program, which callgate proves: the median of several. Who took more than 200 milliseconds once is not asked for more.",
    );
    for family in FAMILIES {
        one(page, &family);
    }
}

fn one(page: &mut Page, family: &Family) {
    let names = ["callgate", "libseccomp level 1", "libseccomp level 2"];
    let mut lines: Vec<(String, Vec<(f64, f64)>)> =
        names.map(|name| (name.to_owned(), Vec::new())).into();
    let mut rows = Vec::new();
    let mut tired = [false; 3];
    for &count in family.counts {
        let policy = (family.policy)(count);
        let mut row = vec![count.to_string()];
        for (at, tired) in tired.iter_mut().enumerate() {
            if *tired {
                row.push("-".to_owned());
                continue;
            }
            let spent = match at {
                0 => median(|| compile(&policy, &Options::default()).expect("it fits")),
                at => {
                    let theirs = input::without_ceiling(&policy);
                    let in_place = InPlace::of(&theirs, Level::ALL[at - 1]).expect("in its words");
                    // Past 4,096 instructions it makes what the kernel does not take, which is an error here.
                    median(|| in_place.compile())
                }
            };
            *tired = spent > PATIENCE;
            lines[at].1.push((count as f64, spent));
            row.push(format!("{spent:.3}"));
        }
        rows.push(row);
    }
    page.rows(&[family.title, names[0], names[1], names[2]], rows);
    page.plot(Plot {
        title: format!("{}: {}", family.title, family.about),
        file: family.file.to_owned(),
        axes: ["how many".into(), "milliseconds".into()],
        lines,
    });
}

fn median<T>(mut work: impl FnMut() -> T) -> f64 {
    let first = milliseconds(&mut work);
    if first > 200.0 {
        return first;
    }
    Spread::of((0..9).map(|_| milliseconds(&mut work)).collect()).median()
}

fn allowing(rules: impl Iterator<Item = (u32, Vec<Comparison>)>) -> Policy {
    let rules = rules.map(|(nr, comparisons)| Rule {
        id: RuleId(nr),
        numbers: Numbers::one(nr),
        comparisons,
        action: Action::Allow,
    });
    let section = Section {
        arch: Arch::X86_64,
        rules: rules.collect(),
    };
    Policy::new(Action::Errno(1), Action::KillThread, vec![section]).expect("one section")
}

fn rules(count: usize) -> Policy {
    allowing((0..count as u32).map(|nr| (nr, Vec::new())))
}

fn values(count: usize) -> Policy {
    const IOCTL: u32 = 16;
    let value = |at: u64| Comparison::new(Arg::A1, Test::Eq(at * 4));
    allowing((0..count as u64).map(|at| (IOCTL, vec![value(at)])))
}

fn abis(count: usize) -> Policy {
    const ALL: [Arch; 8] = [
        Arch::X86_64,
        Arch::X86,
        Arch::X32,
        Arch::Aarch64,
        Arch::Arm,
        Arch::Riscv64,
        Arch::Mipsel64,
        Arch::Ppc64le,
    ];
    input::policy(&Target {
        arches: Some(ALL[..count].to_vec()),
        ..input::target(Abis::Three)
    })
}
