//! Arguments and comparisons in words: parameters by name, values by the names of constants.
//!
//! Apart from the questions, because one thing has one spelling in all answers.

use callgate_policy::{Comparison, Test};
use callgate_syscalls::constants::{self, Constants, ConstantsKind};
use callgate_syscalls::{Arch, Syscall};

/// The comparisons of a rule: `domain == AF_VSOCK and type == SOCK_STREAM`; empty where there are none.
#[must_use]
pub fn comparisons(arch: Arch, call: Option<Syscall>, all: &[Comparison]) -> String {
    let words: Vec<String> = all
        .iter()
        .map(|&each| comparison(arch, call, each))
        .collect();
    words.join(" and ")
}

/// One comparison: `flags without CLONE_NEWNS|CLONE_NEWUSER`, `personality == PER_LINUX32`.
#[must_use]
pub fn comparison(arch: Arch, call: Option<Syscall>, comparison: Comparison) -> String {
    let index = comparison.arg.index();
    let name = parameter(arch, call, index);
    let bits = comparison.width.bits(arch);
    let name = match bits == arch.bits() {
        true => name,
        false => format!("{name} (low {bits} bits)"),
    };
    let word = |value| value_of(arch, call, index, value);
    match comparison.test {
        Test::Ne(value) => format!("{name} != {}", word(value)),
        Test::Lt(value) => format!("{name} < {}", word(value)),
        Test::Le(value) => format!("{name} <= {}", word(value)),
        Test::Eq(value) => format!("{name} == {}", word(value)),
        Test::Ge(value) => format!("{name} >= {}", word(value)),
        Test::Gt(value) => format!("{name} > {}", word(value)),
        Test::MaskedEq { mask, value } => masked(arch, call, index, &name, [mask, value]),
    }
}

/// A value by the names of the argument's constants, where it has such, else in hexadecimal.
pub(crate) fn value(arch: Arch, call: Option<Syscall>, index: usize, value: u64) -> String {
    value_of(arch, call, index, value)
}

/// The name of a parameter, or `args[0]`.
pub(crate) fn parameter(arch: Arch, call: Option<Syscall>, index: usize) -> String {
    let params = call.and_then(|call| call.params_on(arch));
    match params.and_then(|params| params.get(index)) {
        Some(param) => param.name.to_owned(),
        None => format!("args[{index}]"),
    }
}

fn value_of(arch: Arch, call: Option<Syscall>, index: usize, value: u64) -> String {
    match named(arch, call, index, value) {
        Some(name) => name,
        None => format!("{value:#x}"),
    }
}

/// The value in names alone, with no bit left over.
fn named(arch: Arch, call: Option<Syscall>, index: usize, value: u64) -> Option<String> {
    let text = set(arch, call, index)?.describe(value).to_string();
    let is_named = |part: &str| !part.starts_with(|first: char| first.is_ascii_digit());
    text.split('|').all(is_named).then_some(text)
}

fn set(arch: Arch, call: Option<Syscall>, index: usize) -> Option<&'static Constants> {
    constants::of_param(arch, call?, index)
}

fn masked(
    arch: Arch,
    call: Option<Syscall>,
    index: usize,
    name: &str,
    [mask, value]: [u64; 2],
) -> String {
    let flags = |bits| match set(arch, call, index) {
        Some(set) if set.kind != ConstantsKind::Choice => flags_of(set, bits),
        _ => None,
    };
    match (flags(mask), flags(value)) {
        (Some(of), _) if value == 0 => format!("{name} without {of}"),
        (Some(of), _) if value == mask => format!("{name} with {of}"),
        (Some(of), Some(value)) => format!("{name} of {of} exactly {value}"),
        _ => format!("{name} & {mask:#x} == {value:#x}"),
    }
}

/// Bits as flags; none where one of them is no flag of the set.
fn flags_of(set: &Constants, bits: u64) -> Option<String> {
    let choice = set.choice();
    let is_flag = |value: u64| value & choice == 0 && value.count_ones() == 1;
    let mut rest = bits;
    let mut names = Vec::new();
    for &(name, value) in set.values {
        if is_flag(value) && rest & value != 0 {
            names.push(name);
            rest &= !value;
        }
    }
    (rest == 0 && !names.is_empty()).then(|| names.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_policy::{Arg, Width};

    #[test]
    fn comparisons_in_words() {
        let masked = |mask, value| Test::MaskedEq { mask, value };
        for (call, test, words) in [
            ("socket", Test::Ne(40), "family != AF_VSOCK"),
            ("socket", Test::Lt(38), "family < AF_ALG"),
            ("socket", Test::Gt(0x1_0000_0000), "family > 0x100000000"),
            ("personality", Test::Eq(8), "personality == PER_LINUX32"),
            (
                "unshare",
                masked(0x1002_0000, 0),
                "unshare_flags without CLONE_NEWNS|CLONE_NEWUSER",
            ),
            (
                "unshare",
                masked(0x1000_0000, 0x1000_0000),
                "unshare_flags with CLONE_NEWUSER",
            ),
            ("getpid", masked(3, 1), "args[0] & 0x3 == 0x1"),
        ] {
            let comparison = Comparison::new(Arg::A0, test);
            let call = Syscall::by_name(call);
            assert_eq!(super::comparison(Arch::X86_64, call, comparison), words);
        }
        let narrow = Comparison {
            width: Width::Int,
            ..Comparison::new(Arg::A1, Test::Lt(5))
        };
        let words = super::comparison(Arch::X86_64, None, narrow);
        assert_eq!(words, "args[1] (low 32 bits) < 0x5");
    }
}
