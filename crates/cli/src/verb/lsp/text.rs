//! A text as an editor has it: places are lines and UTF-16 columns there, and bytes here.
//!
//! Apart from the server, because whoever answers needs places and no messages.

use line_index::{LineIndex, TextSize, WideEncoding, WideLineCol};
use lsp_types::{Position, Range, Uri};

use callgate_profile::Span;

use crate::input::{Document, InputOptions};

/// A text, its name, and where its lines begin.
pub(super) struct Text {
    name: String,
    text: String,
    lines: LineIndex,
}

impl Text {
    pub(super) fn new(uri: &Uri, text: String) -> Self {
        Self {
            name: uri
                .path()
                .as_estr()
                .decode()
                .into_string_lossy()
                .into_owned(),
            lines: LineIndex::new(&text),
            text,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// As the other verbs take it, with the bases that it names.
    pub(super) fn document(&self, options: InputOptions) -> Document {
        Document::new(self.name.clone(), self.text.clone().into_bytes(), options)
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The byte at a place; of one behind the end of a line, or of the text, that end.
    pub(super) fn offset(&self, position: Position) -> usize {
        let end = self.text.len();
        let Some(line) = self.lines.line(position.line) else {
            return end;
        };
        let wide = WideLineCol {
            line: position.line,
            col: position.character,
        };
        let found = self.lines.to_utf8(WideEncoding::Utf16, wide);
        let found = found.and_then(|place| self.lines.offset(place));
        let last = usize::from(line.end());
        let last = match self.text[..last].ends_with('\n') {
            true => last - 1,
            false => last,
        };
        let mut at = found.map_or(last, usize::from).min(last);
        // The middle of a letter is no place.
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// The bytes of a range.
    pub(super) fn span(&self, range: Range) -> Span {
        let [one, other] = [range.start, range.end].map(|position| self.offset(position));
        Span::new(one.min(other), one.max(other))
    }

    /// The range of some bytes.
    pub(super) fn range(&self, start: usize, end: usize) -> Range {
        Range::new(self.position(start), self.position(end))
    }

    fn position(&self, at: usize) -> Position {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let place = TextSize::try_from(at).ok();
        let place = place.and_then(|at| self.lines.try_line_col(at));
        let wide = place.and_then(|place| self.lines.to_wide(WideEncoding::Utf16, place));
        wide.map_or(Position::default(), |place| {
            Position::new(place.line, place.col)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        let uri = "file:///a%20b.json".parse().expect("a name");
        Text::new(&uri, text.to_owned())
    }

    #[test]
    fn columns_are_of_utf_16() {
        // One byte and unit, two bytes and one unit, four bytes and two units.
        let text = text("a\u{e9}\u{1f980}b\nc");
        assert_eq!(text.name(), "/a b.json");
        for (at, line, column) in [
            (0, 0, 0),
            (1, 0, 1),
            (3, 0, 2),
            (7, 0, 4),
            (8, 0, 5),
            (9, 1, 0),
        ] {
            let position = Position::new(line, column);
            assert_eq!(text.position(at), position, "{at}");
            assert_eq!(text.offset(position), at, "{position:?}");
        }
    }

    #[test]
    fn places_that_are_not_there() {
        let text = text("a\u{1f980}\nc");
        assert_eq!(text.offset(Position::new(0, 99)), 5);
        assert_eq!(text.offset(Position::new(7, 0)), 7);
        // Between the two units of one letter.
        assert_eq!(text.offset(Position::new(0, 2)), 1);
        assert_eq!(text.position(99), Position::new(1, 1));
        assert_eq!(text.position(2), Position::new(0, 1));
    }
}
