//! The runs into which filters cut the numbers of an arch, and what they make of tokens that no arch has.
//!
//! Apart from the questions about them: differences walk two diagrams at once, and rules are written from one.

use std::fmt;

use callgate_syscalls::{Arch, X32_BIT};

/// The numbers of an arch fall into more runs than are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyRuns;

/// The most runs of numbers that are looked at for an arch; real filters have hundreds.
const MOST_RUNS: usize = 1 << 16;

/// Numbers that are all answered by one function of the rest.
pub(crate) struct Run<P> {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) is: P,
}

/// The numbers of an arch, ascending; `at` says what a number is, and up to which number it is the same.
pub(crate) fn runs<P: PartialEq>(
    arch: Arch,
    at: impl Fn(u32) -> (P, u32),
) -> Result<Vec<Run<P>>, TooManyRuns> {
    let stretches: &[(u32, u32)] = match arch {
        Arch::X86_64 => &[(0, X32_BIT - 1), (u32::MAX, u32::MAX)],
        Arch::X32 => &[(X32_BIT, u32::MAX - 1)],
        _ => &[(0, u32::MAX)],
    };
    let mut runs: Vec<Run<P>> = Vec::new();
    let mut looked_at = 0;
    for &(first, end) in stretches {
        let mut next = Some(first);
        while let Some(first) = next.filter(|&first| first <= end) {
            looked_at += 1;
            if looked_at > MOST_RUNS {
                return Err(TooManyRuns);
            }
            let (is, last) = at(first);
            let last = last.min(end);
            match runs.last_mut() {
                Some(run) if run.is == is && run.last.checked_add(1) == Some(first) => {
                    run.last = last;
                }
                _ => runs.push(Run { first, last, is }),
            }
            next = last.checked_add(1);
        }
    }
    Ok(runs)
}

/// What tokens that no arch has are, each with one such token; `at` is as for [`runs`].
pub(crate) fn unknown_tokens<P: PartialEq>(
    at: impl Fn(u32) -> (P, u32),
) -> Result<Vec<(P, u32)>, TooManyRuns> {
    let mut found: Vec<(P, u32)> = Vec::new();
    let mut next = Some(0);
    for _ in 0..MOST_RUNS {
        let Some(first) = next else {
            return Ok(found);
        };
        let (is, last) = at(first);
        let is_known = |&audit: &u32| Arch::ALL.iter().any(|arch| arch.audit() == audit);
        let mut unknown = (first..=last).filter(|audit| !is_known(audit));
        if let Some(audit) = unknown.next()
            && found.iter().all(|(known, _)| *known != is)
        {
            found.push((is, audit));
        }
        next = last.checked_add(1);
    }
    Err(TooManyRuns)
}

impl fmt::Display for TooManyRuns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the filters tell the numbers of an arch apart in more than {MOST_RUNS} runs, which is the most that are listed"
        )
    }
}

impl std::error::Error for TooManyRuns {}
