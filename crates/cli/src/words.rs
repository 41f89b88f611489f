//! Words that several verbs use for the same thing: actions, errnos, constants.
//!
//! Apart from the verbs, so that one thing has one name in all of them.

use std::fmt::{self, Write};
use std::io;

use callgate_bpf::Action;
use callgate_engines::Target;
use callgate_profile::Severity;
use callgate_syscalls::{Arch, Syscall, constants, errno_name};

/// An action with its data by name: `errno EPERM`, `trap 7`.
pub(crate) fn action(action: Action, arch: Arch) -> String {
    match (action, action.data()) {
        (Action::Errno(errno), _) => format!("errno {}", errno_text(arch, errno)),
        (Action::Trap(0) | Action::Trace(0), _) | (_, None) => action.name().to_owned(),
        (_, Some(data)) => format!("{} {data}", action.name()),
    }
}

/// An errno by its name, or by its number where it has none; zero looks like success to the caller.
pub(crate) fn errno_text(arch: Arch, errno: u16) -> String {
    match errno_name(arch, errno) {
        Some(name) => name.to_owned(),
        None if errno == 0 => "0 (looks like success)".to_owned(),
        None => errno.to_string(),
    }
}

/// So many of a thing whose plural ends in an s: `1 rule`, `2 rules`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// That these read: `docker@28 reads`, `docker@28 and containerd read`.
pub(crate) fn readers(targets: &[Target]) -> String {
    let names: Vec<String> = targets.iter().map(Target::to_string).collect();
    let verb = if names.len() == 1 { "reads" } else { "read" };
    format!("{} {verb}", names.join(" and "))
}

/// What there is in words, or a dash.
pub(crate) fn or_dash(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Rows as a table: the first column to the left, the others to the right.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        let mut cells = row.iter().zip(widths);
        if let Some((first, width)) = cells.next() {
            let _ = write!(text, "{first:<width$}");
        }
        for (cell, width) in cells {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

/// A text with its control characters escaped, but for line ends: no terminal acts on what a user wrote.
pub(crate) fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => harmless.push(character),
            _ if character.is_control() => harmless.extend(character.escape_default()),
            _ => harmless.push(character),
        }
    }
    harmless
}

/// An error of the system in its own words, without the number that Rust appends.
pub(crate) fn system_error(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// A value of an argument by its name; none where the argument has no named constants, or none of this value.
pub(crate) fn constant(arch: Arch, call: Syscall, index: usize, value: u64) -> Option<String> {
    let text = constants::of_param(arch, call, index)?
        .describe(value)
        .to_string();
    (!text.starts_with(|character: char| character.is_ascii_digit())).then_some(text)
}

/// `2 errors, 1 warning`; what there is none of is left out, and where nothing is left, so is the text.
pub(crate) fn problem_counts(severities: impl Iterator<Item = Severity> + Clone) -> Option<String> {
    let words = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Info, "remark"),
        (Severity::Style, "matter of style"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter_map(|(severity, word)| {
            match severities.clone().filter(|&each| each == severity).count() {
                0 => None,
                1 => Some(format!("1 {word}")),
                count if severity == Severity::Style => Some(format!("{count} matters of style")),
                count => Some(format!("{count} {word}s")),
            }
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Text in XML; what XML has no way to write is left out as a question mark.
pub(crate) fn xml(text: &str) -> String {
    let mut written = String::new();
    for character in text.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\n' => written.push_str("&#10;"),
            '\t' => written.push_str("&#9;"),
            control if control.is_control() => written.push('?'),
            '\u{fffe}' | '\u{ffff}' => written.push('?'),
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_a_document_of_xml() {
        assert_eq!(
            xml("a<b> & \"c\"\u{1b}\n"),
            "a&lt;b&gt; &amp; &quot;c&quot;?&#10;"
        );
    }

    #[test]
    fn a_terminal_does_nothing_but_print() {
        let cases = [
            ("plain\nlines", "plain\nlines"),
            ("\x1b[31mred", "\\u{1b}[31mred"),
            ("a\0b\tc\u{9b}", "a\\u{0}b\\tc\\u{9b}"),
        ];
        for (text, expected) in cases {
            assert_eq!(harmless(text), expected);
        }
    }
}
