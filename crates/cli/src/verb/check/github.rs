//! Problems as GitHub's workflow commands, which it shows beside the lines of a change.
//!
//! Apart from the other formats, as each of them is.

use std::fmt::Write;

use callgate_profile::{Problem, Severity};

use super::found::Checked;
use crate::render::Source;

/// A command a problem, each on a line.
pub(super) fn commands(checked: &[Checked], sources: &[Source<'_>]) -> String {
    let mut text = String::new();
    for (checked, source) in checked.iter().zip(sources) {
        for problem in &checked.problems {
            command(&mut text, source, problem);
        }
    }
    text
}

fn command(text: &mut String, source: &Source<'_>, problem: &Problem) {
    let kind = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Style => "notice",
    };
    let (start, end) = (
        source.place(problem.span.start),
        source.place(problem.span.end),
    );
    let mut message = problem.message.clone();
    let notes = problem.notes.iter().chain(&problem.help);
    for note in notes {
        let _ = write!(message, "\n{note}");
    }
    let _ = writeln!(
        text,
        "::{kind} file={},line={},col={},endLine={},endColumn={},title={}::{}",
        property(source.file(problem.span.start)),
        start.line,
        start.column,
        end.line,
        end.column,
        problem.code,
        data(&message)
    );
}

/// A message, with what would end it escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("50%\n::error::"), "50%25%0A::error::");
        assert_eq!(property("a,b:c\n"), "a%2Cb%3Ac%0A");
    }
}
