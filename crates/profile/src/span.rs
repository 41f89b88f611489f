//! Places in a document: byte ranges, values that carry one, and lines and columns for a reader.
//!
//! Apart from the problems, because every field of a profile has a place, whether or not something is wrong with it.

use std::ops::{Deref, Range};

/// A range of bytes in the document's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte past the last.
    pub end: usize,
}

impl Span {
    /// The span of these two offsets.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The span as a range, to slice a text with.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A value and the place where the document says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What the document says.
    pub value: T,
    /// Where it says so; for a string, with its quotes.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    #[must_use]
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The line and the column of a byte offset, both from 1; columns count characters, and a byte order mark at the start is none.
///
/// An offset past the end is the place behind the last character.
/// It reads the text up to the offset; for many places of one text, [`Lines`] is faster.
#[must_use]
pub fn line_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let line_start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let before = &before[line_start..];
    let mark = usize::from(line_start == 0 && starts_with_mark(text, before.len()));
    (line, characters(before) - mark + 1)
}

/// An index of a text, which finds the line and column of any place at once.
#[derive(Clone, Debug)]
pub struct Lines<'t> {
    text: &'t [u8],
    /// The offset of each line.
    starts: Vec<usize>,
    /// The characters before each block of bytes, because a text may be one long line.
    characters: Vec<usize>,
}

/// The bytes of a block.
const BLOCK: usize = 4096;

impl<'t> Lines<'t> {
    /// Reads a text once.
    #[must_use]
    pub fn of(text: &'t [u8]) -> Self {
        let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = newlines.map(|(offset, _)| offset + 1);
        let blocks = text.chunks(BLOCK).scan(0, |before, block| {
            *before += characters(block);
            Some(*before)
        });
        Self {
            text,
            starts: std::iter::once(0).chain(starts).collect(),
            characters: std::iter::once(0).chain(blocks).collect(),
        }
    }

    /// The line and the column of a byte offset, as [`line_column`] gives them.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|&start| start <= offset);
        let start = self.starts[line - 1];
        let mark = usize::from(start == 0 && starts_with_mark(self.text, offset));
        let column = self.characters_before(offset) - self.characters_before(start) - mark + 1;
        (line, column)
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.characters[block] + characters(&self.text[block * BLOCK..offset])
    }
}

/// Whether a byte order mark starts before an offset.
fn starts_with_mark(text: &[u8], offset: usize) -> bool {
    offset > 0 && text.starts_with("\u{feff}".as_bytes())
}

/// How many characters start in these bytes.
fn characters(bytes: &[u8]) -> usize {
    let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    bytes.iter().filter(|&&byte| !continues(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "a\né€b\n".as_bytes();
        let cases = [
            (0, (1, 1)),
            (1, (1, 2)),
            (2, (2, 1)),
            (4, (2, 2)),
            (7, (2, 3)),
            (9, (3, 1)),
            (99, (3, 1)),
        ];
        for (offset, expected) in cases {
            assert_eq!(line_column(text, offset), expected, "at {offset}");
        }
        assert_eq!(line_column(b"", 0), (1, 1));
        assert_eq!(line_column(b"\xffa", 1), (1, 2));
        for (offset, expected) in [(0, (1, 1)), (3, (1, 1)), (4, (1, 2)), (5, (2, 1))] {
            let text = "\u{feff}{\n\u{feff}".as_bytes();
            assert_eq!(line_column(text, offset), expected, "at {offset}");
        }
        assert_eq!(line_column("{\n\u{feff}".as_bytes(), 5), (2, 2));
    }

    #[test]
    fn the_index_finds_the_same_places() {
        let long = "é".repeat(2 * BLOCK) + "\n\nab\n" + &"x".repeat(BLOCK);
        for text in [
            "",
            "\n",
            "a\né€b",
            "\u{feff}é\n\u{feff}a",
            &long,
            &long[..BLOCK],
        ] {
            let lines = Lines::of(text.as_bytes());
            for offset in (0..=text.len() + 2).step_by(if text.len() > 99 { 97 } else { 1 }) {
                let expected = line_column(text.as_bytes(), offset);
                assert_eq!(lines.line_column(offset), expected, "at {offset}");
            }
        }
    }
}
