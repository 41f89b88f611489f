//! The changes that make strict JSON of a text that is nearly so.
//!
//! Apart from the judging, because what goes with a comment is a question of layout.

use crate::json::end_of_string;
use crate::problem::Change;
use crate::span::Span;

/// The change that leaves nothing of a place.
pub(super) const fn nothing_for(span: Span) -> Change {
    Change::Replace(span, String::new())
}

/// A comment with the blanks before it and, where it has lines for itself, the end of the line before.
pub(super) fn with_blanks_before(text: &str, comment: Span) -> Span {
    // A line's end is not the comment's, of whichever kind it is.
    let end = text[..comment.end].trim_end_matches('\r').len();
    let code = text[..comment.start].trim_end_matches([' ', '\t']);
    let ends_its_line = text[end..]
        .trim_start_matches([' ', '\t', '\r'])
        .starts_with('\n');
    let start = match ends_its_line && code.ends_with('\n') {
        true => code
            .strip_suffix("\r\n")
            .or(code.strip_suffix('\n'))
            .map_or(0, str::len),
        false if ends_its_line => code.len(),
        // What follows on the line keeps its distance.
        false => comment.start,
    };
    Span::new(start, end)
}

/// The changes that write every hexadecimal number of a text in decimal.
pub(super) fn in_decimal(text: &str) -> Vec<Change> {
    let bytes = text.as_bytes();
    let mut changes = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        if bytes[place] == b'"' {
            place = end_of_string(bytes, place).end;
            continue;
        }
        let length = bytes[place..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let word = text.get(place..place + length).unwrap_or_default();
        let digits = word.strip_prefix("0x").or(word.strip_prefix("0X"));
        if let Some(Ok(value)) = digits.map(|digits| u64::from_str_radix(digits, 16)) {
            let span = Span::new(place, place + length);
            changes.push(Change::Replace(span, value.to_string()));
        }
        place += length.max(1);
    }
    changes
}
