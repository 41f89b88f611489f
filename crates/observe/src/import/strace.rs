//! What strace writes: a line for each call, with or without process and time, or a table of counts.
//!
//! Apart from the audit records, which have numbers where this has names.

use std::collections::HashMap;

use callgate_syscalls::{Arch, Syscall, X32_BIT};

use super::Imported;
use crate::recording::Call;

pub(super) fn read(text: &str, native: Arch) -> Imported {
    let mut imported = Imported::default();
    // What a process runs as, once strace said so.
    let mut modes: HashMap<&str, Arch> = HashMap::new();
    for (at, line) in text.lines().enumerate() {
        let (process, line) = without_process_and_time(line);
        if let Some((process, arch)) = mode(line, native) {
            modes.insert(process, arch);
            continue;
        }
        let line = line.strip_prefix("strace: ").unwrap_or(line);
        let says_nothing = ["+++", "---", "<...", "% time", "[ ", "Process "];
        if line.is_empty() || says_nothing.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        let arch = modes.get(process).copied().unwrap_or(native);
        match row(line).or_else(|| Some((called(line)?, 1))) {
            Some(("total", _)) => {}
            Some((name, count)) => match number(name, arch) {
                Some(nr) => imported.add(
                    Call {
                        audit: arch.audit(),
                        nr,
                    },
                    count,
                ),
                None => imported.unread.push(at + 1),
            },
            None => imported.unread.push(at + 1),
        }
    }
    imported
}

/// `[pid 12] 10:00:00.123 openat(…` or `12 1700000000.1 openat(…`: the process, empty where none is named, and the rest.
fn without_process_and_time(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    let (process, mut rest) = match line.strip_prefix("[pid") {
        Some(rest) => match rest.split_once(']') {
            Some((process, rest)) => (process.trim(), rest.trim_start()),
            None => ("", line),
        },
        None => match line.split_once(' ') {
            Some((word, rest)) if is_number(word) => (word, rest.trim_start()),
            _ => ("", line),
        },
    };
    // Times stand before a call or what becomes of one; a row of the table begins with numbers, too, and is no call.
    while let Some((word, after)) = rest.split_once(' ') {
        let is_time = word.len() > 5
            && word.bytes().any(|byte| matches!(byte, b':' | b'.'))
            && word
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
        let after = after.trim_start();
        if !is_time || called(after).is_none() && !after.starts_with(['<', '+', '-']) {
            break;
        }
        rest = after;
    }
    (process, rest)
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[ Process PID=12 runs in 32 bit mode. ]`.
fn mode(line: &str, native: Arch) -> Option<(&str, Arch)> {
    let line = line.strip_prefix("strace: ").unwrap_or(line);
    let (process, rest) = line.strip_prefix("[ Process PID=")?.split_once(' ')?;
    let narrow = match native {
        Arch::Aarch64 => Arch::Arm,
        Arch::S390x => Arch::S390,
        Arch::Ppc64 => Arch::Ppc,
        _ => Arch::X86,
    };
    let arch = match rest.strip_prefix("runs in ")?.split_once(" mode")?.0 {
        "32 bit" => narrow,
        "x32" => Arch::X32,
        _ => native,
    };
    Some((process, arch))
}

/// The name before the parenthesis.
fn called(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('(')?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
}

/// ` 12.34    0.000123          12        10         2 openat`: a row of the table of `-c`.
fn row(line: &str) -> Option<(&str, u64)> {
    if line.starts_with("------") {
        return Some(("total", 0));
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let [share, seconds, .., name] = words[..] else {
        return None;
    };
    let numbers = words[..words.len() - 1].iter();
    let all_numbers = numbers.clone().all(|word| word.parse::<f64>().is_ok());
    if !all_numbers || !share.contains('.') || !seconds.contains('.') || words.len() < 5 {
        return None;
    }
    words[3].parse().ok().map(|count| (name, count))
}

/// The number of a name, or of `syscall_0x1d6`, as strace calls what it does not know.
fn number(name: &str, arch: Arch) -> Option<u32> {
    if let Some(digits) = name.strip_prefix("syscall_0x") {
        let number = u32::from_str_radix(digits, 16).ok()?;
        return Some(match arch {
            Arch::X32 => number | X32_BIT,
            _ => number,
        });
    }
    Syscall::by_name(name)?.number(arch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(imported: &Imported) -> Vec<(String, u64)> {
        let calls = imported.calls.iter();
        calls
            .map(|(call, count)| (call.to_string(), *count))
            .collect()
    }

    #[test]
    fn lines_of_every_form() {
        let text = "\
execve(\"/bin/true\", [\"true\"], 0x7ffd /* 3 vars */) = 0
[pid  4711] openat(AT_FDCWD, \"/etc\", O_RDONLY <unfinished ...>
4712  10:00:00.123456 openat(AT_FDCWD, \"a b(c\") = -1 ENOENT (No such file or directory)
4712  1700000000.123456 <... openat resumed>) = 3
strace: [ Process PID=4713 runs in 32 bit mode. ]
4713  mmap2(NULL, 8192) = 0xf7
syscall_0x1d6(0x1) = -1 ENOSYS
--- SIGCHLD {si_signo=SIGCHLD} ---
+++ exited with 0 +++
no_such_call(1) = 0
";
        let imported = read(text, Arch::X86_64);
        let expected = [
            ("x86 mmap2", 1),
            ("x86_64 execve", 1),
            ("x86_64 openat", 2),
            ("x86_64 listns", 1),
        ];
        let expected = expected.map(|(name, count)| (name.to_owned(), count));
        let mut found = names(&imported);
        found.sort();
        let mut sorted = expected.to_vec();
        sorted.sort();
        assert_eq!(found, sorted);
        assert_eq!(imported.unread, [10]);
    }

    #[test]
    fn the_table_of_counts() {
        let text = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000600          60        10         2 openat
 40.00    0.000400         400         1           execve
------ ----------- ----------- --------- --------- ----------------
100.00    0.001000          90        11         2 total
";
        let imported = read(text, Arch::X86_64);
        let mut counts: Vec<u64> = imported.calls.values().copied().collect();
        counts.sort_unstable();
        assert_eq!(counts, [1, 10], "{imported:?}");
        assert_eq!(imported.unread, [0; 0]);
    }
}
