//! What a SPEC of `allow`, `deny` and `new` is about: a name, a group, or a call with arguments as the kernel takes them.
//!
//! Apart from questions, which are about one call: here an argument is as many bits as the kernel looks at, or flags among others.

use callgate_analyze::amend::{Answer, Subject};
use callgate_policy::{Arg, Comparison, Test};
use callgate_syscalls::constants::{self, ConstantsKind};
use callgate_syscalls::{Arch, Syscall};

use crate::failure::Failure;
use crate::named::Named;
use crate::question::{self, Question};

/// The calls that several SPECs name, for a machine of this arch.
pub(crate) fn of(specs: &[String], answer: Answer, native: Arch) -> Result<Vec<Subject>, Failure> {
    let mut subjects = Vec::new();
    for spec in specs {
        let named = match spec.starts_with('@') {
            true => of_group(spec)?,
            false => vec![of_call(spec, answer, native).map_err(Failure::input)?],
        };
        for subject in named {
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
    }
    Ok(subjects)
}

fn of_group(name: &str) -> Result<Vec<Subject>, Failure> {
    let named = Named::by_name(name).map_err(Failure::input)?;
    let calls = named.calls().iter();
    let calls = calls.filter_map(|name| Syscall::by_name(name));
    let subject = |call| Subject {
        call,
        comparisons: Vec::new(),
    };
    Ok(calls.map(subject).collect())
}

fn of_call(spec: &str, answer: Answer, native: Arch) -> Result<Subject, String> {
    let question = Question::parse(spec, &[])?;
    let call = match question.subject {
        question::Subject::Named(call) => Some(call),
        question::Subject::Numbered(nr) => Syscall::by_number(native, nr),
    };
    let call = call.ok_or_else(|| format!("`{spec}` has no name, and rules are for names"))?;
    let mut comparisons = Vec::new();
    for (index, value) in question.arguments(native)?.into_iter().enumerate() {
        let (Some(arg), Some(value)) = (Arg::new(index as u64), value) else {
            continue;
        };
        let test = test(call, index, value, answer, native)?;
        comparisons.push(Comparison::new(arg, test));
    }
    Ok(Subject { call, comparisons })
}

/// The test of one argument: to allow, of all that the kernel takes of it; to deny, of the flags that are named.
fn test(
    call: Syscall,
    index: usize,
    value: u64,
    answer: Answer,
    native: Arch,
) -> Result<Test, String> {
    let param = call.params_on(native).and_then(|params| params.get(index));
    let bits = param.map_or(64, |param| param.kind.bits(native));
    let taken = u64::MAX >> (64 - bits);
    // A negative number is written for what the kernel takes, too.
    if value & !taken != 0 && value | taken != u64::MAX {
        return Err(format!(
            "argument {index} of {call} has {bits} bits, and {value:#x} has more"
        ));
    }
    let value = value & taken;
    let known = constants::of_param(native, call, index).map(|known| (known.kind, known.choice()));
    let mask = match (answer, known) {
        (Answer::Deny(_), Some((ConstantsKind::Flags, _))) if value != 0 => value,
        (Answer::Deny(_), Some((ConstantsKind::Mixed { .. }, choice))) if value & !choice != 0 => {
            let chosen = match value & choice {
                0 => 0,
                _ => choice,
            };
            value & !choice | chosen
        }
        _ => taken,
    };
    Ok(match mask {
        u64::MAX => Test::Eq(value),
        mask => Test::MaskedEq { mask, value },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparisons(spec: &str, answer: Answer) -> Result<Vec<Comparison>, String> {
        Ok(of_call(spec, answer, Arch::X86_64)?.comparisons)
    }

    #[test]
    fn what_is_allowed_is_exact_and_what_is_denied_has_the_flags() {
        let first = Arg::new(0).expect("a call has six");
        let masked = |mask, value| Ok(vec![Comparison::new(first, Test::MaskedEq { mask, value })]);
        let equal = |value| Ok(vec![Comparison::new(first, Test::Eq(value))]);
        let deny = Answer::Deny(1);
        for (spec, answer, expected) in [
            ("read", deny, Ok(Vec::new())),
            (
                "unshare(CLONE_NEWNS)",
                Answer::Allow,
                // Its flags are a long.
                equal(0x2_0000),
            ),
            ("unshare(CLONE_NEWNS)", deny, masked(0x2_0000, 0x2_0000)),
            ("unshare(0)", deny, equal(0)),
            ("personality(8)", deny, masked(0xffff_ffff, 8)),
            ("close(-1)", deny, masked(0xffff_ffff, 0xffff_ffff)),
            ("mmap(4096)", Answer::Allow, equal(4096)),
            (
                "close(0x100000000)",
                deny,
                Err("argument 0 of close has 32 bits, and 0x100000000 has more".to_owned()),
            ),
        ] {
            assert_eq!(comparisons(spec, answer), expected, "{spec}");
        }
    }
}
