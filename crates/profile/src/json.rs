//! A JSON text as values with places, found by walking and never built.
//!
//! serde_json says what is JSON and keeps no places; this walks a text that it has accepted, so it needs no errors and no recursion.
//! Where each list and object ends is found once, so that nothing is walked again for every list around it.

use crate::span::{Span, Spanned};
use std::borrow::Cow;

/// A strict JSON text, and where its lists and objects are.
#[derive(Clone, Debug)]
pub(crate) struct Document<'t> {
    text: Cow<'t, str>,
    /// Ascending by their starts.
    nests: Vec<Span>,
}

/// A value in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'t> {
    document: &'t Document<'t>,
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
    /// Reads where lists and objects are.
    pub(crate) fn of(text: impl Into<Cow<'t, str>>) -> Self {
        let text = text.into();
        let nests = nests(text.as_bytes());
        Self { text, nests }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value that begins where a place does.
    pub(crate) fn value_at(&'t self, place: Span) -> Value<'t> {
        Value::at(self, place.start)
    }

    /// The value that the text is.
    pub(crate) fn value(&'t self) -> Value<'t> {
        Value::at(self, skip_space(&self.text, 0))
    }

    fn end_of_value(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        match bytes.get(start) {
            Some(b'"') => end_of_string(bytes, start),
            Some(b'{' | b'[') => {
                let nest = self.nests.binary_search_by_key(&start, |nest| nest.start);
                nest.map_or(bytes.len(), |place| self.nests[place].end)
            }
            _ => {
                let rest = bytes[start..].iter();
                let word = rest.take_while(|byte| {
                    !matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')
                });
                start + word.count()
            }
        }
    }
}

impl<'t> Value<'t> {
    pub(crate) fn json_type(self) -> Type {
        match self.raw().as_bytes().first() {
            Some(b'{') => Type::Object,
            Some(b'[') => Type::List,
            Some(b'"') => Type::String,
            Some(b't' | b'f') => Type::Boolean,
            Some(b'n') => Type::Null,
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
        match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
            Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
            _ => serde_json::from_str(raw).map_or(Cow::Borrowed(raw), Cow::Owned),
        }
    }

    /// The keys and values of an object; of any other value, none.
    pub(crate) fn entries(self) -> Entries<'t> {
        Entries(Items::of(self, Type::Object))
    }

    /// The elements of a list; of any other value, none.
    pub(crate) fn elements(self) -> Elements<'t> {
        Elements(Items::of(self, Type::List))
    }

    fn at(document: &'t Document<'t>, start: usize) -> Self {
        let span = Span::new(start, document.end_of_value(start));
        Self { document, span }
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

/// A place inside an object or a list, from which its strings and values follow.
struct Items<'t> {
    document: &'t Document<'t>,
    next: usize,
    end: usize,
}

impl<'t> Items<'t> {
    fn of(value: Value<'t>, wanted: Type) -> Self {
        let Span { start, end } = value.span;
        let (next, end) = if value.json_type() == wanted {
            (start + 1, end - 1)
        } else {
            (end, end)
        };
        Self {
            document: value.document,
            next,
            end,
        }
    }

    fn next_value(&mut self) -> Option<Value<'t>> {
        let text = self.document.text();
        let mut start = skip_space(text, self.next);
        while start < self.end && matches!(text.as_bytes()[start], b',' | b':') {
            start = skip_space(text, start + 1);
        }
        if start >= self.end {
            return None;
        }
        let value = Value::at(self.document, start);
        self.next = value.span.end;
        Some(value)
    }
}

fn skip_space(document: &str, start: usize) -> usize {
    let bytes = &document.as_bytes()[start..];
    let space = bytes
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    start + space.count()
}

/// Where lists and objects are, ascending by their starts; one that is not closed ends with the text.
fn nests(bytes: &[u8]) -> Vec<Span> {
    let mut nests: Vec<Span> = Vec::new();
    let mut open = Vec::new();
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        match byte {
            b'"' => {
                place = end_of_string(bytes, place);
                continue;
            }
            b'{' | b'[' => {
                open.push(nests.len());
                nests.push(Span::new(place, bytes.len()));
            }
            b'}' | b']' => {
                if let Some(opened) = open.pop() {
                    nests[opened].end = place + 1;
                }
            }
            _ => {}
        }
        place += 1;
    }
    nests
}

/// The place past the quote that closes the one at `start`, or the end of the text.
pub(crate) fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut place = start + 1;
    while place < bytes.len() {
        match bytes[place] {
            b'"' => return place + 1,
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(rebuild(Document::of(text).value()), expected, "{text}");
        }
    }

    #[test]
    fn repeated_keys_are_seen_and_places_are_exact() {
        let text = r#"{"a":1, "a" : [2]}"#;
        let document = Document::of(text);
        let entries: Vec<_> = document
            .value()
            .entries()
            .map(|(key, value)| (&text[key.span.range()], value.raw()))
            .collect();
        assert_eq!(entries, [("\"a\"", "1"), ("\"a\"", "[2]")]);
        assert_eq!(Document::of("3").value().entries().count(), 0);
        assert_eq!(Document::of("{}").value().elements().count(), 0);
    }
}
