//! The fields of an object and values of a type: what every reader does first.
//!
//! Apart from the readers, because here alone stands what is odd about a key or a type, whichever object it is in.

use super::extends::Below;
use super::keys::Holder;
use super::words::Errnos;
use crate::document::{MOST_MISTYPED, Mistyped, NullElement, OddKey, Oddity, Part};
use crate::faults::{self, quoted, shortened};
use crate::json::{Type, Value};
use crate::nearest::nearest;
use crate::problem::{Change, Problem, Problems, Severity, codes};
use crate::span::{Span, Spanned};
use std::borrow::Cow;
use std::collections::HashMap;

/// A list with the places of its elements and its own.
pub(super) type List<T> = Spanned<Vec<Spanned<T>>>;

/// The most elements for which a list has room before it is read: of hostile ones, few may be of the right type.
const RESERVED: usize = 1024;

/// A value with the key that it stands under.
#[derive(Clone, Copy)]
pub(super) struct Field<'t> {
    pub(super) key: Span,
    pub(super) value: Value<'t>,
}

/// Where a value stands.
struct Place<'w> {
    field: &'static str,
    part: Part,
    /// What a message says of it.
    words: &'w str,
}

impl<'w> Place<'w> {
    const fn value(field: &'static str, words: &'w str) -> Self {
        Self {
            field,
            part: Part::Value,
            words,
        }
    }
}

/// What reading a document gathers besides the document.
pub(super) struct Reader<'p> {
    pub(super) problems: &'p mut Problems,
    /// What `x-extends` names.
    pub(super) below: Below<'p>,
    pub(super) odd_keys: Vec<OddKey>,
    pub(super) null_elements: Vec<NullElement>,
    /// Values of another type than their fields'.
    pub(super) mistyped: Vec<Mistyped>,
    /// The index of the rule that is being read.
    pub(super) rule: Option<usize>,
    pub(super) errnos: Errnos,
    /// Whether everything so far fitted; if not, what was read is a part of the document.
    pub(super) is_complete: bool,
    entries: usize,
    max_entries: usize,
}

impl<'p> Reader<'p> {
    pub(super) fn new(max_entries: usize, below: Below<'p>, problems: &'p mut Problems) -> Self {
        Self {
            problems,
            below,
            odd_keys: Vec::new(),
            null_elements: Vec::new(),
            mistyped: Vec::new(),
            rule: None,
            errnos: Errnos::default(),
            is_complete: true,
            entries: 0,
            max_entries,
        }
    }

    /// The fields of an object, in the order of `known`; `null` counts as absent.
    ///
    /// `holder` says what the object is, and which field it is the value of, or an element of.
    pub(super) fn fields<'t, const N: usize>(
        &mut self,
        holder: &Holder,
        object: Value<'t>,
        known: [&'static str; N],
    ) -> [Option<Field<'t>>; N] {
        if object.json_type() != Type::Object {
            let place = Place {
                field: holder.field,
                part: holder.part,
                words: holder.words,
            };
            self.mistyped(codes::WRONG_TYPE, &place, object, "an object");
            return [None; N];
        }
        let mut fields = [None; N];
        let mut unknown: HashMap<Cow<'t, str>, Span> = HashMap::new();
        for (key, value) in object.entries() {
            let Some(slot) = self.slot(&key, &known) else {
                self.unknown_key(holder.words, &key, &known);
                self.duplicate_of(unknown.insert(key.value, key.span), key.span);
                continue;
            };
            let field = Field {
                key: key.span,
                value,
            };
            let before: Option<Field<'t>> = fields[slot].replace(field);
            if let Some(before) = before {
                let forgotten =
                    (before.value.is_simple() && value.is_simple()).then_some(before.value.span);
                self.duplicate(before.key, key.span, forgotten);
                self.odd(key.span, known[slot], Oddity::Duplicate(before.key));
            }
        }
        fields.map(|field| field.filter(|field| !field.value.is_null()))
    }

    /// A string, to be kept.
    pub(super) fn string(
        &mut self,
        field: &'static str,
        value: Value<'_>,
    ) -> Option<Spanned<String>> {
        let word = self.word(field, value)?;
        Some(Spanned::new(word.value.into_owned(), word.span))
    }

    /// A string, to be looked at.
    pub(super) fn word<'t>(
        &mut self,
        field: &'static str,
        value: Value<'t>,
    ) -> Option<Spanned<Cow<'t, str>>> {
        if value.json_type() != Type::String {
            let words = format!("`{field}`");
            self.mistyped(
                codes::WRONG_TYPE,
                &Place::value(field, &words),
                value,
                "a string",
            );
            return None;
        }
        Some(Spanned::new(value.text(), value.span))
    }

    /// A whole number of 64 bits, written with digits only, as Go wants it.
    ///
    /// Whether it is past `largest` is for the caller to look at; here it is only said.
    pub(super) fn unsigned(
        &mut self,
        code: &'static str,
        field: &'static str,
        value: Value<'_>,
        largest: u64,
    ) -> Option<Spanned<u64>> {
        let raw = value.raw();
        let words = format!("`{field}`");
        let place = Place::value(field, &words);
        if value.json_type() != Type::Number {
            let help = number_in(&value.text()).map(|number| format!("write {number}"));
            self.mistyped_with(code, &place, value, "a number", help);
            return None;
        }
        match raw.parse() {
            Ok(number) => Some(Spanned::new(number, value.span)),
            Err(_) => {
                self.add_mistyped(code, &place, Some(raw), value.span, |problem| {
                    problem.message(format!(
                        "{words} is {} and must be a whole number from 0 to {largest}, written in digits",
                        shortened(raw)
                    ))
                });
                None
            }
        }
    }

    /// A list, of whose elements those stand in the result that `element` can read.
    pub(super) fn list<'t, T>(
        &mut self,
        field: &'static str,
        value: Value<'t>,
        mut element: impl FnMut(&mut Self, usize, Value<'t>) -> Option<T>,
    ) -> Option<List<T>> {
        if value.json_type() != Type::List {
            let words = format!("`{field}`");
            self.mistyped(
                codes::WRONG_TYPE,
                &Place::value(field, &words),
                value,
                "a list",
            );
            return None;
        }
        let length = value.elements().count().min(RESERVED);
        let mut list = Vec::with_capacity(length);
        for (index, item) in value.elements().enumerate() {
            if !self.takes_entry(item.span) {
                break;
            }
            if item.is_null() {
                self.null_element(field, index, item.span);
            } else if let Some(read) = element(self, index, item) {
                list.push(Spanned::new(read, item.span));
            }
        }
        Some(Spanned::new(list, value.span))
    }

    /// A list of strings, each made into a word by `word`.
    pub(super) fn words<'t, T>(
        &mut self,
        field: &'static str,
        value: Value<'t>,
        mut word: impl FnMut(&mut Self, Spanned<Cow<'t, str>>) -> T,
    ) -> Option<List<T>> {
        self.list(field, value, |reader, _, item| {
            if item.json_type() != Type::String {
                let words = format!("an element of `{field}`");
                let place = Place {
                    field,
                    part: Part::Element,
                    words: &words,
                };
                reader.mistyped(codes::WRONG_TYPE, &place, item, "a string");
                return None;
            }
            Some(word(reader, Spanned::new(item.text(), item.span)))
        })
    }

    /// Counts one more entry; false when there are too many.
    pub(super) fn takes_entry(&mut self, span: Span) -> bool {
        if self.entries < self.max_entries {
            self.entries += 1;
            return true;
        }
        if self.is_complete {
            self.is_complete = false;
            let message = format!(
                "the document has more entries than the {} that are read",
                self.max_entries
            );
            self.problems.add(
                Problem::error(codes::UNREADABLE, span, message)
                    .label("this is the first too many")
                    .note("rules, names, arguments and arches are counted together"),
            );
        }
        false
    }

    /// Reports a key that stood before in its object.
    pub(super) fn duplicate_of(&mut self, before: Option<Span>, key: Span) {
        if let Some(before) = before {
            self.duplicate(before, key, None);
        }
    }

    /// The same, with the first value where parsers take nothing from it; of lists and objects, and before a `null`, they may.
    fn duplicate(&mut self, before: Span, key: Span, forgotten: Option<Span>) {
        self.problems
            .add_with(codes::DUPLICATE_KEY, Severity::Error, key, |problem| {
                let problem = problem
                    .message("the same key stands twice in one object")
                    .label("again here")
                    .related(before, "first here")
                    .note(
                        "most parsers take the last without a word, and Go merges lists of objects",
                    );
                match forgotten {
                    Some(value) => problem.fix(
                        "take the first out, which they forget",
                        vec![Change::Remove(value)],
                    ),
                    None => problem,
                }
            });
    }

    fn mistyped(&mut self, code: &'static str, place: &Place<'_>, value: Value<'_>, wanted: &str) {
        self.mistyped_with(code, place, value, wanted, None);
    }

    fn mistyped_with(
        &mut self,
        code: &'static str,
        place: &Place<'_>,
        value: Value<'_>,
        wanted: &str,
        help: Option<String>,
    ) {
        self.add_mistyped(code, place, None, value.span, |problem| {
            let found = value.json_type().described();
            Problem {
                help,
                ..problem.message(format!("{} is {found} and must be {wanted}", place.words))
            }
        });
    }

    /// Adds a problem for which Go's decoder stops where it reads the field, and keeps the first of them.
    fn add_mistyped(
        &mut self,
        code: &'static str,
        place: &Place<'_>,
        number: Option<&str>,
        span: Span,
        describe: impl FnOnce(Problem) -> Problem,
    ) {
        if self.mistyped.len() >= MOST_MISTYPED {
            self.problems
                .add_with(code, Severity::Error, span, describe);
            return;
        }
        let problem = describe(Problem::error(code, span, ""));
        self.problems.add(problem.clone());
        self.mistyped.push(Mistyped {
            rule: self.rule,
            field: place.field,
            part: place.part,
            number: number.map(Box::from),
            problem,
        });
    }

    fn null_element(&mut self, list: &'static str, index: usize, span: Span) {
        let rule = self.rule.or((list == "syscalls").then_some(index));
        let null = NullElement { rule, span, list };
        self.problems
            .add_with(codes::NULL_ELEMENT, Severity::Error, span, |_| {
                faults::null_element(&null)
            });
        self.null_elements.push(null);
    }

    /// Which of the known fields a key is, also in another case, as for Go.
    fn slot(&mut self, key: &Spanned<Cow<'_, str>>, known: &[&'static str]) -> Option<usize> {
        let written: &str = &key.value;
        if let Some(slot) = known.iter().position(|&field| field == written) {
            return Some(slot);
        }
        let slot = known
            .iter()
            .position(|field| field.eq_ignore_ascii_case(written))?;
        let field = known[slot];
        self.odd(key.span, field, Oddity::Case);
        self.problems
            .add_with(codes::KEY_CASE, Severity::Warning, key.span, |problem| {
                problem
                    .message(format!("`{written}` is written `{field}` everywhere else"))
                    .note("Docker and runc take it in any case, crun and youki ignore it")
                    .help(format!("write `{field}`"))
            });
        Some(slot)
    }

    fn odd(&mut self, span: Span, field: &'static str, oddity: Oddity) {
        self.odd_keys.push(OddKey {
            rule: self.rule,
            span,
            field,
            oddity,
        });
    }

    fn unknown_key(&mut self, holder: &str, key: &Spanned<Cow<'_, str>>, known: &[&'static str]) {
        self.problems
            .add_with(codes::UNKNOWN_KEY, Severity::Error, key.span, |problem| {
                let near = nearest(key, known.iter().copied());
                let problem = problem
                    .message(format!("{} is not a field of {holder}", quoted(key)))
                    .note(format!(
                        "engines ignore it without a word; the fields are {}",
                        known.join(", ")
                    ));
                problem.meant(near)
            });
    }
}

/// The number that a string says, in digits or in hexadecimal.
fn number_in(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
