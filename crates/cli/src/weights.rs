//! How often each call is made, as a file says it: a JSON object of names and counts, such as `{"read": 10, "close": 2}`.
//!
//! Apart from `compile`, because a file has its own faults, which are told at once and with their places.

use std::collections::BTreeMap;
use std::fmt;

use callgate_compile::Weights;
use callgate_profile::{Problem, Span, codes};
use callgate_syscalls::Syscall;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::failure::{Failure, Status};
use crate::input::{self, Document, InputOptions};
use crate::{nearest, output, render};

/// The weights of a file, or of `-`; where it has faults, they go to standard error.
pub(crate) fn read(reference: &str, options: InputOptions) -> Result<Weights, Failure> {
    let text = input::bytes_of(reference, options)?;
    let document = Document::alone(input::title(reference), text);
    counts(&document.text)
        .map(Weights::of_counts)
        .map_err(|problems| {
            output::tell(&render::problems(&render::Source::of(&document), &problems));
            Failure::new(
                Status::Meaningless,
                format_args!("{}: these are no counts of calls", document.name),
            )
            .help("counts are a JSON object of names and numbers, such as {\"read\": 10, \"close\": 2}")
        })
}

/// The counts of a text, or everything that is wrong with it.
fn counts(text: &[u8]) -> Result<Vec<(Syscall, u64)>, Vec<Problem>> {
    let text = str::from_utf8(text).map_err(|error| {
        let at = error.valid_up_to();
        let span = Span {
            start: at,
            end: at + 1,
        };
        vec![Problem::error(
            codes::UNREADABLE,
            span,
            "a byte that is not UTF-8",
        )]
    })?;
    let whole: &RawValue =
        serde_json::from_str(text).map_err(|error| vec![syntax(text, &error)])?;
    if !whole.get().starts_with('{') {
        let message = format!(
            "{} and must be an object of names and counts",
            kind(whole.get())
        );
        return Err(vec![Problem::error(
            codes::WRONG_TYPE,
            span(text, whole.get()),
            message,
        )]);
    }
    let Entries(entries) =
        serde_json::from_str(whole.get()).map_err(|error| vec![syntax(text, &error)])?;
    let mut counts = Vec::new();
    let mut problems = Vec::new();
    let mut seen = BTreeMap::new();
    for (key, value) in entries {
        let name: String = serde_json::from_str(key.get()).expect("a key is a string");
        let place = span(text, key.get());
        if let Some(&first) = seen.get(&name) {
            let message = format!("`{name}` is counted twice");
            let problem = Problem::error(codes::DUPLICATE_KEY, place, message);
            problems.push(problem.related(first, "first here"));
        } else {
            seen.insert(name.clone(), place);
        }
        let syscall = Syscall::by_name(&name);
        if syscall.is_none() {
            let message = nearest::unknown_call(&name);
            problems.push(Problem::error(codes::UNKNOWN_SYSCALL, place, message));
        }
        match serde_json::from_str::<u64>(value.get()) {
            Ok(count) => counts.extend(syscall.map(|syscall| (syscall, count))),
            Err(_) => {
                let message = format!(
                    "the count of `{name}` is {} and must be a whole number from 0 to {}",
                    kind(value.get()),
                    u64::MAX
                );
                let place = span(text, value.get());
                problems.push(Problem::error(codes::WRONG_TYPE, place, message));
            }
        }
    }
    if problems.is_empty() {
        Ok(counts)
    } else {
        Err(problems)
    }
}

/// The entries of an object as they are written, which keeps their places and those that come twice.
struct Entries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collector;

        impl<'de> Visitor<'de> for Collector {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Collector)
    }
}

/// Where a part of the text stands in it.
fn span(text: &str, part: &str) -> Span {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    Span {
        start,
        end: start + part.len(),
    }
}

/// What kind of value a text is, with its article.
fn kind(value: &str) -> String {
    match value.as_bytes().first() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "a list".to_owned(),
        Some(b'"') => "a string".to_owned(),
        Some(b't' | b'f') => "a boolean".to_owned(),
        Some(b'n') => "null".to_owned(),
        _ => value.to_owned(),
    }
}

fn syntax(text: &str, error: &serde_json::Error) -> Problem {
    let line = error.line().saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(text.len());
    let words = error.to_string();
    let words = words
        .rsplit_once(" at line ")
        .map_or(words.as_str(), |(words, _)| words);
    let end = (at + 1).min(text.len());
    Problem::error(
        codes::SYNTAX,
        Span { start: at, end },
        format!("this is not JSON: {words}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_and_every_fault_is_found_with_its_place() {
        let call = |name| Syscall::by_name(name).expect("a call");
        assert_eq!(
            counts(b" {\"read\": 10, \"cl\\u006fse\": 0}\n"),
            Ok(vec![(call("read"), 10), (call("close"), 0)])
        );
        assert_eq!(counts(b"{}"), Ok(vec![]));
        for (text, places) in [
            (&b"[1]"[..], &[(codes::WRONG_TYPE, 0, 3)][..]),
            (b"", &[(codes::SYNTAX, 0, 0)]),
            (b"{\"read\": 1,}", &[(codes::SYNTAX, 11, 12)]),
            (b"{\"read\":\n 1} x", &[(codes::SYNTAX, 13, 14)]),
            (b"{\"\xff\": 1}", &[(codes::UNREADABLE, 2, 3)]),
            (
                b"{\"raed\": -1, \"read\": 1.5, \"read\": \"2\"}",
                &[
                    (codes::UNKNOWN_SYSCALL, 1, 7),
                    (codes::WRONG_TYPE, 9, 11),
                    (codes::WRONG_TYPE, 21, 24),
                    (codes::DUPLICATE_KEY, 26, 32),
                    (codes::WRONG_TYPE, 34, 37),
                ],
            ),
        ] {
            let problems = counts(text).expect_err("no counts");
            let found: Vec<_> = problems
                .iter()
                .map(|problem| (problem.code, problem.span.start, problem.span.end))
                .collect();
            assert_eq!(found, places, "{}", String::from_utf8_lossy(text));
        }
    }
}
