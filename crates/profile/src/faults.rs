//! Faults that an engine finds again when it refuses a document: the same fault has the same place and the same words, whoever finds it.
//!
//! Apart from the readers, because engines report these too, and two reports that are equal can be told as one.

use crate::document::NullElement;
use crate::names::{ActionName, FlagName, NATIVE, OpName};
use crate::nearest::nearest;
use crate::problem::{Problem, codes};
use crate::span::{Span, Spanned};
use callgate_syscalls::Arch;
use std::borrow::Cow;

/// The largest errno that the kernel returns (`MAX_ERRNO` in `include/linux/err.h`).
pub(crate) const MAX_ERRNO: u64 = 4095;

/// The last argument of a call, counted from 0.
pub(crate) const HIGHEST_INDEX: u64 = 5;

/// A written text in ticks, fit for a message: cut where it is long, and what a terminal would act on escaped.
///
/// ```
/// assert_eq!(callgate_profile::faults::quoted("a\u{1b}[1m\n"), "`a\\u{1b}[1m\\n`");
/// ```
#[must_use]
pub fn quoted(text: &str) -> Cow<'static, str> {
    if text.is_empty() {
        return Cow::Borrowed("the empty text");
    }
    Cow::Owned(format!("`{}`", shortened(text)))
}

/// A written text, cut where it is too long for a message, control characters and changes of direction escaped.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            short.push('…');
            break;
        }
        if is_acted_on(character) {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    short
}

/// Whether a terminal does something else than show it.
fn is_acted_on(character: char) -> bool {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    character.is_control() || turns
}

/// Neither `defaultAction` nor `syscalls` in the profile at this place.
#[must_use]
pub fn no_profile(profile: Span) -> Problem {
    let message = "the profile has neither `defaultAction` nor `syscalls`";
    Problem::error(codes::NO_PROFILE, opening(profile), message)
        .note("Docker runs a container of it without a filter and without a word")
}

/// No action in a field of the object at this place that must have one.
#[must_use]
pub fn missing_action(field: &str, holder: Span) -> Problem {
    let message = format!("`{field}` is missing");
    let words = ActionName::WORDS.join(", ");
    Problem::error(codes::ACTION, opening(holder), message)
        .help(format!("add \"{field}\" with one of {words}"))
}

/// No `index`, `value` or `op` in the entry of `args` at this place.
#[must_use]
pub fn missing_in_argument(field: &str, argument: Span) -> Problem {
    let message = format!("`{field}` of the argument is missing");
    Problem::error(codes::COMPARISON, opening(argument), message)
}

/// Two fields of which only one may be there, each with its value's place.
#[must_use]
pub fn exclusive(mut fields: [(&str, Span); 2]) -> Problem {
    fields.sort_by_key(|&(_, value)| value);
    let [(first, first_span), (second, second_span)] = fields;
    let message = format!("`{first}` and `{second}` are both there, and only one may be");
    Problem::error(codes::EXCLUSIVE_KEYS, second_span, message)
        .related(first_span, format!("`{first}` is here"))
        .note("Docker and Podman refuse the profile")
}

/// A `null` as an element of a list.
#[must_use]
pub fn null_element(null: &NullElement) -> Problem {
    let message = format!("null as an element of `{}`", null.list);
    Problem::error(codes::NULL_ELEMENT, null.span, message)
        .note("Docker stumbles on it or reads an empty element")
        .help("take it out")
}

/// An argument that no call has, if it is one.
#[must_use]
pub fn index_out_of_range(index: &Spanned<u64>) -> Option<Problem> {
    let Spanned { value, span } = *index;
    let message = format!("argument index {value}, and a call has arguments 0 to {HIGHEST_INDEX}");
    (value > HIGHEST_INDEX).then(|| Problem::error(codes::COMPARISON, span, message))
}

/// An errno that the kernel cuts, if it is one.
#[must_use]
pub fn errno_out_of_range(number: &Spanned<u64>, action: Option<&ActionName>) -> Option<Problem> {
    let Spanned { value, span } = *number;
    if value > u64::from(u16::MAX) {
        let message = format!(
            "{value} does not fit: the kernel has 16 bits for it, at most {}",
            u16::MAX
        );
        return Some(Problem::error(codes::ERRNO_RANGE, span, message));
    }
    if value > MAX_ERRNO && action == Some(&ActionName::Errno) {
        let message = format!("{value} is not an errno: the kernel returns at most {MAX_ERRNO}");
        let problem = Problem::error(codes::ERRNO_RANGE, span, message);
        return Some(problem.note("runc does not start with it"));
    }
    None
}

/// A `minKernel` that is not a release.
#[must_use]
pub fn no_release(written: &str, span: Span) -> Problem {
    let message = format!(
        "{} is not a kernel release: two numbers of at most 255 with a dot between",
        quoted(written)
    );
    Problem::error(codes::MIN_KERNEL, span, message).help("write it like \"4.8\"")
}

/// An action that is none.
#[must_use]
pub fn unknown_action(written: &str, span: Span) -> Problem {
    let list = WordList {
        code: codes::ACTION,
        what: "an action",
        prefix: "SCMP_ACT_",
        words: ActionName::WORDS,
    };
    list.unknown(written, span)
}

/// An operator that is none.
#[must_use]
pub fn unknown_operator(written: &str, span: Span) -> Problem {
    let list = WordList {
        code: codes::COMPARISON,
        what: "an operator",
        prefix: "SCMP_CMP_",
        words: OpName::WORDS,
    };
    list.unknown(written, span)
}

/// An arch that is none.
#[must_use]
pub fn unknown_arch(written: &str, span: Span) -> Problem {
    let names = Arch::ALL.iter().map(|arch| arch.scmp_name());
    let words: Vec<&str> = names.chain([NATIVE]).collect();
    let list = WordList {
        code: codes::ARCH_OR_FLAG,
        what: "an arch",
        prefix: "SCMP_ARCH_",
        words: &words,
    };
    list.unknown(written, span)
}

/// A filter flag that is none.
#[must_use]
pub fn unknown_flag(written: &str, span: Span) -> Problem {
    let list = WordList {
        code: codes::ARCH_OR_FLAG,
        what: "a filter flag",
        prefix: "SECCOMP_FILTER_FLAG_",
        words: FlagName::WORDS,
    };
    list.unknown(written, span)
}

/// The bracket that opens an object.
fn opening(object: Span) -> Span {
    Span::new(object.start, object.start + 1)
}

/// A list of words that all begin alike.
struct WordList<'w> {
    code: &'static str,
    what: &'static str,
    prefix: &'static str,
    words: &'w [&'static str],
}

impl WordList<'_> {
    /// A text that is not in the list.
    fn unknown(&self, written: &str, span: Span) -> Problem {
        let message = format!("{} is not {}", quoted(written), self.what);
        Problem::error(self.code, span, message)
            .note(format!("known are {}", self.words.join(", ")))
            .meant(self.meant_by(written))
    }

    /// The word that was probably meant: without its beginning, in another case, by Go's name for an arch, or misspelt.
    fn meant_by(&self, text: &str) -> Option<&'static str> {
        let upper = text.to_ascii_uppercase();
        let short = upper.strip_prefix(self.prefix).unwrap_or(&upper);
        let short = match short {
            "AMD64" => "X86_64",
            "ARM64" => "AARCH64",
            short => short,
        };
        self.words
            .iter()
            .copied()
            .find(|word| word.strip_prefix(self.prefix) == Some(short))
            .or_else(|| nearest(text, self.words.iter().copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_one_line_that_no_terminal_acts_on() {
        for (text, expected) in [
            ("", "the empty text"),
            ("chmodd", "`chmodd`"),
            ("é😀", "`é😀`"),
            ("\u{1b}[31mred", "`\\u{1b}[31mred`"),
            ("two\r\nlines\0", "`two\\r\\nlines\\u{0}`"),
            ("\u{202e}drow\u{9b}", "`\\u{202e}drow\\u{9b}`"),
        ] {
            assert_eq!(quoted(text), expected);
        }
        assert_eq!(quoted(&"\n".repeat(70)).matches("\\n").count(), 60);
        assert_eq!(quoted(&"x".repeat(60)), format!("`{}`", "x".repeat(60)));
    }
}
