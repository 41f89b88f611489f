//! What a program costs, counted: its length, what the kernel's cache keeps, and the steps of each arch's calls.
//!
//! Apart from `compile`, which makes programs: these are counts of any program, and the same on every machine.

use std::fmt::Write;

use callgate_bpf::{Action, Program, SeccompData, always_allows};
use callgate_prove::Diagram;
use callgate_syscalls::{Arch, Release, Syscall};

/// A program, and what is known of it.
pub(crate) struct Subject<'p> {
    /// The program.
    pub(crate) program: &'p Program,
    /// What it means; none where that is not decided.
    pub(crate) meaning: Option<Diagram>,
    /// The arches whose calls are counted.
    pub(crate) arches: Vec<Arch>,
    /// The kernel that runs it.
    pub(crate) kernel: Release,
}

/// The first release that keeps calls which are always allowed from the program.
const FIRST_WITH_CACHE: Release = Release {
    major: 5,
    minor: 11,
};

/// The steps of some calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Steps {
    calls: u32,
    sum: u32,
    worst: u32,
}

/// The counts as a table, a line each arch, over all calls that it names, with zero arguments.
pub(crate) fn table(subject: &Subject<'_>) -> String {
    let rows = subject.arches.iter().map(|&arch| row(subject, arch));
    let heads = [
        "arch",
        "always allowed",
        "cached",
        "allowed",
        "mean steps",
        "worst",
        "denied",
        "mean steps",
        "worst",
    ];
    let rows: Vec<[String; 9]> = [heads.map(str::to_owned)].into_iter().chain(rows).collect();
    let widths: [usize; 9] = std::array::from_fn(|column| {
        let lengths = rows.iter().map(|row| row[column].len());
        lengths.max().unwrap_or(0)
    });
    let mut text = String::new();
    for [arch, cells @ ..] in &rows {
        let _ = write!(text, "{arch:<0$}", widths[0]);
        for (cell, width) in cells.iter().zip(&widths[1..]) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
    text
}

fn row(subject: &Subject<'_>, arch: Arch) -> [String; 9] {
    let numbers = || Syscall::numbers(arch).map(|(nr, _)| nr);
    let always = subject.meaning.as_ref().map(|meaning| {
        let answers = numbers().map(|nr| meaning.always(arch.audit(), nr));
        answers
            .filter(|&answer| answer == Some(Action::Allow))
            .count()
    });
    // The kernel's cache has no place for x32.
    let has_cache = arch != Arch::X32 && subject.kernel >= FIRST_WITH_CACHE;
    let cached = has_cache.then(|| {
        let is_cached = |&nr: &u32| always_allows(subject.program, arch.audit(), nr);
        numbers().filter(is_cached).count()
    });
    let (mut allowed, mut denied) = (Steps::default(), Steps::default());
    for nr in numbers() {
        let call = SeccompData {
            nr,
            arch: arch.audit(),
            ..SeccompData::default()
        };
        let outcome = callgate_bpf::run(subject.program, &call);
        let steps = if outcome.action.makes_the_call() {
            &mut allowed
        } else {
            &mut denied
        };
        steps.add(outcome.steps);
    }
    [
        arch.to_string(),
        or_dash(always),
        or_dash(cached),
        allowed.calls.to_string(),
        allowed.mean(),
        allowed.worst(),
        denied.calls.to_string(),
        denied.mean(),
        denied.worst(),
    ]
}

fn or_dash(count: Option<usize>) -> String {
    count.map_or("-".to_owned(), |count| count.to_string())
}

impl Steps {
    fn add(&mut self, steps: u32) {
        self.calls += 1;
        self.sum += steps;
        self.worst = self.worst.max(steps);
    }

    fn mean(self) -> String {
        match self.calls {
            0 => "-".to_owned(),
            calls => format!("{:.1}", f64::from(self.sum) / f64::from(calls)),
        }
    }

    fn worst(self) -> String {
        match self.calls {
            0 => "-".to_owned(),
            _ => self.worst.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_prove::Budget;

    #[test]
    fn a_small_program_counted_by_hand() {
        let text = "ld [0]\njeq #39, allow, more\nmore: ld [16]\njset #1, allow, deny\nallow: ret #0x7fff0000\ndeny: ret #0x50001";
        let program: Program = text.parse().expect("a program");
        let names = Syscall::numbers(Arch::X86_64).len();
        let subject = |kernel| Subject {
            program: &program,
            meaning: Diagram::of_program(&program, Budget::default()).ok(),
            arches: vec![Arch::X86_64],
            kernel,
        };
        let expected = |cached: &str| {
            let denied = (names - 1).to_string();
            ["x86_64", "1", cached, "1", "3.0", "3", &denied, "5.0", "5"].map(str::to_owned)
        };
        let new = subject(FIRST_WITH_CACHE);
        assert_eq!(row(&new, Arch::X86_64), expected("1"));
        let old = subject(Release::new(5, 10));
        assert_eq!(row(&old, Arch::X86_64), expected("-"));
        let x32 = row(&new, Arch::X32);
        assert_eq!((x32[1].as_str(), x32[2].as_str()), ("0", "-"));
        assert_eq!(x32[4], "-", "no call is allowed");
    }
}
