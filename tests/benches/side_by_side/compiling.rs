//! How long it takes to make the program: callgate from the text of the profile to a proved program, libseccomp from ready rules.
//!
//! Apart from what the programs then cost.

use std::env;
use std::process::Command;

use callgate_compile::{Options, Proof, compile};
use callgate_oracle::{InPlace, Level};
use clap::ValueEnum;

use crate::input::{self, Abis};
use crate::page::{Goal, Page};
use crate::spread::{interleaved, milliseconds};

/// A piece of work, whose instructions valgrind counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// callgate, from text to a proved program
    Proved,
    /// callgate, without the proof
    Unproved,
    /// libseccomp at level 1
    Linear,
    /// libseccomp at level 2
    Tree,
    ProvedThree,
    UnprovedThree,
    LinearThree,
    TreeThree,
}

impl Work {
    const fn of(abis: Abis) -> [Self; 4] {
        match abis {
            Abis::One => [Self::Proved, Self::Unproved, Self::Linear, Self::Tree],
            Abis::Three => [
                Self::ProvedThree,
                Self::UnprovedThree,
                Self::LinearThree,
                Self::TreeThree,
            ],
        }
    }

    const fn abis(self) -> Abis {
        match self {
            Self::Proved | Self::Unproved | Self::Linear | Self::Tree => Abis::One,
            _ => Abis::Three,
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Proved | Self::ProvedThree => "callgate, text to proved program",
            Self::Unproved | Self::UnprovedThree => "callgate, text to program",
            Self::Linear | Self::LinearThree => "libseccomp level 1, rules to program",
            Self::Tree | Self::TreeThree => "libseccomp level 2, rules to program",
        }
    }

    /// Everything that comes before is done now; then it is done at each call.
    fn prepare(self) -> Box<dyn Fn()> {
        let target = input::target(self.abis());
        let level = match self {
            Self::Proved | Self::ProvedThree => return Box::new(ours(target, Options::default())),
            Self::Unproved | Self::UnprovedThree => {
                let options = Options {
                    proof: Proof::Skipped,
                    ..Options::default()
                };
                return Box::new(ours(target, options));
            }
            Self::Linear | Self::LinearThree => Level::Linear,
            Self::Tree | Self::TreeThree => Level::Tree,
        };
        let in_place = InPlace::of(&input::policy(&target), level).expect("it has words for it");
        Box::new(move || {
            std::hint::black_box(in_place.compile().expect("a program"));
        })
    }
}

fn ours(target: callgate_engines::Target, options: Options) -> impl Fn() {
    move || {
        let program = compile(&input::policy(&target), &options);
        std::hint::black_box(program.expect("it fits"));
    }
}

/// How many times quicker a proved program shall be there, by ABIs.
const GOALS: [Goal; 2] = [
    Goal {
        aim: 6.0,
        least: 4.2,
    },
    Goal {
        aim: 20.0,
        least: 13.0,
    },
];

/// Does a piece of work some times.
pub(crate) fn repeat(work: Work, times: usize) {
    let work = work.prepare();
    (0..times).for_each(|_| work());
}

/// Measures all of it; whether nothing got worse.
pub(crate) fn measure(page: &mut Page, rounds: usize) -> bool {
    page.section(
        "Time to compile",
        "Docker's default profile, in one process. callgate reads the document, resolves it for Docker, compiles and proves; libseccomp gets ready rules, adds them to one context as runc does, and exports. Milliseconds of wall time: the median, and between which values nine tenths of all lie; instructions are callgrind's.",
    );
    let mut kept = true;
    for (abis, goal) in Abis::ALL.into_iter().zip(GOALS) {
        let works = Work::of(abis);
        let prepared = works.map(Work::prepare);
        let mut timed = prepared.each_ref().map(|work| move || milliseconds(work));
        let mut timed = timed.each_mut().map(|work| work as &mut dyn FnMut() -> f64);
        let spreads = interleaved(rounds, &mut timed);
        let (ours, tree) = (spreads[0].median(), spreads[3].median());
        let rows = works.iter().zip(&spreads).map(|(work, spread)| {
            let instructions = instructions(*work);
            [
                work.in_words().to_owned(),
                spread.to_string(),
                format!("{:.2}", spread.median() / ours),
                instructions.map_or("-".into(), |count| format!("{:.2}", count / 1e6)),
            ]
        });
        let heads = [
            abis.name(),
            "milliseconds",
            "of callgate's",
            "million instructions",
        ];
        page.table(&heads, rows.collect());
        let what = format!("From text to a proved program for {}", abis.name());
        kept &= page.ratio(&what, tree / ours, goal);
    }
    kept
}

/// What it takes once, by callgrind: what three times take over one, halved; none without valgrind.
fn instructions(work: Work) -> Option<f64> {
    let counted = |times: usize| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().ok()?)
            .arg("--only")
            .arg(work.to_possible_value()?.get_name())
            .args(["--times", &times.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = text.lines().find(|line| line.contains("Collected"))?;
        line.split_whitespace().last()?.parse::<f64>().ok()
    };
    Some((counted(3)? - counted(1)?) / 2.0)
}
