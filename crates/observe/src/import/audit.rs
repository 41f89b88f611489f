//! The kernel's audit records of seccomp (`AUDIT_SECCOMP`, 1326): one for each call that a filter logged or ended.
//!
//! Apart from strace's lines: these have arch and number, and stand among records of other kinds.

use callgate_syscalls::{Arch, Syscall};

use super::Imported;
use crate::recording::Call;

pub(super) fn read(text: &str) -> Imported {
    let mut imported = Imported::default();
    for (at, line) in text.lines().enumerate() {
        let is_one = |word: &str| matches!(word, "type=1326" | "type=SECCOMP");
        if !line.split_whitespace().any(is_one) {
            continue;
        }
        match call(line) {
            Some(call) => imported.add(call, 1),
            None => imported.unread.push(at + 1),
        }
    }
    imported
}

/// Both as numbers, as the kernel writes them, or as names, as `ausearch --interpret` does.
fn call(line: &str) -> Option<Call> {
    let field = |name: &str| {
        line.split_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    };
    let (arch, number) = (field("arch")?, field("syscall")?);
    let audit = match u32::from_str_radix(arch, 16) {
        Ok(audit) => audit,
        Err(_) => arch.parse::<Arch>().ok()?.audit(),
    };
    let nr = match number.parse() {
        Ok(nr) => nr,
        Err(_) => Syscall::by_name(number)?.number(Arch::of_call(audit, 0)?)?,
    };
    Some(Call { audit, nr })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_as_the_kernel_and_as_ausearch_write_them() {
        let text = "\
audit: type=1326 audit(1700000000.123:42): auid=4294967295 uid=0 gid=0 ses=1 pid=7 comm=\"sh\" exe=\"/bin/sh\" sig=0 arch=c000003e syscall=90 compat=0 ip=0x7f code=0x7ffc0000
type=SECCOMP msg=audit(01/01/26 10:00:00.000:43) : auid=unset pid=7 sig=SIGSYS arch=x86_64 syscall=chmod compat=0 code=kill
type=SYSCALL msg=audit(1700000000.123:44): arch=c000003e syscall=2 success=yes
type=1326 audit(1700000000.123:45): auid=0 arch=40000003 syscall=15 compat=1 code=0x7ffc0000
type=1326 audit(1700000000.123:46): auid=0 arch=
";
        let imported = read(text);
        let chmod = |arch: Arch, nr| Call {
            audit: arch.audit(),
            nr,
        };
        let expected = [(chmod(Arch::X86, 15), 1), (chmod(Arch::X86_64, 90), 2)];
        assert_eq!(imported.calls, expected.into());
        assert_eq!(imported.unread, [5]);
    }
}
