//! From bytes to a strict JSON text, with a problem for everything in the way.
//!
//! Apart from the readers, because it decides whether there is anything to read:
//! serde_json is the judge, and where people commonly err (comments, trailing commas, a byte order mark) the place is blanked, so that the rest can still be read.

mod mend;

use crate::json::{Document, MAX_DEPTH, MAX_SIZE, Places, end_of_string};
use crate::problem::{Problem, Problems, codes};
use crate::span::Span;
use serde::de::IgnoredAny;

/// The text as a strict JSON document, with every byte at its place; none if it can't be made so.
pub(crate) fn strict<'t>(
    bytes: &'t [u8],
    max_size: usize,
    problems: &mut Problems,
) -> Option<Document<'t>> {
    let max_size = max_size.min(MAX_SIZE);
    if bytes.len() > max_size {
        let message = format!(
            "the document has {} bytes and at most {max_size} are read",
            bytes.len()
        );
        let past = Span::new(max_size, bytes.len());
        problems.add(Problem::error(codes::UNREADABLE, past, message));
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let start = error.valid_up_to();
            let end = start + error.error_len().unwrap_or(bytes.len() - start);
            let message = format!(
                "the byte 0x{:02x} does not continue the text, which must be UTF-8",
                bytes[start]
            );
            problems.add(Problem::error(
                codes::UNREADABLE,
                Span::new(start, end),
                message,
            ));
            return None;
        }
    };
    if let Ok(places) = judge(text) {
        return Some(Document::new(text, places));
    }
    let mut text = blank(text, problems);
    if let Some(rest) = after_the_end(&text) {
        problems.add(
            Problem::error(
                codes::SYNTAX,
                rest,
                "there is text after the end of the document",
            )
            .label("the document ends before this")
            .note("a document is one JSON value"),
        );
        text.truncate(rest.start);
    }
    match judge(&text) {
        Ok(places) => Some(Document::new(text, places)),
        Err(problem) => {
            problems.add(*problem);
            None
        }
    }
}

/// Where everything is in a text that is JSON; the problem with any other.
///
/// serde_json skips over the values, so numbers may have any size; what it lets pass in skipping are escapes of half a character.
pub(crate) fn judge(text: &str) -> Result<Places, Box<Problem>> {
    let judged = serde_json::from_str::<IgnoredAny>(text);
    let places = Places::of(text).map_err(|past| too_deep(text, past.start))?;
    judged.map_err(|error| explain(text, offset(text, &error), &error))?;
    for string in places.escaped() {
        let written = &text[string.range()];
        serde_json::from_str::<String>(written)
            .map_err(|error| explain(text, string.start + offset(written, &error), &error))?;
    }
    Ok(places)
}

/// What follows the first value of a text.
fn after_the_end(text: &str) -> Option<Span> {
    let error = serde_json::from_str::<IgnoredAny>(text).err()?;
    let is_after = error.to_string().starts_with("trailing characters");
    is_after.then(|| Span::new(offset(text, &error), text.trim_end().len()))
}

/// The text with spaces for what JSON does not have, each reported.
fn blank(text: &str, problems: &mut Problems) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut place = 0;
    if text.starts_with('\u{feff}') {
        place = '\u{feff}'.len_utf8();
        let span = Span::new(0, place);
        bytes[span.range()].fill(b' ');
        problems.add(
            Problem::error(
                codes::SYNTAX,
                span,
                "the document starts with a byte order mark, and JSON has none",
            )
            .help("save the file as UTF-8 without a byte order mark")
            .fix("take the mark out", vec![mend::nothing_for(span)]),
        );
    }
    let mut comma = None;
    while place < bytes.len() {
        match bytes[place] {
            b' ' | b'\t' | b'\n' | b'\r' => place += 1,
            b'/' if matches!(bytes.get(place + 1), Some(b'/' | b'*')) => {
                let span = Span::new(place, end_of_comment(&bytes, place));
                for byte in &mut bytes[span.range()] {
                    if *byte != b'\n' {
                        *byte = b' ';
                    }
                }
                problems.add(
                    Problem::error(codes::SYNTAX, span, "a comment, and JSON has none")
                        .help("take the comment out, or put it into a \"comment\" of the rule")
                        .fix(
                            "take the comment out",
                            vec![mend::nothing_for(mend::with_blanks_before(text, span))],
                        ),
                );
                place = span.end;
            }
            b',' => {
                comma = Some(place);
                place += 1;
            }
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                    let span = Span::new(comma, comma + 1);
                    let closing = char::from(bytes[place]);
                    problems.add(
                        Problem::error(
                            codes::SYNTAX,
                            span,
                            format!("a comma before `{closing}`, and JSON has none there"),
                        )
                        .help("take the comma out")
                        .fix("take the comma out", vec![mend::nothing_for(span)]),
                    );
                }
                place += 1;
            }
            b'"' => {
                comma = None;
                place = end_of_string(&bytes, place).end;
            }
            _ => {
                comma = None;
                place += 1;
            }
        }
    }
    String::from_utf8(bytes).expect("whole characters were replaced by spaces")
}

/// The place past the comment that begins at `start`.
pub(crate) fn end_of_comment(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start + 2..];
    let length = if bytes[start + 1] == b'/' {
        rest.iter().position(|&byte| byte == b'\n')
    } else {
        rest.windows(2)
            .position(|pair| pair == b"*/")
            .map(|length| length + 2)
    };
    length.map_or(bytes.len(), |length| start + 2 + length)
}

/// The problem with lists and objects that are nested too deep, from a place on.
fn too_deep(text: &str, place: usize) -> Problem {
    let bytes = text.as_bytes();
    let mut depth = MAX_DEPTH;
    let mut deepest = depth;
    let mut at = place;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = end_of_string(bytes, at).end;
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    let message =
        format!("lists and objects are nested {deepest} deep and at most {MAX_DEPTH} are read");
    let span = Span::new(place, place + 1);
    Problem::error(codes::UNREADABLE, span, message).label(format!("level {}", MAX_DEPTH + 1))
}

/// The byte that serde_json stumbled on.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let line_start: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    // In skipping it stops before a control character, and past any other byte.
    let is_past = !error.to_string().starts_with("control character");
    // Column 0 is the newline itself. It counts bytes, and may stop inside a character.
    let place = (line_start + error.column()).saturating_sub(usize::from(is_past));
    floor_char_boundary(text, place.min(text.len()))
}

fn floor_char_boundary(text: &str, place: usize) -> usize {
    (0..=place)
        .rev()
        .find(|&place| text.is_char_boundary(place))
        .unwrap_or(0)
}

/// What is wrong at a place where JSON ends to be JSON.
fn explain(text: &str, place: usize, error: &serde_json::Error) -> Problem {
    if text.trim().is_empty() {
        return Problem::error(
            codes::SYNTAX,
            Span::new(0, text.len()),
            "the document is empty",
        );
    }
    if error.is_eof() {
        let end = text.trim_end().len();
        let message = "the document ends in the middle of a value";
        return Problem::error(codes::SYNTAX, Span::new(end, end), message)
            .label("something is missing here")
            .note(words_of(error));
    }
    let word = word_around(text, place);
    let written = &text[word.range()];
    if let Some(digits) = written.strip_prefix("0x").or(written.strip_prefix("0X")) {
        let message = "a hexadecimal number, and JSON has only decimal ones";
        let problem = Problem::error(codes::SYNTAX, word, message);
        return match u64::from_str_radix(digits, 16) {
            Ok(value) => problem
                .help(format!("write {value}"))
                .fix("write numbers in decimal", mend::in_decimal(text)),
            Err(_) => problem,
        };
    }
    let message = format!("this is not JSON: {}", words_of(error));
    let problem = Problem::error(codes::SYNTAX, word, message);
    match written {
        "'" => problem.help("strings stand in double quotes"),
        "\n" => problem.help("end the string on its line"),
        _ => problem,
    }
}

/// The word or number around a place, or the one character there.
fn word_around(text: &str, place: usize) -> Span {
    const LONGEST: usize = 60;
    let of_a_word =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    let (before, after) = text.as_bytes().split_at(place);
    let right = after.iter().take(LONGEST).take_while(of_a_word).count();
    if right == 0 {
        let length = text[place..].chars().next().map_or(0, char::len_utf8);
        return Span::new(place, place + length);
    }
    let left = before
        .iter()
        .rev()
        .take(LONGEST)
        .take_while(of_a_word)
        .count();
    Span::new(place - left, place + right)
}

/// serde_json's words without the line and column, which the problem's span says better.
fn words_of(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match words.rfind(" at line ") {
        Some(end) => words[..end].to_owned(),
        None => words,
    }
}
