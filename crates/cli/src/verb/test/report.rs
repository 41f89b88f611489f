//! What came of tests: for people, as JSON, and as JUnit's XML.
//!
//! Apart from the running, because all three say the same.

use std::fmt::Write;

use serde::Serialize;

use super::{Case, Outcome, Tested, Wrong};
use crate::failure::Failure;
use crate::{output, words};

/// Passed, failed and left out.
fn counts<'t>(cases: impl Iterator<Item = &'t Case>) -> [usize; 3] {
    let mut counts = [0; 3];
    for case in cases {
        counts[match case.outcome {
            Outcome::Passed => 0,
            Outcome::Failed(_) => 1,
            Outcome::LeftOut(_) => 2,
        }] += 1;
    }
    counts
}

/// A line a file that passed, and every case that did not.
pub(super) fn human(tested: &[Tested]) -> String {
    let mut text = String::new();
    for Tested { name, cases } in tested {
        let [passed, failed, left_out] = counts(cases.iter());
        if failed + left_out == 0 {
            let expectations = words::counted(passed, "expectation");
            let _ = writeln!(text, "ok        {name}  {expectations}");
        }
        for case in cases {
            let place = format!("{name}:{}", case.line);
            let title = words::harmless(&case.title);
            match &case.outcome {
                Outcome::Passed => {}
                Outcome::LeftOut(reason) => {
                    let _ = writeln!(text, "left out  {place}  {title}: {reason}");
                }
                Outcome::Failed(wrong) => {
                    let _ = writeln!(text, "FAIL      {place}  {title}");
                    for each in wrong {
                        let _ = writeln!(text, "            {}", line(each));
                    }
                }
            }
        }
    }
    let [passed, failed, left_out] = counts(tested.iter().flat_map(|tested| &tested.cases));
    let files = words::counted(tested.len(), "file");
    let _ = write!(text, "{files}, {passed} passed, {failed} failed");
    match left_out {
        0 => text.push('\n'),
        count => {
            let _ = writeln!(text, ", {count} left out");
        }
    }
    text
}

fn line(wrong: &Wrong) -> String {
    match &wrong.place {
        Some(place) => format!("{}: {}  ({place})", wrong.reader, wrong.seen),
        None => format!("{}: {}", wrong.reader, wrong.seen),
    }
}

/// The JSON document.
#[derive(Serialize)]
struct Answer<'t> {
    schema: &'static str,
    passed: usize,
    failed: usize,
    left_out: usize,
    files: Vec<FileAnswer<'t>>,
}

#[derive(Serialize)]
struct FileAnswer<'t> {
    file: &'t str,
    cases: Vec<CaseAnswer<'t>>,
}

#[derive(Serialize)]
struct CaseAnswer<'t> {
    line: usize,
    title: &'t str,
    outcome: &'static str,
    reason: Option<&'t str>,
    wrong: Vec<WrongAnswer<'t>>,
}

#[derive(Serialize)]
struct WrongAnswer<'t> {
    reader: &'t str,
    seen: &'t str,
    place: Option<&'t str>,
}

impl<'t> CaseAnswer<'t> {
    fn of(case: &'t Case) -> Self {
        let (outcome, reason, wrong): (_, _, &[Wrong]) = match &case.outcome {
            Outcome::Passed => ("passed", None, &[]),
            Outcome::Failed(wrong) => ("failed", None, wrong),
            Outcome::LeftOut(reason) => ("left_out", Some(reason.as_str()), &[]),
        };
        Self {
            line: case.line,
            title: &case.title,
            outcome,
            reason,
            wrong: wrong
                .iter()
                .map(|wrong| WrongAnswer {
                    reader: &wrong.reader,
                    seen: &wrong.seen,
                    place: wrong.place.as_deref(),
                })
                .collect(),
        }
    }
}

/// Prints the JSON document.
pub(super) fn json(tested: &[Tested]) -> Result<(), Failure> {
    let [passed, failed, left_out] = counts(tested.iter().flat_map(|tested| &tested.cases));
    output::document(&Answer {
        schema: "callgate/test/v1",
        passed,
        failed,
        left_out,
        files: tested
            .iter()
            .map(|tested| FileAnswer {
                file: &tested.name,
                cases: tested.cases.iter().map(CaseAnswer::of).collect(),
            })
            .collect(),
    })
}

/// The document of JUnit: a suite a file, a case an expectation.
pub(super) fn junit(tested: &[Tested]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let heads = |[passed, failed, left_out]: [usize; 3]| {
        format!(
            "tests=\"{}\" failures=\"{failed}\" skipped=\"{left_out}\"",
            passed + failed + left_out
        )
    };
    let all = heads(counts(tested.iter().flat_map(|tested| &tested.cases)));
    let _ = writeln!(text, "<testsuites name=\"callgate test\" {all}>");
    for Tested { name, cases } in tested {
        let name = words::xml(name);
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" {}>",
            heads(counts(cases.iter()))
        );
        for case in cases {
            let title = words::xml(&case.title);
            let head = format!(
                "    <testcase name=\"{title}\" classname=\"{name}\" line=\"{}\"",
                case.line
            );
            let _ = match &case.outcome {
                Outcome::Passed => writeln!(text, "{head}/>"),
                Outcome::LeftOut(reason) => writeln!(
                    text,
                    "{head}>\n      <skipped message=\"{}\"/>\n    </testcase>",
                    words::xml(reason)
                ),
                Outcome::Failed(wrong) => {
                    let lines: Vec<String> = wrong.iter().map(line).collect();
                    writeln!(
                        text,
                        "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                        words::xml(&lines[0]),
                        words::xml(&lines.join("\n"))
                    )
                }
            };
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}
