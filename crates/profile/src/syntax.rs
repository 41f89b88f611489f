//! From bytes to a strict JSON text, with a problem for everything in the way.
//!
//! Apart from the readers, because it decides whether there is anything to read:
//! serde_json is the judge, and where people commonly err (comments, trailing commas, a byte order mark) the place is blanked, so that the rest can still be read.

mod mend;

use crate::json::end_of_string;
use crate::problem::{Problem, Problems, codes};
use crate::span::Span;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// How deep lists and objects may be nested, which is what serde_json takes.
const MAX_DEPTH: usize = 127;

/// The text as strict JSON, with every byte at its place; none if it can't be made so.
pub(crate) fn strict<'t>(
    bytes: &'t [u8],
    max_size: usize,
    problems: &mut Problems,
) -> Option<Cow<'t, str>> {
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
    if judge(text).is_ok() {
        return Some(Cow::Borrowed(text));
    }
    let mut text = blank(text, problems);
    if let Some(problem) = too_deep(text.as_bytes()) {
        problems.add(problem);
        return None;
    }
    let Err(error) = judge(&text) else {
        return Some(Cow::Owned(text));
    };
    let place = offset(&text, &error);
    if error.to_string().starts_with("trailing characters") {
        let end = text.trim_end().len();
        problems.add(
            Problem::error(
                codes::SYNTAX,
                Span::new(place, end),
                "there is text after the end of the document",
            )
            .label("the document ends before this")
            .note("a document is one JSON value"),
        );
        text.truncate(place);
        return Some(Cow::Owned(text));
    }
    problems.add(explain(&text, place, &error));
    None
}

/// Whether a text is JSON, in which a number may have any size.
fn judge(text: &str) -> Result<(), serde_json::Error> {
    let judged = |text| serde_json::from_str::<AnyJson>(text).map(drop);
    match judged(text) {
        Err(error) if error.to_string().starts_with("number out of range") => {
            judged(&with_small_numbers(text))
        }
        judgement => judgement,
    }
}

/// The text with `1` and spaces for every number that is larger than a double.
fn with_small_numbers(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut place = 0;
    while place < bytes.len() {
        match bytes[place] {
            b'"' => place = end_of_string(&bytes, place),
            b'-' | b'0'..=b'9' => {
                let of_a_number = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(*byte);
                let end = place + bytes[place..].iter().take_while(of_a_number).count();
                if is_too_large(&text[place..end]) {
                    bytes[place..end].fill(b' ');
                    bytes[place] = b'1';
                }
                place = end;
            }
            _ => place += 1,
        }
    }
    String::from_utf8(bytes).expect("numbers were replaced by ASCII")
}

/// Whether this is a JSON number, and larger than a double.
fn is_too_large(number: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = number
        .split_once(['e', 'E'])
        .map_or((number, "0"), |(mantissa, exponent)| (mantissa, exponent));
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let starts_well = whole == "0" || !whole.starts_with('0');
    let is_number = digits(whole) && starts_well && digits(fraction) && digits(exponent);
    is_number && number.parse().is_ok_and(f64::is_infinite)
}

/// Any JSON value, every string and number of it read and forgotten.
struct AnyJson;

impl<'de> Deserialize<'de> for AnyJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

impl<'de> Visitor<'de> for AnyJson {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
        // Keys are strings: as `AnyJson` they are decoded, so that a broken escape is found.
        while object.next_key::<Self>()?.is_some() {
            object.next_value::<Self>()?;
        }
        Ok(self)
    }
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
                place = end_of_string(&bytes, place);
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

/// A problem if lists and objects are nested too deep.
fn too_deep(bytes: &[u8]) -> Option<Problem> {
    let mut depth = 0_usize;
    let mut deepest = 0;
    let mut first_past = None;
    let mut place = 0;
    while place < bytes.len() {
        match bytes[place] {
            b'"' => {
                place = end_of_string(bytes, place);
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
                if depth > MAX_DEPTH {
                    first_past.get_or_insert(place);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        place += 1;
    }
    let place = first_past?;
    let message =
        format!("lists and objects are nested {deepest} deep and at most {MAX_DEPTH} are read");
    let span = Span::new(place, place + 1);
    Some(Problem::error(codes::UNREADABLE, span, message).label(format!("level {}", MAX_DEPTH + 1)))
}

/// The byte that serde_json stumbled on.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let line_start: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    // Column 0 is the newline itself. It counts bytes, and may stop inside a character.
    let place = (line_start + error.column()).saturating_sub(1);
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
