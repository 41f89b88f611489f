//! A JSON text as values with places, found by one walk and never built.
//!
//! serde_json says what is JSON and keeps no places; this walks a text that it has accepted, so it needs no errors and no recursion.
//! The walk notes where each key and value is, and readers go from note to note: none of the text is looked at twice for that.

use crate::span::{Span, Spanned};
use std::borrow::Cow;

/// How deep lists and objects may be nested.
pub(crate) const MAX_DEPTH: usize = 127;

/// The most bytes that a text may have, so that a place takes little room.
pub(crate) const MAX_SIZE: usize = u32::MAX as usize;

/// A strict JSON text, and where its keys and values are.
#[derive(Clone, Debug)]
pub(crate) struct Document<'t> {
    text: Cow<'t, str>,
    places: Places,
}

/// Where the keys and values of a text are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// In the order in which they begin.
    all: Vec<Place>,
    /// Which of them are strings in which something is escaped.
    escaped: Vec<u32>,
}

/// Where a key or a value is; a text may have millions.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
    /// The index of the first place past it and all that it holds.
    next: u32,
}

/// A list or an object that is one too many inside of one another.
pub(crate) struct TooDeep {
    /// Where it begins.
    pub(crate) start: usize,
}

/// A value in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'t> {
    document: &'t Document<'t>,
    /// Among the places.
    index: usize,
    pub(crate) span: Span,
}

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Object,
    List,
    String,
    Number,
    Boolean,
    Null,
}

impl Type {
    /// The type with its article, for messages.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        }
    }
}

impl<'t> Document<'t> {
    /// A text with its own places.
    pub(crate) fn new(text: impl Into<Cow<'t, str>>, places: Places) -> Self {
        let text = text.into();
        Self { text, places }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value that begins where a place does.
    pub(crate) fn value_at(&'t self, place: Span) -> Option<Value<'t>> {
        let start = |place: &Place| place.start as usize;
        let index = self.places.all.binary_search_by_key(&place.start, start);
        index.ok().map(|index| Value::at(self, index))
    }

    /// The value that the text is.
    pub(crate) fn value(&'t self) -> Value<'t> {
        Value::at(self, 0)
    }
}

impl Places {
    /// Those of a text of at most [`MAX_SIZE`]; in one that is not JSON, what is not closed ends with the text.
    pub(crate) fn of(text: &str) -> Result<Self, TooDeep> {
        let bytes = text.as_bytes();
        // In people's profiles something begins every 12 bytes.
        let mut all = Vec::with_capacity(bytes.len() / 8);
        let mut escaped = Vec::new();
        let mut open = Vec::with_capacity(MAX_DEPTH);
        let mut at = 0;
        loop {
            at += count(&bytes[at..], is_between_values);
            let start = at;
            match bytes.get(at) {
                None => break,
                Some(b'}' | b']') => {
                    at += 1;
                    if let Some(opened) = open.pop() {
                        close(&mut all, opened, at);
                    }
                    continue;
                }
                Some(b'"') => {
                    let string = end_of_string(bytes, start);
                    if string.is_escaped {
                        escaped.push(all.len() as u32);
                    }
                    at = string.end;
                }
                Some(b'{' | b'[') if open.len() == MAX_DEPTH => return Err(TooDeep { start }),
                Some(b'{' | b'[') => {
                    open.push(all.len());
                    at += 1;
                }
                Some(_) => at += count(&bytes[at..], is_of_a_word),
            }
            all.push(Place {
                start: start as u32,
                end: at as u32,
                next: all.len() as u32 + 1,
            });
        }
        for opened in open {
            close(&mut all, opened, bytes.len());
        }
        Ok(Self { all, escaped })
    }

    /// The keys and strings in which something is escaped.
    pub(crate) fn escaped(&self) -> impl Iterator<Item = Span> {
        let indexes = self.escaped.iter();
        indexes.map(|&index| self.all[index as usize].span())
    }

    fn is_escaped(&self, index: usize) -> bool {
        self.escaped.binary_search(&(index as u32)).is_ok()
    }
}

impl Place {
    fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// Ends a list or an object, in which all is that was found since.
fn close(places: &mut [Place], opened: usize, end: usize) {
    places[opened].end = end as u32;
    places[opened].next = places.len() as u32;
}

impl<'t> Value<'t> {
    pub(crate) fn json_type(self) -> Type {
        match self.document.text.as_bytes()[self.span.start] {
            b'{' => Type::Object,
            b'[' => Type::List,
            b'"' => Type::String,
            b't' | b'f' => Type::Boolean,
            b'n' => Type::Null,
            _ => Type::Number,
        }
    }

    pub(crate) fn is_null(self) -> bool {
        self.json_type() == Type::Null
    }

    /// Whether it is a string, a number or a truth value.
    pub(crate) fn is_simple(self) -> bool {
        matches!(
            self.json_type(),
            Type::String | Type::Number | Type::Boolean
        )
    }

    /// The value as it is written.
    pub(crate) fn raw(self) -> &'t str {
        &self.document.text[self.span.range()]
    }

    /// The text that a string value says; anything else says itself.
    pub(crate) fn text(self) -> Cow<'t, str> {
        let raw = self.raw();
        if self.json_type() != Type::String {
            return Cow::Borrowed(raw);
        }
        if self.document.places.is_escaped(self.index) {
            let text = serde_json::from_str(raw);
            return Cow::Owned(text.expect("serde_json has judged its escapes"));
        }
        Cow::Borrowed(&raw[1..raw.len() - 1])
    }

    /// The keys and values of an object; of any other value, none.
    pub(crate) fn entries(self) -> Entries<'t> {
        Entries(Items::of(self, Type::Object))
    }

    /// The elements of a list; of any other value, none.
    pub(crate) fn elements(self) -> Elements<'t> {
        Elements(Items::of(self, Type::List))
    }

    fn at(document: &'t Document<'t>, index: usize) -> Self {
        Self {
            document,
            index,
            span: document.places.all[index].span(),
        }
    }
}

/// The keys and values of an object, in order, repeated keys repeatedly.
pub(crate) struct Entries<'t>(Items<'t>);

impl<'t> Iterator for Entries<'t> {
    type Item = (Spanned<Cow<'t, str>>, Value<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.next_value()?;
        let value = self.0.next_value()?;
        Some((Spanned::new(key.text(), key.span), value))
    }
}

/// The elements of a list, in order.
pub(crate) struct Elements<'t>(Items<'t>);

impl<'t> Iterator for Elements<'t> {
    type Item = Value<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_value()
    }
}

/// The places inside an object or a list that are not inside of one another.
struct Items<'t> {
    document: &'t Document<'t>,
    next: usize,
    end: usize,
}

impl<'t> Items<'t> {
    fn of(value: Value<'t>, wanted: Type) -> Self {
        let end = value.document.places.all[value.index].next as usize;
        let next = if value.json_type() == wanted {
            value.index + 1
        } else {
            end
        };
        Self {
            document: value.document,
            next,
            end,
        }
    }

    fn next_value(&mut self) -> Option<Value<'t>> {
        if self.next == self.end {
            return None;
        }
        let value = Value::at(self.document, self.next);
        self.next = self.document.places.all[self.next].next as usize;
        Some(value)
    }
}

/// Where a string ends, and whether something in it is escaped.
pub(crate) struct EndOfString {
    /// The place past its closing quote, or the end of the text.
    pub(crate) end: usize,
    is_escaped: bool,
}

/// Where the string ends whose first quote is at `start`.
pub(crate) fn end_of_string(bytes: &[u8], start: usize) -> EndOfString {
    let mut end = start + 1;
    let mut is_escaped = false;
    while end < bytes.len() {
        end += count(&bytes[end..], |byte| byte != b'"' && byte != b'\\') + 1;
        if bytes.get(end - 1) != Some(&b'\\') {
            break;
        }
        is_escaped = true;
        end += 1;
    }
    EndOfString {
        end: end.min(bytes.len()),
        is_escaped,
    }
}

/// How many bytes from the first on are of a kind.
fn count(bytes: &[u8], is_of_the_kind: fn(u8) -> bool) -> usize {
    let other = bytes.iter().position(|&byte| !is_of_the_kind(byte));
    other.unwrap_or(bytes.len())
}

/// Whether a byte stands between values: a blank, and outside of strings there is nothing below one, a comma or a colon.
fn is_between_values(byte: u8) -> bool {
    byte <= b' ' || byte == b',' || byte == b':'
}

/// Whether a byte can be one of a number, of `true`, `false` or `null`.
fn is_of_a_word(byte: u8) -> bool {
    !is_between_values(byte) && byte != b'}' && byte != b']'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document<'_> {
        let places = Places::of(text).ok().expect("it is not deep");
        Document::new(text, places)
    }

    fn rebuild(value: Value<'_>) -> serde_json::Value {
        match value.json_type() {
            Type::Object => value
                .entries()
                .map(|(key, value)| (key.value.into_owned(), rebuild(value)))
                .collect(),
            Type::List => value.elements().map(rebuild).collect(),
            Type::String => value.text().into_owned().into(),
            _ => serde_json::from_str(value.raw()).unwrap(),
        }
    }

    #[test]
    fn what_is_walked_is_what_serde_json_reads() {
        let texts = [
            "null",
            " true ",
            "-1.5e3",
            r#""a\"b\\""#,
            r#""\u00e9\ud83d\ude00 é""#,
            "[]",
            "{}",
            "[ ]",
            "{ }",
            "[[],[[]],{}]",
            r#"{"a":{"b":[1,2,{"c":"]}"}]},"d":null}"#,
            "\n{ \"a\\n\" :\t[ 1 , \"x,y:z\" , false ] , \"\" : { } }\r\n",
        ];
        for text in texts {
            let expected: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(rebuild(read(text).value()), expected, "{text}");
        }
    }

    #[test]
    fn repeated_keys_are_seen_and_places_are_exact() {
        let text = r#"{"a":1, "a" : [2]}"#;
        let document = read(text);
        let entries: Vec<_> = document
            .value()
            .entries()
            .map(|(key, value)| (&text[key.span.range()], value.raw()))
            .collect();
        assert_eq!(entries, [("\"a\"", "1"), ("\"a\"", "[2]")]);
        for (text, wrong) in [("3", Type::Object), ("{}", Type::List)] {
            let document = read(text);
            assert!(Items::of(document.value(), wrong).next_value().is_none());
        }
    }
}
