//! Edits of a document's text that leave every byte alone that they are not about: layout, line ends, comments.
//!
//! Apart from writing, which makes a text anew and in one form: here it stays its author's.
//!
//! ```
//! use callgate_profile::edit::{Edit, Text};
//!
//! let profile = "{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"syscalls\": [\n    { \"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\" }\n  ]\n}\n";
//! let text = Text::of(profile.as_bytes()).expect("JSON");
//! let default = text.at(&["defaultAction"]).expect("it is there");
//! let names = text.at(&["syscalls", "0", "names"]).expect("they are there");
//! let edits = [Edit::replace(default, "\"SCMP_ACT_LOG\""), text.insert(names, 1, &["\"write\""])];
//! let edited = text.apply(&edits)?;
//! assert_eq!(edited, profile.replace("ERRNO", "LOG").replace("\"read\"", "\"read\", \"write\""));
//! # Ok::<(), callgate_profile::edit::Overlap>(())
//! ```

mod changes;
mod layout;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::json::{Document, Type, Value};
use crate::problem::Problems;
use crate::span::Span;
use crate::syntax;

/// One change of a text: what stands at a place becomes something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty where something is only put in.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// Two edits that touch the same place, so that it is not said what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The place of the one that begins first.
    pub first: Span,
    /// The place of the other.
    pub second: Span,
}

/// A JSON text that can be edited; comments and trailing commas are borne with.
#[derive(Clone, Debug)]
pub struct Text<'t> {
    written: &'t str,
    /// The same with spaces for what JSON does not have, every byte at its place.
    strict: Document<'t>,
}

/// One element of a list, or one member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// All of it: of a member, from its key to its value.
    pub span: Span,
    /// The key of a member.
    pub key: Option<String>,
    /// The value.
    pub value: Span,
}

/// A text, of whatever kind, after edits in whichever order they are given.
///
/// # Errors
/// Two of them overlap, or something is put in where another edit begins or ends.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Overlap> {
    let mut edits: Vec<&Edit> = edits.iter().filter(|edit| !edit.is_nothing()).collect();
    edits.sort_by_key(|edit| edit.span);
    for pair in edits.windows(2) {
        let (first, second) = (pair[0].span, pair[1].span);
        let touch = first.end == second.start;
        let is_insertion = |span: Span| span.start == span.end;
        if first.end > second.start || touch && (is_insertion(first) || is_insertion(second)) {
            return Err(Overlap { first, second });
        }
    }
    let mut edited = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        edited.push_str(&text[done..edit.span.start]);
        edited.push_str(&edit.replacement);
        done = edit.span.end;
    }
    edited.push_str(&text[done..]);
    Ok(edited)
}

/// Puts an edit that only puts something in to others; where one of them ends there, it becomes a part of that.
pub fn put(insertion: Edit, edits: &mut Vec<Edit>) {
    let place = insertion.span.start;
    match edits.iter_mut().find(|edit| edit.span.end == place) {
        Some(edit) => edit.replacement.push_str(&insertion.replacement),
        None => edits.push(insertion),
    }
}

impl Edit {
    /// Something else for what stands at a place.
    #[must_use]
    pub fn replace(span: Span, replacement: impl Into<String>) -> Self {
        Self {
            span,
            replacement: replacement.into(),
        }
    }
}

impl<'t> Text<'t> {
    /// Reads a text; none where it is not JSON, comments and trailing commas apart.
    #[must_use]
    pub fn of(text: &'t [u8]) -> Option<Self> {
        let strict = syntax::strict(text, text.len(), &mut Problems::default())?;
        let written = std::str::from_utf8(text).ok()?;
        // Text after the end of the document was cut off, and there is no saying what it is.
        (strict.text().len() == written.len()).then_some(Self { written, strict })
    }

    /// The value at a path of keys and indexes; of a key that stands twice, the last, as readers take it.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<Span> {
        let mut value = self.strict.value();
        for step in path {
            value = match value.json_type() {
                Type::List => value.elements().nth(step.parse().ok()?)?,
                _ => {
                    let entries = value.entries().filter(|(key, _)| key.value == *step);
                    entries.last()?.1
                }
            };
        }
        Some(value.span)
    }

    /// The elements of the list or the members of the object at a place, in order; none of anything else.
    #[must_use]
    pub fn items(&self, container: Span) -> Vec<Item> {
        let Some(value) = self.value(container) else {
            return Vec::new();
        };
        let members = value.entries().map(|(key, value)| Item {
            span: Span::new(key.span.start, value.span.end),
            key: Some(key.value.into_owned()),
            value: value.span,
        });
        let elements = value.elements().map(|value| Item {
            span: value.span,
            key: None,
            value: value.span,
        });
        members.chain(elements).collect()
    }

    /// Takes items out of a list or an object, by their index, with the commas that they no longer need.
    ///
    /// Comments between what stays are kept. An index that there is not is ignored.
    #[must_use]
    pub fn remove(&self, container: Span, which: &[usize]) -> Vec<Edit> {
        let items = self.items(container);
        let goes = |index: &usize| which.contains(index);
        let last_kept = (0..items.len()).rev().find(|index| !goes(index));
        let Some(last_kept) = last_kept else {
            let inside = Span::new(container.start + 1, container.end - 1);
            return match items.is_empty() {
                true => Vec::new(),
                false => self.blanks(inside),
            };
        };
        let mut edits: Vec<Edit> = Vec::new();
        for index in (0..items.len()).filter(goes) {
            let gap = if index < last_kept {
                Span::new(items[index].span.start, items[index + 1].span.start)
            } else {
                Span::new(items[index - 1].span.end, items[index].span.end)
            };
            for edit in self.blanks(gap) {
                match edits.last_mut() {
                    Some(last) if last.span.end == edit.span.start => last.span.end = edit.span.end,
                    _ => edits.push(edit),
                }
            }
        }
        edits
    }

    /// Puts items, each a JSON value or `"key": value`, into a list or an object before the item of an index, or at the end.
    ///
    /// They stand as their neighbours do, in one line or in lines of their own.
    #[must_use]
    pub fn insert<T: AsRef<str>>(&self, container: Span, index: usize, new: &[T]) -> Edit {
        let items = self.items(container);
        let gap = self.gap(container, &items, index);
        let new: Vec<&str> = new.iter().map(AsRef::as_ref).collect();
        let new = new.join(&format!(",{gap}"));
        let at = |place| Span::new(place, place);
        match (items.get(index), items.last()) {
            (_, _) if new.is_empty() => Edit::replace(at(container.start), ""),
            (Some(next), _) => Edit::replace(at(next.span.start), format!("{new},{gap}")),
            (None, Some(last)) => Edit::replace(at(last.span.end), format!(",{gap}{new}")),
            (None, None) => {
                let inside = Span::new(container.start + 1, container.end - 1);
                let closing = match gap.contains('\n') {
                    true => format!("{}{}", self.newline(), self.indentation(container.start)),
                    false => gap.clone(),
                };
                match self.is_blank(inside) {
                    true => Edit::replace(inside, format!("{gap}{new}{closing}")),
                    false => Edit::replace(at(inside.end), format!("{gap}{new}{closing}")),
                }
            }
        }
    }

    /// The text after these edits, in whichever order they are given.
    ///
    /// # Errors
    /// Two of them overlap, or something is put in where another edit begins or ends.
    pub fn apply(&self, edits: &[Edit]) -> Result<String, Overlap> {
        apply(self.written, edits)
    }

    /// The value that begins where a place does.
    fn value(&self, place: Span) -> Option<Value<'_>> {
        self.strict.value_at(place)
    }

    /// Removes all of a place but its comments.
    fn blanks(&self, place: Span) -> Vec<Edit> {
        let (written, strict) = (self.written.as_bytes(), self.strict.text().as_bytes());
        let mut edits: Vec<Edit> = Vec::new();
        let mut at = place.start;
        let mut comments = 0;
        while at < place.end {
            if written[at] == b'/' && strict[at] == b' ' {
                at = syntax::end_of_comment(written, at);
                comments += 1;
                continue;
            }
            let is_blank = written[at].is_ascii_whitespace();
            match edits.last_mut() {
                _ if is_blank => {}
                Some(last) if last.span.end == at => last.span.end += 1,
                _ => edits.push(Edit::replace(Span::new(at, at + 1), "")),
            }
            at += 1;
        }
        match comments {
            0 => vec![Edit::replace(place, "")],
            // Where there are comments, what is no blank goes, and the lines stay as they are.
            _ => edits,
        }
    }

    fn is_blank(&self, place: Span) -> bool {
        self.written[place.range()].trim().is_empty()
    }
}

impl Edit {
    fn is_nothing(&self) -> bool {
        self.span.start == self.span.end && self.replacement.is_empty()
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, second } = self;
        write!(
            f,
            "the edit of bytes {} to {} and that of bytes {} to {} touch one another, and edits must not",
            first.start, first.end, second.start, second.end
        )
    }
}

impl std::error::Error for Overlap {}
