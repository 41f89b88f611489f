//! YAML as a tree whose nodes know their places, and such a tree as JSON.
//!
//! Apart from what is in the documents; which library reads them is known here alone, and in `layout`.

mod changes;
mod layout;

use std::fmt;

use callgate_profile::Span;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

pub(crate) use self::changes::{Part, changed};

/// A node and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed {
    /// What it is.
    pub(crate) node: Node,
    /// Where it begins, and for a scalar also where it ends.
    pub(crate) span: Span,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// A number, as JSON writes it.
    Number(String),
    Text(String),
    List(Vec<Placed>),
    Map(Vec<(Key, Placed)>),
}

/// A key and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    name: String,
    span: Span,
}

/// A tree as JSON, and which place of that is from which place of the YAML.
#[derive(Clone, Debug, Default)]
pub(crate) struct Json {
    /// The text.
    pub(crate) text: String,
    places: Vec<(Span, Span)>,
}

/// The documents of a text; none where it is not YAML.
pub(crate) fn read(text: &str) -> Option<Vec<Placed>> {
    let documents: Vec<Spanned<Node>> = serde_saphyr::from_multiple(text).ok()?;
    Some(documents.into_iter().map(placed).collect())
}

/// Where something begins.
fn start_of<T>(spanned: &Spanned<T>) -> usize {
    let start = spanned.referenced.span().byte_offset().unwrap_or(0);
    usize::try_from(start).unwrap_or(0)
}

fn placed(spanned: Spanned<Node>) -> Placed {
    let start = start_of(&spanned);
    let length = match &spanned.value {
        Node::Text(text) => text.len(),
        Node::Number(digits) => digits.len(),
        Node::Bool(true) | Node::Null => 4,
        Node::Bool(false) => 5,
        Node::List(_) | Node::Map(_) => 1,
    };
    Placed {
        span: Span::new(start, start + length),
        node: spanned.value,
    }
}

impl Placed {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.node {
            Node::Map(entries) => entries
                .iter()
                .find(|(known, _)| known.name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text that it is.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The nodes right beneath it.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match &self.node {
            Node::List(list) => list.iter().collect(),
            Node::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    /// The tree as JSON, without some keys of the map that it is.
    pub(crate) fn to_json(&self, without: &[&str]) -> Json {
        let mut json = Json::default();
        json.add(self, without);
        json
    }
}

impl Json {
    fn add(&mut self, placed: &Placed, without: &[&str]) {
        let start = self.text.len();
        match &placed.node {
            Node::Null => self.text.push_str("null"),
            Node::Bool(value) => self.text.push_str(&value.to_string()),
            Node::Number(digits) => self.text.push_str(digits),
            Node::Text(text) => self.text.push_str(&quoted(text)),
            Node::List(list) => {
                self.text.push('[');
                for (at, value) in list.iter().enumerate() {
                    self.text.push_str(if at == 0 { "" } else { "," });
                    self.add(value, &[]);
                }
                self.text.push(']');
            }
            Node::Map(entries) => {
                self.text.push('{');
                let kept = entries
                    .iter()
                    .filter(|(key, _)| !without.contains(&key.name.as_str()));
                for (at, (key, value)) in kept.enumerate() {
                    self.text.push_str(if at == 0 { "" } else { "," });
                    let key_start = self.text.len();
                    self.text.push_str(&quoted(&key.name));
                    let key_span = Span::new(key_start, self.text.len());
                    self.places.push((key_span, key.span));
                    self.text.push(':');
                    self.add(value, &[]);
                }
                self.text.push('}');
            }
        }
        self.places
            .push((Span::new(start, self.text.len()), placed.span));
    }

    /// The place in the JSON of what stands at a byte of the YAML; of a word, behind its opening quote.
    pub(crate) fn offset(&self, at: usize) -> Option<usize> {
        let mut words = self.places.iter();
        let (json, _) = words.find(|(_, yaml)| yaml.start <= at && at <= yaml.end)?;
        let is_word = self.text[json.range()].starts_with('"');
        Some(json.start + usize::from(is_word))
    }

    /// The place in the YAML of a place in the JSON.
    pub(crate) fn place(&self, span: Span) -> Span {
        let around = self.places.iter().filter(|(json, _)| {
            json.start <= span.start && span.end.max(span.start + 1) <= json.end
        });
        let nearest = around.min_by_key(|(json, _)| json.end - json.start);
        nearest.map_or(Span::default(), |(_, yaml)| *yaml)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a node")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(match serde_json::Number::from_f64(value) {
            Some(number) => Node::Number(number.to_string()),
            None => Node::Text(value.to_string()),
        })
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element()? {
            list.push(placed(value));
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = access.next_entry::<Spanned<String>, Spanned<Node>>()? {
            let start = start_of(&key);
            let name = key.value;
            let span = Span::new(start, start + name.len());
            entries.push((Key { name, span }, placed(value)));
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_json_is_one_in_yaml() {
        let text = "kind: A\nspec:\n  names:\n  - read\n  - write\n  number: 7\n---\nkind: B\n";
        let documents = read(text).expect("YAML");
        assert_eq!(documents.len(), 2);
        let json = documents[0]
            .get("spec")
            .expect("there")
            .to_json(&["number"]);
        assert_eq!(json.text, r#"{"names":["read","write"]}"#);
        let at = json.text.find("\"write\"").expect("there");
        let place = json.place(Span::new(at, at + 7));
        assert_eq!(&text[place.range()], "write");
        assert_eq!(json.offset(place.start), Some(at + 1));
        let key = text.find("names").expect("there");
        assert_eq!(json.offset(key + 2), json.text.find("names"));
        assert_eq!(json.offset(0), None);
        assert!(read("a: [").is_none());
    }
}
