//! Changes of a profile that stands in YAML, made there: what they are not about stays as it is, comments among it.
//!
//! Apart from the reading, because a change is made in lines, and held against what is read of them afterwards.

use callgate_profile::edit::{Edit, Item, Text, apply, put};
use callgate_profile::{Change, Span};
use granit_parser::StructureStyle;
use serde_json::Value;

use super::layout::{self, Kind, Laid};
use super::{Json, Placed};

/// A value in a YAML text, and changes of it.
pub(crate) struct Part<'j> {
    /// The how manieth document of the text it is in.
    pub(crate) document: usize,
    /// Whose value it is in that document's map.
    pub(crate) key: &'static str,
    /// The value as JSON, which the changes are about; it may lack members.
    pub(crate) json: &'j Json,
    /// The changes.
    pub(crate) changes: Vec<Change>,
}

/// A YAML text after changes of values in it; none where one of them can't be made in its lines.
///
/// The text is read again: it says what the changed JSON says, and all else that it said before.
pub(crate) fn changed(text: &str, parts: &[Part<'_>]) -> Option<String> {
    let laid = layout::read(text)?;
    let mut expected: Vec<Value> = values(text)?;
    if laid.len() != expected.len() {
        return None;
    }
    let mut edits = Vec::new();
    for part in parts {
        let json = Text::of(part.json.text.as_bytes())?;
        let whole = laid.get(part.document)?;
        edits.extend(edits_of(
            text,
            entry(whole, part.key)?,
            &json,
            &part.changes,
        )?);
        let changes: Vec<&Change> = part.changes.iter().collect();
        let becomes = json.apply(&json.edits(&changes)?).ok()?;
        let value = expected.get_mut(part.document)?.get_mut(part.key)?;
        replace_members(value, &part.json.text, &becomes)?;
    }
    let changed = apply(text, &edits).ok()?;
    (values(&changed)? == expected).then_some(changed)
}

/// What the documents of a text say.
fn values(text: &str) -> Option<Vec<Value>> {
    let documents = super::read(text)?;
    let value = |document: &Placed| serde_json::from_str(&document.to_json(&[]).text).ok();
    documents.iter().map(value).collect()
}

/// Replaces in a map the members that one JSON has by those that another one has.
fn replace_members(value: &mut Value, before: &str, after: &str) -> Option<()> {
    let [before, after]: [Value; 2] = [
        serde_json::from_str(before).ok()?,
        serde_json::from_str(after).ok()?,
    ];
    let members = value.as_object_mut()?;
    members.retain(|key, _| before.get(key).is_none());
    members.extend(after.as_object()?.clone());
    Some(())
}

fn entry<'l>(laid: &'l Laid, key: &str) -> Option<&'l Laid> {
    let Kind::Map(_, entries) = &laid.kind else {
        return None;
    };
    let (.., value) = entries.iter().find(|(name, ..)| name == key)?;
    Some(value)
}

/// Where a value of the profile stands in the YAML: in which list or map, at which index, and whether its key is meant.
struct Seat<'l> {
    container: &'l Laid,
    index: usize,
    is_key: bool,
}

/// The edits of a YAML text that make some changes of a profile in it; none where one of them can't be made there.
///
/// The profile stands in the text as `laid`, and in JSON as `json`, which is what the changes are about.
fn edits_of(text: &str, laid: &Laid, json: &Text<'_>, changes: &[Change]) -> Option<Vec<Edit>> {
    let root = json.at(&[])?;
    let mut edits = Vec::new();
    let mut insertions = Vec::new();
    for change in changes {
        let seat = seat(json, root, laid, change.span())?;
        match change {
            Change::Replace(_, value) => edits.push(replaced(text, &seat, value)?),
            Change::Remove(_) => edits.push(removed(text, &seat)?),
            Change::Before(_, value) => insertions.push(before(text, &seat, value)?),
            Change::After(_, key, value) => insertions.push(after(text, &seat, key, value)?),
        }
    }
    for insertion in insertions {
        put(insertion, &mut edits);
    }
    Some(edits)
}

/// The seat of what is at a place of the JSON, down from a container of it and the same container in YAML.
fn seat<'l>(json: &Text<'_>, container: Span, laid: &'l Laid, place: Span) -> Option<Seat<'l>> {
    let items = json.items(container);
    let (at, item) = items
        .into_iter()
        .enumerate()
        .find(|(_, item)| item.span.start <= place.start && place.start < item.span.end)?;
    let (index, below) = below(laid, at, &item)?;
    let is_key = item.key.is_some() && place.start == item.span.start;
    if is_key || place.start == item.value.start {
        return Some(Seat {
            container: laid,
            index,
            is_key,
        });
    }
    seat(json, item.value, below, place)
}

/// The index in the YAML of an item of the JSON, and its value; some keys of the YAML are not in the JSON.
fn below<'l>(laid: &'l Laid, at: usize, item: &Item) -> Option<(usize, &'l Laid)> {
    match (&laid.kind, &item.key) {
        (Kind::List(_, items), None) => Some((at, items.get(at)?)),
        (Kind::Map(_, entries), Some(key)) => {
            let index = entries.iter().position(|(name, ..)| name == key)?;
            Some((index, &entries[index].2))
        }
        _ => None,
    }
}

impl<'l> Seat<'l> {
    /// What stands there.
    fn node(&self) -> Option<&'l Laid> {
        match &self.container.kind {
            Kind::List(_, items) => items.get(self.index),
            Kind::Map(_, entries) => {
                let (_, key, value) = entries.get(self.index)?;
                Some(if self.is_key { key } else { value })
            }
            Kind::Leaf => None,
        }
    }
}

/// Another scalar, between quotes where the one before is.
fn replaced(text: &str, seat: &Seat<'_>, value: &str) -> Option<Edit> {
    let node = seat.node().filter(|node| node.kind == Kind::Leaf)?;
    let written = match (text.get(node.place.clone())?.chars().next()?, word(value)) {
        ('"', _) | (_, None) => value.to_owned(),
        ('\'', Some(word)) => format!("'{word}'"),
        (_, Some(word)) => word.to_owned(),
    };
    let span = Span::new(node.place.start, node.place.end);
    Some(Edit::replace(span, written))
}

/// An element of a list goes: its lines, or what is between brackets with a comma.
fn removed(text: &str, seat: &Seat<'_>) -> Option<Edit> {
    let Kind::List(style, items) = &seat.container.kind else {
        return None;
    };
    let item = &items.get(seat.index)?.place;
    let gap = match style {
        StructureStyle::Block => {
            let (line, _) = dash(text, item.start)?;
            let end = end_of_line(text, item.end);
            let is_alone = matches!(
                text[item.end..end].trim_start().chars().next(),
                None | Some('#')
            );
            is_alone.then_some(line..text.len().min(end + 1))?
        }
        StructureStyle::Flow => match (items.get(seat.index + 1), seat.index.checked_sub(1)) {
            (Some(next), _) => item.start..next.place.start,
            (None, Some(before)) => items[before].place.end..item.end,
            (None, None) => item.clone(),
        },
    };
    Some(Edit::replace(Span::new(gap.start, gap.end), ""))
}

/// A new element of a list before the one that is there, and before the comments above that.
fn before(text: &str, seat: &Seat<'_>, value: &str) -> Option<Edit> {
    let Kind::List(style, items) = &seat.container.kind else {
        return None;
    };
    let item = &items.get(seat.index)?.place;
    let value: Value = serde_json::from_str(value).ok()?;
    let (place, written) = match style {
        StructureStyle::Flow => (item.start, format!("{}, ", flow(&value))),
        StructureStyle::Block => {
            let (mut line, indentation) = dash(text, item.start)?;
            while let Some(above) = comment_above(text, line) {
                line = above;
            }
            let members = match &value {
                Value::Object(members) => members,
                _ => {
                    return Some(insertion(
                        line,
                        format!("{indentation}- {}\n", flow(&value)),
                    ));
                }
            };
            let mut lines = String::new();
            for (at, (key, value)) in members.iter().enumerate() {
                let lead = if at == 0 { "- " } else { "  " };
                lines.push_str(&format!("{indentation}{lead}{key}: {}\n", flow(value)));
            }
            (line, lines)
        }
    };
    Some(insertion(place, written))
}

/// A new entry of a map after the one that is there.
fn after(text: &str, seat: &Seat<'_>, key: &str, value: &str) -> Option<Edit> {
    let Kind::Map(style, entries) = &seat.container.kind else {
        return None;
    };
    let (_, first, _) = entries.first()?;
    let end = entries.get(seat.index)?.2.place.end;
    Some(match style {
        StructureStyle::Flow => insertion(end, format!(", {key}: {value}")),
        StructureStyle::Block => {
            let column = first.place.start - start_of_line(text, first.place.start);
            let blanks = " ".repeat(column);
            insertion(end_of_line(text, end), format!("\n{blanks}{key}: {value}"))
        }
    })
}

fn insertion(place: usize, text: String) -> Edit {
    Edit::replace(Span::new(place, place), text)
}

/// Where the line of a dash begins whose element stands there, and the blanks before it; none where more stands there.
fn dash(text: &str, element: usize) -> Option<(usize, &str)> {
    let line = start_of_line(text, element);
    let blanks = text[line..element].trim_end().strip_suffix('-')?;
    blanks.trim().is_empty().then_some((line, blanks))
}

/// The beginning of the line above one, where that is a comment.
fn comment_above(text: &str, line: usize) -> Option<usize> {
    let end = line.checked_sub(1)?;
    let start = start_of_line(text, end);
    text[start..end]
        .trim_start()
        .starts_with('#')
        .then_some(start)
}

fn start_of_line(text: &str, place: usize) -> usize {
    text[..place].rfind('\n').map_or(0, |end| end + 1)
}

fn end_of_line(text: &str, place: usize) -> usize {
    text[place..]
        .find('\n')
        .map_or(text.len(), |end| place + end)
}

/// A value between brackets, words without quotes.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| format!("{key}: {}", flow(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        _ => {
            let json = value.to_string();
            word(&json).map_or(json.clone(), str::to_owned)
        }
    }
}

/// A string of JSON as YAML has it without quotes: none where it might then be no string.
fn word(json: &str) -> Option<&str> {
    let word = json.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || each == '_');
    let is_taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let lower = word.to_ascii_lowercase();
    (is_plain && !is_taken.contains(&lower.as_str())).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The profile of a text, and the places of its elements and members by path.
    fn after(text: &str, make: impl Fn(&Text<'_>) -> Vec<Change>) -> Option<String> {
        let documents = super::super::read(text)?;
        let json = documents[0].get("spec")?.to_json(&[]);
        let changes = make(&Text::of(json.text.as_bytes())?);
        let part = Part {
            document: 0,
            key: "spec",
            json: &json,
            changes,
        };
        changed(text, &[part])
    }

    fn at(json: &Text<'_>, path: &[&str]) -> Span {
        json.at(path).expect("it is there")
    }

    #[test]
    fn elements_go_and_come_in_lines_and_between_brackets() {
        let remove = |json: &Text<'_>| vec![Change::Remove(at(json, &["names", "1"]))];
        let before = |json: &Text<'_>| {
            vec![Change::Before(
                at(json, &["names", "1"]),
                "\"no\"".to_owned(),
            )]
        };
        let lines = "spec:\n  names:\n    - read\n    # files\n    - open # one\n    - write\n";
        assert_eq!(
            after(lines, remove).as_deref(),
            Some("spec:\n  names:\n    - read\n    # files\n    - write\n")
        );
        assert_eq!(
            after(lines, before).as_deref(),
            Some(
                "spec:\n  names:\n    - read\n    - \"no\"\n    # files\n    - open # one\n    - write\n"
            )
        );
        let brackets = "spec: {names: [read, open]} # all\n";
        assert_eq!(
            after(brackets, remove).as_deref(),
            Some("spec: {names: [read]} # all\n")
        );
        assert_eq!(
            after(brackets, before).as_deref(),
            Some("spec: {names: [read, \"no\", open]} # all\n")
        );
    }

    #[test]
    fn a_member_comes_after_another_that_changes() {
        let make = |json: &Text<'_>| {
            let value = at(json, &["value"]);
            vec![
                Change::Replace(value, "7".to_owned()),
                Change::After(value, "valueTwo", "9".to_owned()),
            ]
        };
        for (text, becomes) in [
            ("spec:\n  value: 9", "spec:\n  value: 7\n  valueTwo: 9"),
            (
                "spec:\n  value: 9 # it\n  op: a\n",
                "spec:\n  value: 7 # it\n  valueTwo: 9\n  op: a\n",
            ),
            ("spec: {value: 9}\n", "spec: {value: 7, valueTwo: 9}\n"),
        ] {
            assert_eq!(after(text, make).as_deref(), Some(becomes));
        }
    }

    #[test]
    fn what_would_say_something_else_is_not_made() {
        // The only element in lines: without it the list would be null.
        let only = "spec:\n  names:\n  - read\n";
        let remove = |json: &Text<'_>| vec![Change::Remove(at(json, &["names", "0"]))];
        assert_eq!(after(only, remove), None);
        // Another name for the same node: the change would be made twice.
        let twice = "spec:\n  one: &one read\n  two: *one\n";
        let replace =
            |json: &Text<'_>| vec![Change::Replace(at(json, &["one"]), "\"open\"".to_owned())];
        assert_eq!(after(twice, replace), None);
    }
}
