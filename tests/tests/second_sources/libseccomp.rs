//! Against libseccomp's resolver: every name and every number, on every arch that it knows.

use std::collections::BTreeSet;

use callgate_syscalls::{Arch, Syscall, X32_BIT};
use callgate_tests::left_out;

use crate::{Gaps, compare, sys};

/// The version whose gaps are listed.
const LISTED: (u32, u32, u32) = (2, 5, 4);

const HEAD: &str = "\
# What callgate's tables and libseccomp 2.5.4 do not both have.
# arch: libseccomp does not know the arch.
# unknown: it does not know the name.
# pseudo: it gives the call a number of its own there, below zero; under it, rules are made for socketcall and ipc, too.
# ours: it has a number, the headers have none.
";

#[test]
fn numbers_are_libseccomps() {
    let mut gaps = Gaps::default();
    let mut conflicts = Vec::new();
    let mut known = BTreeSet::new();
    for &arch in Arch::ALL {
        let Some(token) = sys::arch(arch.name()) else {
            gaps.add("arch", "-", arch);
            continue;
        };
        known.insert(arch);
        for call in Syscall::all() {
            let theirs = sys::number(token, call.name());
            match (call.number(arch), u32::try_from(theirs)) {
                (Some(ours), Ok(theirs)) if ours == theirs => {}
                (None, Err(_)) => {}
                (Some(_), Err(_)) if theirs == -1 => gaps.add("unknown", call.name(), arch),
                (Some(_), Err(_)) => gaps.add("pseudo", call.name(), arch),
                (None, Ok(_)) => gaps.add("ours", call.name(), arch),
                (Some(ours), Ok(theirs)) => {
                    conflicts.push(format!("{arch} {call}: {ours} here, {theirs} there"));
                }
            }
        }
        for nr in candidates(arch) {
            let Some(theirs) = sys::name(token, nr.cast_signed()) else {
                continue;
            };
            match Syscall::by_number(arch, nr) {
                Some(ours) if ours.name() == theirs => {}
                Some(ours) => conflicts.push(format!("{arch} {nr}: {ours} here, {theirs} there")),
                None => gaps.add("ours", &theirs, arch),
            }
        }
    }
    assert!(
        known.len() >= 15 && known.contains(&Arch::X86_64),
        "{known:?}"
    );
    assert!(conflicts.is_empty(), "{}", conflicts.join("\n"));
    if sys::version() == LISTED {
        compare("libseccomp.tsv", &gaps.to_text(HEAD, &known));
    } else {
        let (major, minor, micro) = sys::version();
        let reason =
            format!("gaps are listed for libseccomp 2.5.4 and this is {major}.{minor}.{micro}");
        left_out("the list of gaps against libseccomp", &reason);
    }
}

/// Every number that a call of `arch` might have.
fn candidates(arch: Arch) -> impl Iterator<Item = u32> {
    let base = match arch {
        Arch::X32 => X32_BIT,
        Arch::Mips | Arch::Mipsel => 4000,
        Arch::Mips64 | Arch::Mipsel64 => 5000,
        Arch::Mips64n32 | Arch::Mipsel64n32 => 6000,
        _ => 0,
    };
    let private = if arch == Arch::Arm {
        0xf_0000..0xf_0010
    } else {
        0..0
    };
    (base..base + 1000).chain(private)
}
