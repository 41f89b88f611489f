//! Calls that go through another one on some arches: `socketcall` for sockets, `ipc` for System V's objects.
//!
//! Apart from the database, because it is a table of arches and numbers (`linux/net.h`, `linux/ipc.h`).

use callgate_policy::{Arg, Comparison, Test};
use callgate_syscalls::{Arch, Syscall};

use crate::resolved::How;

/// The calls of `socketcall`, the first of which is number 1.
const SOCKETCALL: [&str; 20] = [
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

/// The calls of `ipc` with their numbers.
const IPC: [(&str, u64); 12] = [
    ("semop", 1),
    ("semget", 2),
    ("semctl", 3),
    ("semtimedop", 4),
    ("msgsnd", 11),
    ("msgrcv", 12),
    ("msgget", 13),
    ("msgctl", 14),
    ("shmat", 21),
    ("shmdt", 22),
    ("shmget", 23),
    ("shmctl", 24),
];

/// A call number that a rule is about.
pub(super) struct Way {
    pub(super) number: u32,
    pub(super) comparisons: Vec<Comparison>,
    pub(super) how: How,
}

/// The numbers on an arch that a rule for a call is about: its own, and that of the call that multiplexes it.
///
/// There, the first argument is the number of the call inside, so libseccomp puts that in the place of the rule's own comparison of it,
/// and keeps the others, though they then look at other things than their author meant.
pub(super) fn ways(
    arch: Arch,
    call: Syscall,
    comparisons: &[Comparison],
) -> impl Iterator<Item = Way> {
    let own = call.number(arch).map(|number| Way {
        number,
        comparisons: comparisons.to_vec(),
        how: How::Said,
    });
    let within = multiplexer(arch, call.name()).map(|(number, inside)| {
        let number_inside = Comparison::new(Arg::A0, Test::Eq(inside));
        let others = comparisons
            .iter()
            .copied()
            .filter(|comparison| comparison.arg != Arg::A0);
        Way {
            number,
            comparisons: std::iter::once(number_inside).chain(others).collect(),
            how: How::Multiplexed,
        }
    });
    own.into_iter().chain(within)
}

/// Whether a call goes through another one on some arch.
pub(super) fn goes_through_another(call: Syscall) -> bool {
    let name = call.name();
    SOCKETCALL.contains(&name) || IPC.iter().any(|&(each, _)| each == name)
}

/// Whether a call goes through another one on an arch.
pub(crate) fn is_multiplexed(arch: Arch, call: Syscall) -> bool {
    multiplexer(arch, call.name()).is_some()
}

/// The number of the call through which another one goes, and that one's number in there.
fn multiplexer(arch: Arch, name: &str) -> Option<(u32, u64)> {
    if !multiplexes(arch) {
        return None;
    }
    let number = |multiplexer| Syscall::by_name(multiplexer).and_then(|call| call.number(arch));
    if let Some(place) = SOCKETCALL.iter().position(|&each| each == name) {
        return Some((number("socketcall")?, place as u64 + 1));
    }
    let &(_, inside) = IPC.iter().find(|&&(each, _)| each == name)?;
    Some((number("ipc")?, inside))
}

/// Whether libseccomp writes rules for the multiplexing calls of an arch.
const fn multiplexes(arch: Arch) -> bool {
    matches!(
        arch,
        Arch::X86
            | Arch::S390
            | Arch::S390x
            | Arch::Ppc
            | Arch::Ppc64
            | Arch::Ppc64le
            | Arch::Mips
            | Arch::Mipsel
            | Arch::Sh
            | Arch::Sheb
            | Arch::M68k
    )
}
