//! What a program costs, counted: its length, what the kernel's cache keeps, and the steps of each arch's calls.
//!
//! Apart from `compile`, which makes programs: these are counts of any program, and the same on every machine.

use callgate_bpf::{Action, Program, SeccompData, always_allows};
use callgate_prove::Diagram;
use callgate_syscalls::{Arch, Release, Syscall};

use crate::words;

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

/// What a program costs for the calls of one arch: all that it names, with zero arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// How many calls are allowed whatever their arguments; none where that is not decided.
    pub(crate) always_allowed: Option<usize>,
    /// How many the kernel answers from its cache; none where it has none for them.
    pub(crate) cached: Option<usize>,
    /// The steps of those that are made.
    pub(crate) allowed: Steps,
    /// The steps of those that are not.
    pub(crate) denied: Steps,
}

/// The steps of some calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steps {
    /// How many calls there are.
    pub(crate) calls: u32,
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
    words::columns(&rows)
}

fn row(subject: &Subject<'_>, arch: Arch) -> [String; 9] {
    let counts = counts(subject, arch);
    let (allowed, denied) = (counts.allowed, counts.denied);
    [
        arch.to_string(),
        words::or_dash(counts.always_allowed),
        words::or_dash(counts.cached),
        allowed.calls.to_string(),
        allowed.mean_in_words(),
        words::or_dash(allowed.worst()),
        denied.calls.to_string(),
        denied.mean_in_words(),
        words::or_dash(denied.worst()),
    ]
}

/// Counts what the calls of an arch cost.
pub(crate) fn counts(subject: &Subject<'_>, arch: Arch) -> Counts {
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
    Counts {
        always_allowed: always,
        cached,
        allowed,
        denied,
    }
}

impl Steps {
    fn add(&mut self, steps: u32) {
        self.calls += 1;
        self.sum += steps;
        self.worst = self.worst.max(steps);
    }

    /// Of a call, on average; none where there is no call.
    pub(crate) fn mean(self) -> Option<f64> {
        (self.calls > 0).then(|| f64::from(self.sum) / f64::from(self.calls))
    }

    /// Of the call that takes most.
    pub(crate) fn worst(self) -> Option<u32> {
        (self.calls > 0).then_some(self.worst)
    }

    fn mean_in_words(self) -> String {
        words::or_dash(self.mean().map(|mean| format!("{mean:.1}")))
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
