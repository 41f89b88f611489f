//! A call as a person writes it: `socket`, `41`, `clone(CLONE_NEWUSER)`, `openat(-100, *, O_RDWR|O_CREAT)`.
//!
//! Apart from the lines that `sim` reads, where a machine wrote numbers: here names of constants mean something,
//! which depends on the arch.

use callgate_syscalls::{Arch, Syscall, X32_BIT, constants};

use crate::{nearest, number};

/// What was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The call, by name or by number.
    pub(crate) subject: Subject,
    /// The arguments as they were written; none where no parentheses were.
    arguments: Option<Vec<String>>,
}

/// Which call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The call of a name, on every arch that has it.
    Named(Syscall),
    /// The call of a number, which need not exist.
    Numbered(u32),
}

impl Question {
    /// Reads a question; `more` are arguments that were written as words of their own.
    pub(crate) fn parse(text: &str, more: &[String]) -> Result<Self, String> {
        let text = text.trim();
        let (name, inside) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(inside) => (name.trim_end(), Some(inside)),
                None => return Err(format!("`{text}` has a parenthesis that does not close")),
            },
        };
        if inside.is_some() && !more.is_empty() {
            return Err(format!(
                "arguments are in parentheses or words of their own, and `{text}` is followed by `{}`",
                more[0]
            ));
        }
        let arguments = match inside {
            Some(inside) if inside.trim().is_empty() => Some(Vec::new()),
            Some(inside) => Some(
                inside
                    .split(',')
                    .map(|word| word.trim().to_owned())
                    .collect(),
            ),
            None if more.is_empty() => None,
            None => Some(more.to_vec()),
        };
        if let Some(arguments) = arguments.as_ref().filter(|arguments| arguments.len() > 6) {
            return Err(format!(
                "{} arguments, and a call has six at most",
                arguments.len()
            ));
        }
        Ok(Self {
            subject: subject(name)?,
            arguments,
        })
    }

    /// The arch whose call it is where this one is asked about: a number of x32 on x86_64 is x32's.
    pub(crate) fn arch(&self, asked: Arch) -> Arch {
        match self.subject {
            Subject::Numbered(nr) if asked != Arch::X32 => {
                Arch::of_call(asked.audit(), nr).unwrap_or(asked)
            }
            _ => asked,
        }
    }

    /// The number that a filter sees on an arch; none where the arch does not have the call.
    pub(crate) fn number(&self, arch: Arch) -> Option<u32> {
        match self.subject {
            Subject::Named(call) => call.number(arch),
            Subject::Numbered(nr) if arch == Arch::X32 => Some(nr | X32_BIT),
            Subject::Numbered(nr) => Some(nr).filter(|_| self.arch(arch) == arch),
        }
    }

    /// Whether no argument was written.
    pub(crate) const fn is_open(&self) -> bool {
        self.arguments.is_none()
    }

    /// The arguments on an arch: a value each, or none for one that was left open (`*`, or not written).
    pub(crate) fn arguments(&self, arch: Arch) -> Result<[Option<u64>; 6], String> {
        let mut values = [None; 6];
        let words = self.arguments.iter().flatten();
        for (index, word) in words.enumerate() {
            if word != "*" {
                values[index] = Some(self.value(arch, index, word)?);
            }
        }
        Ok(values)
    }

    fn value(&self, arch: Arch, index: usize, word: &str) -> Result<u64, String> {
        if let Some(value) = number::signed(word) {
            return Ok(value);
        }
        let call = match self.subject {
            Subject::Named(call) => Some(call),
            Subject::Numbered(_) => self
                .number(arch)
                .and_then(|nr| Syscall::by_number(arch, nr)),
        };
        let known = call.and_then(|call| constants::of_param(arch, call, index));
        let Some(known) = known else {
            return Err(format!(
                "`{word}` is no number, and argument {index} has no named constants"
            ));
        };
        known.parse(word).ok_or_else(|| {
            let names = known.values.iter().map(|&(name, _)| name);
            // The usual prefix may be left out: `NEWUSER` is `CLONE_NEWUSER`.
            let full = names.clone().find(|name| ends_with_word(name, word));
            match full.or_else(|| callgate_profile::nearest(word, names)) {
                Some(name) => format!("`{word}` is none of {}, did you mean `{name}`?", known.name),
                None => format!("`{word}` is none of {}", known.name),
            }
        })
    }
}

fn subject(name: &str) -> Result<Subject, String> {
    if number::is_meant(name) {
        return number::of_call(name).map(Subject::Numbered);
    }
    match Syscall::by_name(name) {
        Some(call) => Ok(Subject::Named(call)),
        None => Err(nearest::unknown_call(name)),
    }
}

fn ends_with_word(name: &str, word: &str) -> bool {
    name.strip_suffix(&word.to_ascii_uppercase())
        .is_some_and(|before| before.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str, more: &[&str]) -> Result<(Option<u32>, [Option<u64>; 6]), String> {
        let more: Vec<String> = more.iter().map(|&word| word.to_owned()).collect();
        let question = Question::parse(text, &more)?;
        let arguments = question.arguments(Arch::X86_64)?;
        Ok((question.number(Arch::X86_64), arguments))
    }

    #[test]
    fn questions_in_every_form() {
        let open = [None; 6];
        let first = |value| [Some(value), None, None, None, None, None];
        for (text, more, expected) in [
            ("socket", &[][..], (Some(41), open)),
            ("41", &[], (Some(41), open)),
            ("0x29()", &[], (Some(41), open)),
            ("socket(AF_VSOCK)", &[], (Some(41), first(40))),
            ("socket", &["AF_VSOCK", "*"], (Some(41), first(40))),
            (
                "unshare(CLONE_NEWUSER|CLONE_NEWNS)",
                &[],
                (Some(272), first(0x1002_0000)),
            ),
            (
                "openat(-100)",
                &[],
                (Some(257), first((-100_i64).cast_unsigned())),
            ),
            ("openat(AT_FDCWD)", &[], (Some(257), first(0xffff_ff9c))),
            ("mmap2", &[], (None, open)),
        ] {
            assert_eq!(asked(text, more), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_question_says_why() {
        for (text, more, message) in [
            (
                "sokcet",
                &[][..],
                "unknown call `sokcet`, did you mean `socket`?",
            ),
            (
                "socket(",
                &[],
                "`socket(` has a parenthesis that does not close",
            ),
            (
                "socket(1)",
                &["2"],
                "arguments are in parentheses or words of their own, and `socket(1)` is followed by `2`",
            ),
            (
                "read(1,2,3,4,5,6,7)",
                &[],
                "7 arguments, and a call has six at most",
            ),
            (
                "read(X)",
                &[],
                "`X` is no number, and argument 0 has no named constants",
            ),
            (
                "99999999999",
                &[],
                "`99999999999` is not a decimal or hexadecimal number of 32 bits",
            ),
        ] {
            assert_eq!(asked(text, more), Err(message.to_owned()), "{text}");
        }
        let error = asked("unshare(NEWUSER)", &[]).expect_err("no such constant");
        assert!(error.ends_with("did you mean `CLONE_NEWUSER`?"), "{error}");
    }
}
