//! Calls as a user writes them, a line each: `ARCH NAME|NR [ARG…]`, with decimal or hexadecimal numbers.
//!
//! Apart from `sim`, because a line is read without knowing who will answer it.

use std::fmt;

use callgate_bpf::SeccompData;
use callgate_syscalls::{Arch, Syscall, X32_BIT};

use crate::{nearest, number};

/// A call of an arch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The arch that the line names.
    pub(crate) arch: Arch,
    /// The number that a filter sees: x32's have [`X32_BIT`] set.
    pub(crate) nr: u32,
    /// The arguments; those that the line does not name are zero.
    pub(crate) args: [u64; 6],
}

/// Why a line is not a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallError {
    /// Where in the line, in characters from one.
    pub(crate) column: usize,
    /// What is wrong there.
    pub(crate) message: String,
}

impl Call {
    /// Reads a line; none where it is blank or a comment (`#`).
    pub(crate) fn parse(line: &str) -> Result<Option<Self>, CallError> {
        let mut words = words(line);
        let Some((at, word)) = words.next() else {
            return Ok(None);
        };
        let error = |at: usize, message: String| CallError {
            column: line[..at].chars().count() + 1,
            message,
        };
        let arch: Arch = word.parse().map_err(|unknown| {
            let names = Arch::ALL.iter().map(|arch| arch.name());
            error(
                at,
                match callgate_profile::nearest(word, names) {
                    Some(name) => format!("unknown arch `{word}`, did you mean `{name}`?"),
                    None => format!("`{word}`: {unknown}"),
                },
            )
        })?;
        let Some((at, word)) = words.next() else {
            let end = line.trim_end().len();
            return Err(error(
                end,
                format!("no call after `{arch}`: a name or a number"),
            ));
        };
        let nr = call_number(arch, word).map_err(|message| error(at, message))?;
        let mut args = [0; 6];
        for (index, (at, word)) in words.enumerate() {
            let Some(place) = args.get_mut(index) else {
                return Err(error(at, "a call has six arguments at most".to_owned()));
            };
            *place = number::signed(word).ok_or_else(|| {
                error(
                    at,
                    format!("`{word}` is not a decimal or hexadecimal number of 64 bits"),
                )
            })?;
        }
        Ok(Some(Self { arch, nr, args }))
    }

    /// What a filter sees of it.
    pub(crate) fn data(&self) -> SeccompData {
        SeccompData {
            nr: self.nr,
            arch: self.arch.audit(),
            instruction_pointer: 0,
            args: self.args,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The words of a line with their places, up to a comment.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - line.as_ptr() as usize, word))
        .take_while(|(_, word)| !word.starts_with('#'))
}

/// The number of a call that is given by name or by number.
fn call_number(arch: Arch, word: &str) -> Result<u32, String> {
    if number::is_meant(word) {
        let number = number::of_call(word)?;
        // Who says x32 means x32, with or without the bit that a filter sees.
        return Ok(if arch == Arch::X32 {
            number | X32_BIT
        } else {
            number
        });
    }
    match Syscall::by_name(word) {
        Some(call) => call
            .number(arch)
            .ok_or_else(|| format!("{arch} has no call `{word}`")),
        None => Err(nearest::unknown_call(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_calls() {
        let call = |arch, nr, args: &[u64]| {
            let mut six = [0; 6];
            six[..args.len()].copy_from_slice(args);
            Ok(Some(Call {
                arch,
                nr,
                args: six,
            }))
        };
        let cases = [
            (
                "x86_64 socket 0x28 1 0",
                call(Arch::X86_64, 41, &[0x28, 1, 0]),
            ),
            ("  aarch64\topenat -100 # a comment", {
                call(Arch::Aarch64, 56, &[(-100_i64).cast_unsigned()])
            }),
            ("x32 1", call(Arch::X32, X32_BIT + 1, &[])),
            ("x32 0x40000001", call(Arch::X32, X32_BIT + 1, &[])),
            ("x32 write", call(Arch::X32, X32_BIT + 1, &[])),
            ("x86 4294967295", call(Arch::X86, u32::MAX, &[])),
            (
                "s390x 1 18446744073709551615 0xffffffffffffffff 3 4 5 6",
                call(Arch::S390x, 1, &[u64::MAX, u64::MAX, 3, 4, 5, 6]),
            ),
            ("", Ok(None)),
            ("   # nothing", Ok(None)),
        ];
        for (line, expected) in cases {
            assert_eq!(Call::parse(line), expected, "{line}");
        }
    }

    #[test]
    fn lines_that_are_not_say_where_and_why() {
        let cases = [
            (
                "x86-64 read",
                1,
                "unknown arch `x86-64`, did you mean `x86_64`?",
            ),
            (" x86_64 ", 8, "no call after `x86_64`: a name or a number"),
            (
                "x86_64 raed",
                8,
                "unknown call `raed`, did you mean `read`?",
            ),
            ("aarch64 open", 9, "aarch64 has no call `open`"),
            (
                "x86 4294967296",
                5,
                "`4294967296` is not a decimal or hexadecimal number of 32 bits",
            ),
            (
                "x86 1 0x 2",
                7,
                "`0x` is not a decimal or hexadecimal number of 64 bits",
            ),
            (
                "x86 1 -9223372036854775809",
                7,
                "`-9223372036854775809` is not a decimal or hexadecimal number of 64 bits",
            ),
            (
                "x86 1 1 2 3 4 5 6 7",
                19,
                "a call has six arguments at most",
            ),
        ];
        for (line, column, message) in cases {
            let message = message.to_owned();
            assert_eq!(
                Call::parse(line),
                Err(CallError { column, message }),
                "{line}"
            );
        }
    }
}
