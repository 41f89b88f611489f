//! How a YAML text is laid out: where each node stands, and whether in lines of its own or between brackets.
//!
//! Apart from what the nodes say: who reads them needs no layout, and who changes them does.

use std::ops::Range;

use granit_parser::{Event, Parser, StructureStyle};

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Laid {
    /// From its first byte to behind its last one; a list in lines begins at its first dash or behind it.
    pub(super) place: Range<usize>,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A scalar, or the name of a node that stands elsewhere.
    Leaf,
    /// A list.
    List(StructureStyle, Vec<Laid>),
    /// A map of keys, as they are read and where they stand, to values.
    Map(StructureStyle, Vec<(String, Laid, Laid)>),
}

/// An event of the parser, and where.
type Placed<'t> = (Event<'t>, Range<usize>);

/// The documents of a text; none where it is not YAML.
pub(super) fn read(text: &str) -> Option<Vec<Laid>> {
    let events = Parser::new_from_str(text).map(|event| {
        let (event, span) = event.ok()?;
        Some((event, span.byte_range()?))
    });
    let events: Vec<Placed<'_>> = events.collect::<Option<_>>()?;
    let mut events = events.into_iter();
    let mut documents = Vec::new();
    while let Some((event, _)) = events.next() {
        if matches!(event, Event::DocumentStart(..)) {
            let first = events.next()?;
            documents.push(node(first, &mut events)?);
        }
    }
    Some(documents)
}

/// The node that begins with an event; none where it is not whole.
fn node<'t>(
    (first, place): Placed<'t>,
    rest: &mut impl Iterator<Item = Placed<'t>>,
) -> Option<Laid> {
    match first {
        Event::Scalar(..) | Event::Alias(_) => Some(Laid {
            place,
            kind: Kind::Leaf,
        }),
        Event::SequenceStart(style, ..) => {
            let mut items = Vec::new();
            let end = loop {
                match rest.next()? {
                    (Event::SequenceEnd, end) => break end,
                    first => items.push(node(first, rest)?),
                }
            };
            let last = items.last().map(|last: &Laid| last.place.end);
            Some(Laid {
                place: around(style, &place, last, &end),
                kind: Kind::List(style, items),
            })
        }
        Event::MappingStart(style, ..) => {
            let mut entries = Vec::new();
            let end = loop {
                match rest.next()? {
                    (Event::MappingEnd, end) => break end,
                    (Event::Scalar(name, style, anchor, tag), place) => {
                        let name_as_read = name.to_string();
                        let first = (Event::Scalar(name, style, anchor, tag), place);
                        let key = node(first, rest)?;
                        let first = rest.next()?;
                        entries.push((name_as_read, key, node(first, rest)?));
                    }
                    _ => return None,
                }
            };
            let last = entries
                .last()
                .map(|(_, _, last): &(_, _, Laid)| last.place.end);
            Some(Laid {
                place: around(style, &place, last, &end),
                kind: Kind::Map(style, entries),
            })
        }
        _ => None,
    }
}

/// Where a list or a map is: between brackets up to the second one, in lines up to the end of its last node.
fn around(
    style: StructureStyle,
    start: &Range<usize>,
    last: Option<usize>,
    end: &Range<usize>,
) -> Range<usize> {
    match (style, last) {
        (StructureStyle::Block, Some(last)) => start.start..last,
        _ => start.start..end.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_and_their_ends() {
        let text =
            "a: \"b\" # why\nlist:\n  # first\n  - c: [d, 'e']\n    f: g\n  - h\n\nlast: 1\n";
        let documents = read(text).expect("YAML");
        let [document] = &documents[..] else {
            panic!("{documents:?}")
        };
        let Kind::Map(StructureStyle::Block, entries) = &document.kind else {
            panic!("{document:?}")
        };
        let (name, key, value) = &entries[0];
        assert_eq!((name.as_str(), &text[key.place.clone()]), ("a", "a"));
        assert_eq!(&text[value.place.clone()], "\"b\"");
        let (_, _, list) = &entries[1];
        assert_eq!(&text[list.place.clone()], "- c: [d, 'e']\n    f: g\n  - h");
        let Kind::List(_, items) = &list.kind else {
            panic!("{list:?}")
        };
        assert_eq!(&text[items[0].place.clone()], "c: [d, 'e']\n    f: g");
        assert!(read("a: [").is_none());
    }
}
