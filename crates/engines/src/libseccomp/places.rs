//! Where the rules of a call stand in the database of an arch: a place for each number, in order.
//!
//! Apart from the database, so that it neither searches for numbers nor compares names as it is filled.

use callgate_policy::{Arg, Comparison, Test};
use callgate_syscalls::{Arch, Syscall};

use super::multiplex::multiplexed;

/// The places of each call on one arch.
pub(super) struct Places {
    of: Vec<Ways>,
}

/// The places that a rule for a call goes to.
#[derive(Clone, Copy, Default)]
pub(super) struct Ways {
    /// That of its own number; calls that share a number share it.
    pub(super) own: Option<u16>,
    pub(super) within: Option<Within>,
}

/// The place of the call through which another one goes.
#[derive(Clone, Copy)]
pub(super) struct Within {
    pub(super) place: u16,
    /// The number of the other one in there.
    pub(super) inside: u8,
}

impl Within {
    /// The comparisons of a rule as they are there: libseccomp puts the number inside in the place of the rule's own comparison of the first argument,
    /// and keeps the others, though they then look at other things than their author meant.
    pub(super) fn comparisons(self, of: &[Comparison]) -> Vec<Comparison> {
        let number_inside = Comparison::new(Arg::A0, Test::Eq(self.inside.into()));
        let others = of.iter().copied();
        let others = others.filter(|comparison| comparison.arg != Arg::A0);
        std::iter::once(number_inside).chain(others).collect()
    }
}

impl Places {
    /// Places as they are counted in [`Syscall::numbers`].
    pub(super) fn new(arch: Arch) -> Self {
        let mut of = vec![Ways::default(); Syscall::COUNT];
        for (place, (_, call)) in (0..).zip(Syscall::numbers(arch)) {
            of[call.index()].own = Some(place);
        }
        for call in Syscall::all() {
            if of[call.index()].own.is_none()
                && let Some(number) = call.number(arch)
                && let Some(same) = Syscall::by_number(arch, number)
            {
                of[call.index()].own = of[same.index()].own;
            }
        }
        for (call, multiplexer, inside) in multiplexed(arch) {
            let place = of[multiplexer.index()].own;
            of[call.index()].within = place.map(|place| Within { place, inside });
        }
        Self { of }
    }

    pub(super) fn of(&self, call: Syscall) -> Ways {
        self.of[call.index()]
    }
}
