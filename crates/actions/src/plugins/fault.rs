//! `fault`: some of the calls fail, or wait: fault injection without a tracer.
//!
//! Apart from `rate`, which slows a program down by what it does, not by count.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::config::Config;
use super::{Made, Plugin, Surroundings};
use crate::call::Call;
use crate::registry::NotifyHandler;
use crate::reply::{Race, Reply};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "fault",
    about: "let every n-th call, or a share of them, fail or wait",
    manual: "\
Some of the calls fail with an errno, or wait before they are made; the others are made at once.

`every`: each n-th call, counted over all processes under the filter: 3 is the third, the sixth and so on. Or
`share`: so many of the calls, from 0 to 1, chosen by chance; `seed` makes the same choice again.
`after`: so many calls go by first; 0 by default.
`errno`: the name of the errno of the calls that fail.
`delay_ms`: how long the chosen calls wait. Without `errno` they are then made.

    \"with\": { \"every\": 100, \"errno\": \"EIO\" }
    \"with\": { \"share\": 0.01, \"delay_ms\": 200 }",
    around: &[],
    gives_descriptors: false,
    make,
};

struct Faults {
    chosen: Chosen,
    after: u64,
    errno: Option<u16>,
    delay: Duration,
    seen: AtomicU64,
}

enum Chosen {
    Every(u64),
    Share { share: f64, seed: u64 },
}

fn make(with: Option<&Value>, _: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let every = config.number("every", u64::MAX);
    let share = config.share("share");
    let seed = config.number("seed", u64::MAX);
    let after = config.number("after", u64::MAX).unwrap_or(0);
    let errno = config.errno("errno");
    let delay = config.milliseconds("delay_ms");
    let chosen = match (every, share) {
        (Some(every @ 1..), None) => Chosen::Every(every),
        (None, Some(share)) => Chosen::Share {
            share,
            seed: seed.unwrap_or(0),
        },
        (Some(0), None) => {
            config.fault("every", "`every` is 0, and counts from 1");
            Chosen::Every(1)
        }
        _ => {
            config.fault("", "one of `every` and `share` says which calls are meant");
            Chosen::Every(1)
        }
    };
    if errno.is_none() && delay.is_none() {
        config.fault(
            "",
            "`errno`, `delay_ms` or both say what happens to the chosen calls",
        );
    }
    let faults = Faults {
        chosen,
        after,
        errno,
        delay: delay.unwrap_or_default(),
        seen: AtomicU64::new(0),
    };
    config.finish(Box::new(faults) as Box<dyn NotifyHandler>)
}

impl NotifyHandler for Faults {
    fn handle(&self, _: &Call<'_>) -> io::Result<Reply> {
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        let is_chosen = match number.checked_sub(self.after) {
            None | Some(0) => false,
            Some(number) => self.chosen.includes(number),
        };
        if !is_chosen {
            return Ok(Reply::Continue(Race::NothingDecided));
        }
        thread::sleep(self.delay);
        Ok(match self.errno {
            Some(errno) => Reply::Errno(errno),
            None => Reply::Continue(Race::NothingDecided),
        })
    }
}

impl Chosen {
    /// Whether the call of a number, from 1, is one.
    fn includes(&self, number: u64) -> bool {
        match *self {
            Self::Every(every) => number.is_multiple_of(every),
            Self::Share { share, seed } => {
                // 53 bits are what a double holds.
                let fraction = (mixed(number ^ mixed(seed)) >> 11) as f64 / (1_u64 << 53) as f64;
                fraction < share
            }
        }
    }
}

/// The bits of a number, mixed well (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_about_that_many() {
        for share in [0.0, 0.01, 0.5, 1.0] {
            let chosen = Chosen::Share { share, seed: 7 };
            let count = (1..=100_000)
                .filter(|&number| chosen.includes(number))
                .count();
            let expected = share * 100_000.0;
            assert!((count as f64 - expected).abs() < 600.0, "{share}: {count}");
        }
    }

    #[test]
    fn every_third_is_the_third() {
        let chosen: Vec<u64> = (1..=9)
            .filter(|&number| Chosen::Every(3).includes(number))
            .collect();
        assert_eq!(chosen, [3, 6, 9]);
    }
}
