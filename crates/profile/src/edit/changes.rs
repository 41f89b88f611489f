//! Changes of a document, which say what and not where a comma goes, as edits of its text.
//!
//! Apart from the edits, because whoever proposes a change knows values and their places, and not the lists that they stand in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Edit, Text, put};
use crate::json::Value;
use crate::problem::Change;
use crate::span::Span;

/// What becomes of the items of a container.
#[derive(Default)]
struct Items {
    removed: Vec<usize>,
    /// What comes before an item, or at the end.
    inserted: BTreeMap<usize, Vec<String>>,
}

impl Text<'_> {
    /// The edits that make some changes; none where there is no such value at a place.
    ///
    /// Whether two of them touch one another is seen when they are [applied](Text::apply).
    #[must_use]
    pub fn edits(&self, changes: &[&Change]) -> Option<Vec<Edit>> {
        let seats = self.seats(changes);
        let mut containers: BTreeMap<Span, Items> = BTreeMap::new();
        let (mut edits, mut removed) = (Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Replace(span, value) => edits.push(Edit::replace(*span, value)),
                Change::Remove(span) => {
                    let (container, index) = seats.get(&span.start)?;
                    let items = containers.entry(*container).or_default();
                    items.removed.push(*index);
                }
                Change::Before(span, value) => {
                    let &(container, index) = seats.get(&span.start)?;
                    let items = containers.entry(container).or_default();
                    let value = self.laid_out(container, value.clone());
                    items.inserted.entry(index).or_default().push(value);
                }
                Change::After(span, key, value) => {
                    let &(container, index) = seats.get(&span.start)?;
                    let items = containers.entry(container).or_default();
                    let after = items.inserted.entry(index + 1);
                    after.or_default().push(format!("\"{key}\": {value}"));
                }
            }
        }
        for (container, items) in containers {
            for (index, new) in items.inserted {
                put(self.insert(container, index, &new), &mut edits);
            }
            removed.extend(self.remove(container, &items.removed));
        }
        edits.extend(removed);
        Some(edits)
    }

    /// For the values that changes ask for, by where they begin: the container, and the index in it.
    fn seats(&self, changes: &[&Change]) -> HashMap<usize, (Span, usize)> {
        let wanted = changes.iter().filter_map(|change| match change {
            Change::Remove(span) | Change::Before(span, _) | Change::After(span, ..) => {
                Some(span.start)
            }
            Change::Replace(..) => None,
        });
        let wanted: BTreeSet<usize> = wanted.collect();
        let mut seats = HashMap::new();
        let mut containers = match wanted.is_empty() {
            true => Vec::new(),
            false => vec![self.strict.value()],
        };
        while let Some(container) = containers.pop() {
            let members = container.entries().map(|(_, value)| value);
            let items: Vec<Value<'_>> = members.chain(container.elements()).collect();
            for (index, item) in items.into_iter().enumerate() {
                if wanted.contains(&item.span.start) {
                    seats.insert(item.span.start, (container.span, index));
                }
                if wanted.range(item.span.range()).next().is_some() {
                    containers.push(item);
                }
            }
        }
        seats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write", "open"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#;

    fn changed(changes: &[Change]) -> String {
        let text = Text::of(TEXT.as_bytes()).expect("JSON");
        let changes: Vec<&Change> = changes.iter().collect();
        let edits = text.edits(&changes).expect("they are there");
        text.apply(&edits).expect("no overlap")
    }

    fn at(path: &[&str]) -> Span {
        let text = Text::of(TEXT.as_bytes()).expect("JSON");
        text.at(path).expect("it is there")
    }

    #[test]
    fn changes_of_one_list_and_of_an_object() {
        let [first, second, third] =
            ["0", "1", "2"].map(|index| at(&["syscalls", "0", "names", index]));
        assert_eq!(
            changed(&[Change::Remove(first), Change::Remove(second)]),
            TEXT.replace(r#""read", "write", "#, "")
        );
        assert_eq!(
            changed(&[
                Change::Replace(first, "\"pread64\"".to_owned()),
                Change::Before(third, "\"lseek\"".to_owned()),
                Change::Before(third, "\"close\"".to_owned()),
            ]),
            TEXT.replace("\"read\"", "\"pread64\"")
                .replace("\"open\"", "\"lseek\", \"close\", \"open\"")
        );
        let action = at(&["syscalls", "0", "action"]);
        assert_eq!(
            changed(&[
                Change::After(action, "errnoRet", "1".to_owned()),
                Change::Replace(action, "\"SCMP_ACT_ERRNO\"".to_owned()),
            ]),
            TEXT.replace("ALLOW\" }", "ERRNO\", \"errnoRet\": 1 }")
        );
    }

    #[test]
    fn a_rule_before_another_has_its_layout() {
        let rule = r#"{"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38}"#;
        let before = Change::Before(at(&["syscalls", "0"]), rule.to_owned());
        assert_eq!(
            changed(&[before]),
            TEXT.replace(
                "    { \"names\": [\"read\"",
                "    { \"names\": [\"clone3\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38 },\n    { \"names\": [\"read\""
            )
        );
    }

    #[test]
    fn what_is_not_there_is_not_changed() {
        let text = Text::of(TEXT.as_bytes()).expect("JSON");
        assert_eq!(text.edits(&[&Change::Remove(Span::new(1, 2))]), None);
    }
}
