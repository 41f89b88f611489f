//! `rate`: no more than so many calls a second.
//!
//! Apart from `fault`, which goes by count and not by time.

use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::config::Config;
use super::{Made, Plugin, Surroundings};
use crate::call::Call;
use crate::registry::NotifyHandler;
use crate::reply::{Race, Reply};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "rate",
    about: "let no more than so many calls a second be made",
    manual: "\
Calls above the rate wait for their turn, or fail. All processes under the filter share the rate.

`per_second`: how many calls, 1 at least.
`burst`: how many may come at once after a pause; 1 by default.
`errno`: the name of the errno of the calls that are too many; without it they wait.

    \"with\": { \"per_second\": 50, \"burst\": 10 }",
    around: &[],
    gives_descriptors: false,
    make,
};

struct Rate {
    step: Duration,
    burst: u32,
    errno: Option<u16>,
    /// When the next call would be due if there were no burst.
    due: Mutex<Option<Instant>>,
}

fn make(with: Option<&Value>, _: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let per_second = config.number("per_second", 1_000_000);
    let burst = config.number("burst", 1_000_000).unwrap_or(1);
    let errno = config.errno("errno");
    if per_second.unwrap_or(0) == 0 {
        config.fault(
            "per_second",
            "`per_second` must be a number from 1 to 1000000",
        );
    }
    let rate = Rate {
        step: Duration::from_secs(1) / per_second.unwrap_or(1).max(1) as u32,
        burst: (burst as u32).max(1),
        errno,
        due: Mutex::new(None),
    };
    config.finish(Box::new(rate) as Box<dyn NotifyHandler>)
}

impl NotifyHandler for Rate {
    fn handle(&self, _: &Call<'_>) -> io::Result<Reply> {
        let wait = self.wait(Instant::now());
        match (wait, self.errno) {
            (None, _) => {}
            (Some(_), Some(errno)) => return Ok(Reply::Errno(errno)),
            (Some(wait), None) => thread::sleep(wait),
        }
        Ok(Reply::Continue(Race::NothingDecided))
    }
}

impl Rate {
    /// How long a call has to wait, which takes its turn then; where calls fail instead, it takes none.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let mut due = self.due.lock().unwrap_or_else(|poison| poison.into_inner());
        let next = due.unwrap_or(now).max(now);
        let ahead = next - now;
        let allowed = self.step * (self.burst - 1);
        let wait = ahead.checked_sub(allowed).filter(|wait| !wait.is_zero());
        if wait.is_none() || self.errno.is_none() {
            *due = Some(next + self.step);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(errno: Option<u16>) -> Rate {
        Rate {
            step: Duration::from_millis(100),
            burst: 2,
            errno,
            due: Mutex::new(None),
        }
    }

    #[test]
    fn a_burst_goes_by_and_the_rest_waits() {
        let (rate, now) = (rate(None), Instant::now());
        let waits: Vec<u128> = (0..4)
            .map(|_| rate.wait(now).map_or(0, |wait| wait.as_millis()))
            .collect();
        assert_eq!(waits, [0, 0, 100, 200]);
        assert_eq!(rate.wait(now + Duration::from_secs(1)), None);
    }

    #[test]
    fn what_fails_takes_no_turn() {
        let (rate, now) = (rate(Some(11)), Instant::now());
        assert_eq!([0; 2].map(|_| rate.wait(now)), [None, None]);
        assert!(rate.wait(now).is_some() && rate.wait(now).is_some());
        assert_eq!(rate.wait(now + Duration::from_millis(100)), None);
    }
}
