//! Problems of a document as text in rustc's look, and as JSON.
//!
//! Apart from `check`, because every verb that reads a document shows its problems in the same way.

use std::borrow::Cow;
use std::fmt::Write;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use callgate_profile::{Problem, Severity, Span};
use serde::Serialize;

use crate::input::Document;

/// A document that is ready to be quoted, with its bases behind it.
pub(crate) struct Source<'d> {
    text: Cow<'d, str>,
    /// Where each line begins.
    lines: Vec<usize>,
    /// Its own file, then those of its bases.
    files: Vec<File<'d>>,
}

/// A file of which a document consists.
struct File<'d> {
    name: &'d str,
    /// Its first line among those of all.
    line: usize,
}

/// A place in a document, from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// The line.
    pub(crate) line: usize,
    /// The column, in characters.
    pub(crate) column: usize,
}

/// The longest line that is quoted; of a longer one only the place is told.
const LONGEST_LINE: usize = 16 << 10;

/// The most problems of one document that are shown as text; JSON has all of them.
pub(crate) const MOST_SHOWN: usize = 1000;

/// Lines between two places that are quoted in one piece.
const NEAR: usize = 12;

impl<'d> Source<'d> {
    /// Prepares a document.
    pub(crate) fn of(document: &'d Document) -> Self {
        let bases = document.bases.texts();
        let text = bases.iter().fold(quotable(&document.text), |text, base| {
            Cow::Owned(text.into_owned() + "\n" + &quotable(&base.text))
        });
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let lines: Vec<usize> = [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect();
        let starts = document.bases.starts(document.text.len());
        let others = bases.iter().zip(starts).map(|(base, start)| File {
            name: &base.name,
            line: lines.partition_point(|&line| line < start),
        });
        let own = File {
            name: &document.name,
            line: 0,
        };
        let files = [own].into_iter().chain(others).collect();
        Self { text, lines, files }
    }

    /// What the document is called.
    pub(crate) fn name(&self) -> &str {
        self.files[0].name
    }

    /// What the file is called in which a byte stands.
    pub(crate) fn file(&self, at: usize) -> &str {
        self.file_of_line(self.line(self.floor(at))).name
    }

    /// The place of a byte.
    pub(crate) fn place(&self, at: usize) -> Place {
        let at = self.floor(at);
        let line = self.line(at);
        // Characters of a line as long as the document are not counted one by one for every problem.
        let start = self.lines[line];
        Place {
            line: line - self.file_of_line(line).line + 1,
            // A byte order mark is no column.
            column: self.text[start..at]
                .trim_start_matches('\u{feff}')
                .chars()
                .count()
                + 1,
        }
    }

    /// The place as text: `profile.json:7:36`.
    pub(crate) fn located(&self, at: usize) -> String {
        let place = self.place(at);
        format!("{}:{}:{}", self.file(at), place.line, place.column)
    }

    /// The text at a place, as far as its first line goes.
    pub(crate) fn quoted(&self, span: Span) -> &str {
        let (start, end) = (self.floor(span.start), self.floor(span.end));
        let text = &self.text[start..end.max(start)];
        text.lines().next().unwrap_or("")
    }

    fn file_of_line(&self, line: usize) -> &File<'d> {
        let behind = self.files.partition_point(|file| file.line <= line);
        &self.files[behind - 1]
    }

    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at) - 1
    }

    /// The bytes of a line, without its end.
    fn line_span(&self, line: usize) -> (usize, usize) {
        let start = self.lines[line];
        let end = self
            .lines
            .get(line + 1)
            .map_or(self.text.len(), |next| next - 1);
        (start, end)
    }

    /// The nearest place before that is no middle of a character.
    fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// The text with an ASCII character for each byte that is no UTF-8, so that places stay what they are.
fn quotable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(text)
}

/// Problems in rustc's look, each followed by a blank line; past [`MOST_SHOWN`] they are counted.
pub(crate) fn problems(source: &Source<'_>, problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems.iter().take(MOST_SHOWN) {
        text.push_str(&one(source, problem));
        text.push_str("\n\n");
    }
    if let Some(more @ 1..) = problems.len().checked_sub(MOST_SHOWN) {
        let _ = writeln!(
            text,
            "{}: {more} more problems are not shown; --format json has all of them\n",
            source.name()
        );
    }
    text
}

/// One problem in rustc's look.
fn one(source: &Source<'_>, problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
        Severity::Style => Level::NOTE.with_name("style"),
    };
    let title = level.primary_title(&problem.message).id(problem.code);
    let (spots, unquoted): (Vec<Spot<'_>>, Vec<Spot<'_>>) = spots(source, problem)
        .into_iter()
        .partition(|spot| spot.line_length(source) <= LONGEST_LINE);
    let mut group = Group::with_title(title);
    if unquoted
        .iter()
        .any(|spot| spot.kind == AnnotationKind::Primary)
    {
        let place = source.place(problem.span.start);
        let origin = Origin::path(source.file(problem.span.start))
            .line(place.line)
            .char_column(place.column);
        group = group.element(origin);
        if !problem.label.is_empty() {
            group = group.element(Level::NOTE.message(&problem.label));
        }
    }
    group = group.elements(pieces(source, spots));
    for spot in unquoted
        .iter()
        .filter(|spot| spot.kind == AnnotationKind::Context)
    {
        let note = format!("{}: {}", source.located(spot.start), spot.label);
        group = group.element(Level::NOTE.message(note));
    }
    for note in &problem.notes {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::styled().render(&[group])
}

/// A part of one line, and what is said about it.
struct Spot<'p> {
    kind: AnnotationKind,
    line: usize,
    start: usize,
    end: usize,
    label: &'p str,
}

impl Spot<'_> {
    fn line_length(&self, source: &Source<'_>) -> usize {
        let (start, end) = source.line_span(self.line);
        end - start
    }
}

/// What to point at, the problem's own place first; of a span over several lines, the first.
fn spots<'p>(source: &Source<'_>, problem: &'p Problem) -> Vec<Spot<'p>> {
    let spot = |kind, span: Span, label: &'p str| {
        let start = source.floor(span.start);
        let line = source.line(start);
        let (_, line_end) = source.line_span(line);
        let end = source.floor(span.end).min(line_end).max(start);
        Spot {
            kind,
            line,
            start,
            end,
            label,
        }
    };
    let related = problem
        .related
        .iter()
        .map(|(span, label)| spot(AnnotationKind::Context, *span, label.as_str()));
    [spot(AnnotationKind::Primary, problem.span, &problem.label)]
        .into_iter()
        .chain(related)
        .collect()
}

/// The quoted lines, in pieces of those that stand near each other; the piece with the problem itself comes first.
fn pieces<'s>(
    source: &'s Source<'_>,
    mut spots: Vec<Spot<'s>>,
) -> Vec<Snippet<'s, Annotation<'s>>> {
    spots.sort_by_key(|spot| spot.line);
    let mut pieces: Vec<Vec<Spot<'_>>> = Vec::new();
    for spot in spots {
        match pieces.last_mut() {
            Some(piece)
                if piece.last().is_some_and(|last| {
                    let is_beside =
                        source.file_of_line(last.line).line == source.file_of_line(spot.line).line;
                    is_beside && spot.line - last.line <= NEAR
                }) =>
            {
                piece.push(spot);
            }
            _ => pieces.push(vec![spot]),
        }
    }
    let is_secondary = |piece: &Vec<Spot<'_>>| {
        piece
            .iter()
            .all(|spot| spot.kind != AnnotationKind::Primary)
    };
    pieces.sort_by_key(is_secondary);
    pieces
        .iter()
        .filter_map(|piece| {
            let (first, last) = (piece.first()?, piece.last()?);
            let (start, _) = source.line_span(first.line);
            let (_, end) = source.line_span(last.line);
            let annotations = piece.iter().map(|spot| {
                let label = (!spot.label.is_empty()).then_some(spot.label);
                spot.kind
                    .span(spot.start - start..spot.end - start)
                    .label(label)
            });
            let file = source.file_of_line(first.line);
            let snippet = Snippet::source(&source.text[start..end])
                .path(file.name)
                .line_start(first.line - file.line + 1)
                .annotations(annotations);
            Some(snippet)
        })
        .collect()
}

/// A problem as JSON.
#[derive(Serialize)]
pub(crate) struct ProblemAnswer<'p> {
    file: &'p str,
    code: &'static str,
    severity: &'static str,
    #[serde(flatten)]
    place: Place,
    end: Place,
    message: &'p str,
    label: &'p str,
    related: Vec<RelatedAnswer<'p>>,
    notes: &'p [String],
    help: Option<&'p str>,
}

#[derive(Serialize)]
struct RelatedAnswer<'p> {
    /// None where it is the problem's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'p str>,
    #[serde(flatten)]
    place: Place,
    message: &'p str,
}

impl<'p> ProblemAnswer<'p> {
    /// The answer about a problem of a document.
    pub(crate) fn of(source: &'p Source<'_>, problem: &'p Problem) -> Self {
        let file = source.file(problem.span.start);
        Self {
            file,
            code: problem.code,
            severity: severity(problem.severity),
            place: source.place(problem.span.start),
            end: source.place(problem.span.end),
            message: &problem.message,
            label: &problem.label,
            related: problem
                .related
                .iter()
                .map(|(span, message)| RelatedAnswer {
                    file: Some(source.file(span.start)).filter(|other| *other != file),
                    place: source.place(span.start),
                    message,
                })
                .collect(),
            notes: &problem.notes,
            help: problem.help.as_deref(),
        }
    }
}

/// The name of a severity.
pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
        Severity::Style => "style",
    }
}

#[cfg(test)]
mod tests {
    use callgate_profile::{Base, Bases, Options};

    use super::*;

    fn problem(span: Span, related: &[(Span, &str)]) -> Problem {
        Problem {
            code: "CG000",
            severity: Severity::Error,
            span,
            message: "a message".to_owned(),
            label: "here".to_owned(),
            related: related
                .iter()
                .map(|&(span, label)| (span, label.to_owned()))
                .collect(),
            notes: Vec::new(),
            help: Some("do this".to_owned()),
            fix: None,
        }
    }

    fn shown(text: &[u8], problem: &Problem) -> String {
        let document = Document::alone("p.json".to_owned(), text.to_vec());
        let styled = problems(&Source::of(&document), std::slice::from_ref(problem));
        anstream::adapter::strip_str(&styled).to_string()
    }

    #[test]
    fn places_that_are_odd_have_a_text() {
        let long = [b"[".repeat(LONGEST_LINE + 1), b"\n]".to_vec()].concat();
        let end = long.len();
        let cases: [(&[u8], usize, usize, &str); 6] = [
            (b"", 0, 0, "p.json:1:1"),
            (b"ab\n", 3, 3, "p.json:2:1"),
            (b"a\xffb", 2, 3, "p.json:1:3"),
            ("\u{e9}\u{e9}x".as_bytes(), 4, 5, "p.json:1:3"),
            (&long, LONGEST_LINE, LONGEST_LINE + 1, "p.json:1:16385"),
            (&long, end, end + 7, "p.json:2:"),
        ];
        for (text, start, end, place) in cases {
            let shown = shown(text, &problem(Span { start, end }, &[]));
            assert!(shown.contains(place), "{shown}");
            assert!(shown.contains("a message"), "{shown}");
        }
    }

    #[test]
    fn places_of_bases_are_those_of_their_files() {
        let options = Options::default();
        let own = "{\n\"x-extends\": \"b.json\" }\n";
        let bases = Bases::find("p.json", own.as_bytes(), &options, |name, _| {
            let (name, text) = (name.to_owned(), b"{\n\n }".to_vec());
            Ok(Base { name, text })
        });
        let document = Document {
            bases: bases.into(),
            ..Document::alone("p.json".to_owned(), own.into())
        };
        let source = Source::of(&document);
        let place = |at| source.located(at);
        assert_eq!(place(own.len()), "p.json:3:1");
        assert_eq!(place(own.len() + 1), "b.json:1:1");
        assert_eq!(place(own.len() + 5), "b.json:3:2");
        let at = own.len() + 5;
        let far = Span { start: 2, end: 13 };
        let near = Span {
            start: at,
            end: at + 1,
        };
        let styled = problems(&source, &[problem(near, &[(far, "there")])]);
        let shown = anstream::adapter::strip_str(&styled).to_string();
        let expected = "\
error[CG000]: a message
 --> b.json:3:2
  |
3 |  }
  |  ^ here
  |
 ::: p.json:2:1
  |
2 | \"x-extends\": \"b.json\" }
  | ----------- there
  |
  = help: do this

";
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_problem_comes_before_what_is_related() {
        let text = b"first\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nlast\n";
        let related = [(Span { start: 0, end: 5 }, "there")];
        let shown = shown(text, &problem(Span { start: 22, end: 26 }, &related));
        let expected = "\
error[CG000]: a message
  --> p.json:18:1
   |
18 | last
   | ^^^^ here
   |
  ::: p.json:1:1
   |
 1 | first
   | ----- there
   |
   = help: do this

";
        assert_eq!(shown, expected);
    }
}
