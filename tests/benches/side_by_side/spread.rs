//! Many measurements of one thing, as their median and how far they spread; and the fair way to take them of several things.
//!
//! Apart from what is measured: the machine is noisy, so nothing is said of a single measurement.

use std::fmt;
use std::time::Instant;

use callgate_tests::random::Random;

/// Measurements of one thing, ascending.
#[derive(Clone, Debug)]
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    /// Of these, at least one.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "a spread is of something");
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The one in the middle.
    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// The one below which this part of all lies.
    fn at(&self, part: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * part).round() as usize]
    }
}

/// The median, and between which values nine tenths of all lie.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median() < 10.0 { 3 } else { 1 };
        write!(
            f,
            "{:.digits$} ({:.digits$}–{:.digits$})",
            self.median(),
            self.at(0.05),
            self.at(0.95)
        )
    }
}

/// Does every piece of work once a round, in an order that differs from round to round; the spread of each.
///
/// What disturbs the machine for a while then disturbs all of them alike.
pub(crate) fn interleaved(rounds: usize, work: &mut [&mut dyn FnMut() -> f64]) -> Vec<Spread> {
    let mut random = Random::new(7);
    let mut values = vec![Vec::with_capacity(rounds); work.len()];
    let mut order: Vec<usize> = (0..work.len()).collect();
    for round in 0..=rounds {
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at + 1));
        }
        for &at in &order {
            let value = work[at]();
            // The first round warms up.
            if round > 0 {
                values[at].push(value);
            }
        }
    }
    values.into_iter().map(Spread::of).collect()
}

/// How long it takes, in milliseconds.
pub(crate) fn milliseconds<T>(work: impl FnOnce() -> T) -> f64 {
    let begin = Instant::now();
    let result = work();
    let spent = begin.elapsed();
    std::hint::black_box(result);
    spent.as_secs_f64() * 1000.0
}
