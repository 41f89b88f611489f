//! Problems as JUnit's XML, which most build servers show: a suite a file, a case a problem.
//!
//! Apart from the other formats, as each of them is.

use std::fmt::Write;

use super::found::Checked;
use super::selection::Selection;
use crate::render::Source;
use crate::words;

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
        let name = words::xml(source.name());
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
            let file = words::xml(source.file(problem.span.start));
            let _ = writeln!(
                text,
                "    <testcase name=\"{} {}:{}\" classname=\"{file}\">",
                problem.code, place.line, place.column
            );
            let mut details = problem.message.clone();
            for note in problem.notes.iter().chain(&problem.help) {
                let _ = write!(details, "\n{note}");
            }
            let message = words::xml(&problem.message);
            let details = words::xml(&details);
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
