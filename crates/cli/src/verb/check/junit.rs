//! Problems as JUnit's XML, which most build servers show: a suite a file, a case a problem.
//!
//! Apart from the other formats, as each of them is.

use std::fmt::Write;

use super::found::Checked;
use super::selection::Selection;
use crate::render::Source;

/// The document; a problem that fails the check is a failure, another one is output of a case that passed.
pub(super) fn document(
    checked: &[Checked],
    sources: &[Source<'_>],
    selection: &Selection,
) -> String {
    let failures = |checked: &Checked| {
        let problems = checked.problems.iter();
        problems
            .filter(|problem| selection.fails(problem.severity))
            .count()
    };
    // A file without problems is a case that passed.
    let tests = |checked: &Checked| checked.problems.len().max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"callgate check\" tests=\"{}\" failures=\"{}\">",
        checked.iter().map(tests).sum::<usize>(),
        checked.iter().map(failures).sum::<usize>()
    );
    for (checked, source) in checked.iter().zip(sources) {
        let name = escaped(source.name());
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\">",
            tests(checked),
            failures(checked)
        );
        if checked.problems.is_empty() {
            let _ = writeln!(text, "    <testcase name=\"clean\" classname=\"{name}\"/>");
        }
        for problem in &checked.problems {
            let place = source.place(problem.span.start);
            let _ = writeln!(
                text,
                "    <testcase name=\"{} {}:{}\" classname=\"{name}\">",
                problem.code, place.line, place.column
            );
            let mut details = problem.message.clone();
            for note in problem.notes.iter().chain(&problem.help) {
                let _ = write!(details, "\n{note}");
            }
            let message = escaped(&problem.message);
            let details = escaped(&details);
            let _ = match selection.fails(problem.severity) {
                true => writeln!(
                    text,
                    "      <failure type=\"{}\" message=\"{message}\">{details}</failure>",
                    problem.code
                ),
                false => writeln!(text, "      <system-out>{details}</system-out>"),
            };
            let _ = writeln!(text, "    </testcase>");
        }
        let _ = writeln!(text, "  </testsuite>");
    }
    text.push_str("</testsuites>\n");
    text
}

/// Text in XML; what XML has no way to write is left out as a question mark.
fn escaped(text: &str) -> String {
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
    fn nothing_breaks_the_document() {
        assert_eq!(
            escaped("a<b> & \"c\"\u{1b}\n"),
            "a&lt;b&gt; &amp; &quot;c&quot;?&#10;"
        );
    }
}
