//! How often each call is met, so that a program answers the common ones first.
//!
//! Apart from the tree that it shapes: weights never change what a program answers, only in how many steps.

use alloc::vec::Vec;

use callgate_syscalls::{Arch, Syscall};

use crate::options::Cache;

/// How often each call is made, relative to the others.
///
/// Why change it: a program that is compiled for one workload, whose calls were counted, answers that one faster.
/// The default is a mix of find, tar, nginx, redis, python and a compiler, and for the calls that the kernel's cache
/// leaves over, of what starts threads and opens sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Sorted by call, none twice; shares of [`WHOLE`].
    counted: Vec<(Syscall, u64)>,
    /// The same for the calls that the kernel's cache leaves over; where empty, they count as the others.
    left_over: Vec<(Syscall, u64)>,
}

/// What all shares together come to.
const WHOLE: u64 = 1 << 20;

/// What is spread evenly over the calls of the table, so that what is never counted still has a short path.
const EVEN: u64 = WHOLE / 12;

/// The part of its weight that a call keeps which the kernel answers from its cache:
/// the program runs for it once, when it is attached.
const CACHED: u64 = 2;

impl Weights {
    /// Weights by counts of calls, as a recording has them; every arch takes them by the call's name.
    pub fn of_counts(counts: impl IntoIterator<Item = (Syscall, u64)>) -> Self {
        Self {
            counted: shares(counts),
            left_over: Vec::new(),
        }
    }

    /// The calls that are counted, each with its part of all; together these are one, or none is counted.
    pub fn shares(&self) -> impl Iterator<Item = (Syscall, f64)> + '_ {
        parts(&self.counted)
    }

    /// The same for the calls that matter where the kernel's cache answers those that are always allowed.
    pub fn shares_beside_the_cache(&self) -> impl Iterator<Item = (Syscall, f64)> + '_ {
        parts(match self.left_over[..] {
            [] => &self.counted,
            _ => &self.left_over,
        })
    }

    /// The weight of each run, given where each begins and whether the kernel caches its calls.
    pub(crate) fn of_runs(&self, arch: Arch, cache: Cache, runs: &[(u32, IsCached)]) -> Vec<u64> {
        let mut weights = Vec::with_capacity(runs.len());
        let numbers = Syscall::numbers(arch);
        let even = EVEN / (numbers.len() as u64 + 1);
        let begin = runs.first().map_or(0, |&(first, _)| first);
        let mut numbers = numbers
            .map(|(nr, _)| nr)
            .skip_while(|&nr| nr < begin)
            .peekable();
        for at in 0..runs.len() {
            let mut weight = 1;
            let next = runs.get(at + 1).map(|&(next, _)| next);
            while numbers
                .next_if(|&nr| next.is_none_or(|next| nr < next))
                .is_some()
            {
                weight += even;
            }
            weights.push(weight);
        }
        // The calls that count are few beside the numbers of an arch.
        let run_of = |syscall: Syscall| {
            let nr = syscall.number(arch)?;
            runs.partition_point(|&(first, _)| first <= nr)
                .checked_sub(1)
        };
        for &(syscall, share) in &self.counted {
            if let Some(at) = run_of(syscall) {
                weights[at] += match (cache, runs[at].1) {
                    (Cache::Present, IsCached::Yes) => share / CACHED,
                    _ => share,
                };
            }
        }
        if cache == Cache::Absent {
            return weights;
        }
        for &(syscall, left_over) in &self.left_over {
            if let Some(at) = run_of(syscall)
                && runs[at].1 == IsCached::No
            {
                // The larger of its two shares counts.
                weights[at] += left_over.saturating_sub(share(&self.counted, syscall));
            }
        }
        weights
    }
}

impl Default for Weights {
    fn default() -> Self {
        let named = |list: &[(&str, u64)]| {
            shares(list.iter().filter_map(|&(name, count)| {
                let syscall = Syscall::by_name(name)?;
                Some((syscall, count))
            }))
        };
        Self {
            counted: named(MIX),
            left_over: named(LEFT_OVER),
        }
    }
}

/// Whether the kernel answers the calls of a run from its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IsCached {
    Yes,
    No,
}

/// Counts as shares of the whole, sorted by call, those of one call added up.
fn shares(counts: impl IntoIterator<Item = (Syscall, u64)>) -> Vec<(Syscall, u64)> {
    let mut counts: Vec<(Syscall, u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    counts.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        if is_same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        is_same
    });
    let total: u128 = counts.iter().map(|&(_, count)| u128::from(count)).sum();
    for (_, count) in &mut counts {
        *count = (u128::from(*count) * u128::from(WHOLE) / total.max(1)) as u64;
    }
    counts
}

fn parts(shares: &[(Syscall, u64)]) -> impl Iterator<Item = (Syscall, f64)> + '_ {
    let total: u64 = shares.iter().map(|&(_, share)| share).sum();
    let part = move |&(call, share)| (call, share as f64 / total.max(1) as f64);
    shares.iter().map(part)
}

fn share(shares: &[(Syscall, u64)], syscall: Syscall) -> u64 {
    let place = shares.binary_search_by_key(&syscall, |&(other, _)| other);
    place.map_or(0, |place| shares[place].1)
}

/// Calls in ten thousand, over six programs of equal weight.
const MIX: &[(&str, u64)] = &[
    ("read", 1443),
    ("write", 1418),
    ("newfstatat", 1301),
    ("close", 1064),
    ("openat", 741),
    ("fcntl", 620),
    ("rt_sigaction", 590),
    ("lseek", 311),
    ("getdents64", 302),
    ("readlink", 216),
    ("recvfrom", 212),
    ("writev", 212),
    ("sendfile", 212),
    ("mmap", 167),
    ("epoll_wait", 109),
    ("statx", 104),
    ("lgetxattr", 94),
    ("execve", 84),
    ("utimensat", 79),
    ("fchmod", 64),
    ("fchown", 64),
    ("getxattr", 52),
    ("brk", 51),
    ("mprotect", 47),
    ("epoll_ctl", 44),
    ("accept4", 43),
    ("ioctl", 42),
    ("futex", 40),
    ("access", 30),
    ("rt_sigprocmask", 29),
    ("getcwd", 23),
    ("pread64", 23),
    ("munmap", 20),
    ("close_range", 17),
    ("prlimit64", 14),
    ("chmod", 13),
    ("mkdirat", 13),
    ("wait4", 12),
    ("fstat", 10),
    ("clock_nanosleep", 5),
];

/// Calls in a hundred, of those that a container's profile usually answers by their arguments or refuses.
const LEFT_OVER: &[(&str, u64)] = &[("clone3", 58), ("socket", 25), ("clone", 17)];
