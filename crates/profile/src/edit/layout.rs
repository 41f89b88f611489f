//! How new text is laid out: as the text around it is.
//!
//! Apart from the edits, which are about places: here it is about blanks alone.

use serde::Serialize;

use super::{Item, Text};
use crate::json::{Document, Type, Value};
use crate::span::Span;
use crate::syntax;

/// How a value is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spread {
    /// Without any blank.
    Tight,
    /// In one line, with blanks.
    Line,
    /// Every item on a line of its own.
    Lines,
}

/// The layout of objects and of the lists in them.
#[derive(Clone, Copy, Debug)]
struct Layout<'a> {
    objects: Spread,
    lists: Spread,
    newline: &'a str,
    unit: &'a str,
}

impl Text<'_> {
    /// A value as JSON, laid out as an item of a list or an object whose other items stand at `container`.
    #[must_use]
    pub fn written(&self, container: Span, value: &impl Serialize) -> String {
        let compact = serde_json::to_string(value).expect("a value with string keys is JSON");
        self.laid_out(container, compact)
    }

    /// The same of a value that is JSON already; of anything else, that.
    pub(super) fn laid_out(&self, container: Span, value: String) -> String {
        let items = self.items(container);
        let unit = self.unit();
        let like = items.iter().filter_map(|item| self.value(item.value));
        let mut like = like.filter(|value| matches!(value.json_type(), Type::Object | Type::List));
        let mut layout = Layout {
            objects: self.spread(None),
            lists: self.spread(None),
            newline: self.newline(),
            unit: &unit,
        };
        if let Some(like) = like.next_back() {
            layout.objects = self.spread(Some(like));
            let inner = like.entries().map(|(_, value)| value);
            let inner = inner.filter(|value| value.elements().next().is_some());
            layout.lists = match inner.last() {
                Some(list) => self.spread(Some(list)),
                None => layout.objects,
            };
        }
        let gap = self.gap(container, &items, items.len());
        let indentation = gap.rsplit_once('\n').map_or("", |(_, blanks)| blanks);
        let Ok(places) = syntax::judge(&value) else {
            return value;
        };
        let value = Document::new(value, places);
        let mut text = String::new();
        layout.write(value.value(), indentation, &mut text);
        text
    }

    /// The line end that the text has: its first.
    pub(super) fn newline(&self) -> &'static str {
        match self.strict.text().find('\n') {
            Some(at) if self.strict.text()[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The blanks at the beginning of the line of a place.
    pub(super) fn indentation(&self, place: usize) -> &str {
        let line = self.strict.text()[..place]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let blanks = self.strict.text()[line..place].trim_start_matches([' ', '\t']);
        &self.written[line..place - blanks.len()]
    }

    /// What stands before an item that is put into a container at an index, the comma apart.
    pub(super) fn gap(&self, container: Span, items: &[Item], index: usize) -> String {
        let [first, ..] = items else {
            let inside = Span::new(container.start + 1, container.end - 1);
            if self.spread(None) != Spread::Lines {
                return String::new();
            }
            let is_of_lines = self.strict.text()[container.range()].starts_with('{')
                || self.strict.text()[inside.range()].contains('\n')
                || self.holds_objects(container);
            return match is_of_lines {
                true => format!(
                    "{}{}{}",
                    self.newline(),
                    self.indentation(container.start),
                    self.unit()
                ),
                false => String::new(),
            };
        };
        let gap = match items {
            [_] => &self.strict.text()[container.start + 1..first.span.start],
            _ => {
                let after = index.clamp(1, items.len() - 1);
                let gap = &self.strict.text()[items[after - 1].span.end..items[after].span.start];
                gap.split_once(',').map_or(gap, |(_, gap)| gap)
            }
        };
        match gap.rfind('\n') {
            Some(at) => format!("{}{}", self.newline(), &gap[at + 1..]),
            // Before the only item there need be no blank where one follows a comma.
            None if items.len() == 1 && self.spread(None) != Spread::Tight => " ".to_owned(),
            None => gap.to_owned(),
        }
    }

    /// Whether a container is the list of rules, whose items are objects though there is none yet.
    fn holds_objects(&self, container: Span) -> bool {
        self.at(&["syscalls"]) == Some(container)
            || self.at(&["linux", "seccomp", "syscalls"]) == Some(container)
    }

    /// How a value is spread; without one, the whole text.
    fn spread(&self, value: Option<Value<'_>>) -> Spread {
        let raw = value.map_or_else(|| self.strict.text().trim(), Value::raw);
        let inside = raw.get(1..raw.len().max(2) - 1).unwrap_or("");
        if inside.contains('\n') {
            return Spread::Lines;
        }
        let has_blanks = self.strict.text().contains(": ") || self.strict.text().contains(", ");
        match has_blanks {
            true => Spread::Line,
            false => Spread::Tight,
        }
    }

    /// One step of indentation: that of the first member of the document.
    fn unit(&self) -> String {
        let root = self.strict.value();
        let first = root.entries().next().map(|(key, _)| key.span.start);
        let unit = first.map_or("", |place| self.indentation(place));
        match unit {
            "" => "\t".to_owned(),
            unit => unit.to_owned(),
        }
    }
}

impl Layout<'_> {
    fn write(self, value: Value<'_>, indentation: &str, text: &mut String) {
        let (spread, brackets) = match value.json_type() {
            Type::Object => (self.objects, ['{', '}']),
            Type::List => (self.lists, ['[', ']']),
            _ => return text.push_str(value.raw()),
        };
        // A list of objects is spread as objects are.
        let is_of_objects = value
            .elements()
            .any(|value| value.json_type() == Type::Object);
        let spread = if is_of_objects { self.objects } else { spread };
        let inner = format!("{indentation}{}", self.unit);
        let (padding, gap) = match (spread, brackets[0]) {
            (Spread::Tight, _) => (String::new(), String::new()),
            (Spread::Line, '{') => (" ".to_owned(), " ".to_owned()),
            (Spread::Line, _) => (String::new(), " ".to_owned()),
            (Spread::Lines, _) => {
                let line = format!("{}{inner}", self.newline);
                (line.clone(), line)
            }
        };
        text.push(brackets[0]);
        let mut is_first = true;
        let mut next = |text: &mut String| {
            match is_first {
                true => text.push_str(&padding),
                false => text.push_str(&format!(",{gap}")),
            }
            is_first = false;
        };
        for (key, value) in value.entries() {
            next(text);
            text.push_str(&serde_json::Value::from(key.value).to_string());
            text.push_str(match self.objects {
                Spread::Tight => ":",
                Spread::Line | Spread::Lines => ": ",
            });
            self.write(value, &inner, text);
        }
        for value in value.elements() {
            next(text);
            self.write(value, &inner, text);
        }
        if !is_first {
            match spread {
                Spread::Lines => text.push_str(&format!("{}{indentation}", self.newline)),
                _ => text.push_str(&padding),
            }
        }
        text.push(brackets[1]);
    }
}
