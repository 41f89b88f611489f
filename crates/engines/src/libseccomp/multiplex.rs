//! Calls that go through another one on some arches: `socketcall` for sockets, `ipc` for System V's objects.
//!
//! Apart from the database, because it is a table of arches and numbers (`linux/net.h`, `linux/ipc.h`).

use callgate_syscalls::{Arch, Syscall};

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
const IPC: [(&str, u8); 12] = [
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

/// The calls that go through another one on an arch: each with that one, and its number in there.
///
/// There, the first argument is the number of the call inside.
pub(super) fn multiplexed(arch: Arch) -> impl Iterator<Item = (Syscall, Syscall, u8)> {
    let inside = |(name, number, multiplexer)| {
        let call = Syscall::by_name(name)?;
        Some((call, Syscall::by_name(multiplexer)?, number))
    };
    let is_there = multiplexes(arch);
    is_there
        .then(|| all().filter_map(inside))
        .into_iter()
        .flatten()
}

/// Whether a call goes through another one on some arch.
pub(super) fn goes_through_another(call: Syscall) -> bool {
    all().any(|(name, ..)| name == call.name())
}

/// Whether a call goes through another one on an arch.
pub(crate) fn is_multiplexed(arch: Arch, call: Syscall) -> bool {
    multiplexes(arch) && goes_through_another(call)
}

/// The names with their numbers inside, and the name of the call that is around them.
fn all() -> impl Iterator<Item = (&'static str, u8, &'static str)> {
    let socketcall = SOCKETCALL.into_iter().zip(1..);
    let socketcall = socketcall.map(|(name, number)| (name, number, "socketcall"));
    let ipc = IPC.into_iter();
    socketcall.chain(ipc.map(|(name, number)| (name, number, "ipc")))
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
