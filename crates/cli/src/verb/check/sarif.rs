//! Problems as SARIF 2.1.0, which code hosts and editors read.
//!
//! Apart from the other formats, as each of them is.

use callgate_analyze::{Confidence, LINTS, Lint};
use callgate_profile::{Problem, Severity};
use serde_json::{Value, json};

use super::found::Checked;
use crate::render::{Place, Source};

/// The document: one run, with every rule that has a result.
pub(super) fn document(checked: &[Checked], sources: &[Source<'_>]) -> Value {
    let found = |lint: &&Lint| {
        let mut problems = checked.iter().flat_map(|checked| &checked.problems);
        problems.any(|problem| problem.code == lint.id)
    };
    let rules: Vec<&Lint> = LINTS.iter().filter(found).collect();
    let results = checked.iter().zip(sources).flat_map(|(checked, source)| {
        let keys = super::known::keys(source, &checked.problems);
        let problems = checked.problems.iter().zip(keys);
        problems.map(|(problem, key)| result(&rules, source, problem, &key))
    });
    let results: Vec<Value> = results.collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "callgate",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|lint| rule(lint)).collect::<Vec<Value>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(lint: &Lint) -> Value {
    json!({
        "id": lint.id,
        "shortDescription": { "text": lint.title },
        "fullDescription": { "text": lint.page },
        "help": { "text": lint.page },
        "defaultConfiguration": { "level": level(lint.severity) },
        "properties": {
            "precision": match lint.confidence {
                Confidence::Certain => "very-high",
                Confidence::Likely => "high",
            },
        },
    })
}

fn result(rules: &[&Lint], source: &Source<'_>, problem: &Problem, key: &str) -> Value {
    let mut message = problem.message.clone();
    for note in problem.notes.iter().chain(&problem.help) {
        message.push('\n');
        message.push_str(note);
    }
    let related = problem
        .related
        .iter()
        .enumerate()
        .map(|(id, (span, words))| {
            let mut location = location(source, span.start, span.end);
            location["id"] = json!(id);
            location["message"] = json!({ "text": words });
            location
        });
    json!({
        "ruleId": problem.code,
        "ruleIndex": rules.iter().position(|lint| lint.id == problem.code),
        "level": level(problem.severity),
        "message": { "text": message },
        "locations": [location(source, problem.span.start, problem.span.end)],
        "relatedLocations": related.collect::<Vec<Value>>(),
        "partialFingerprints": { "callgate/v1": key },
    })
}

fn location(source: &Source<'_>, at: usize, end: usize) -> Value {
    let (start, end): (Place, Place) = (source.place(at), source.place(end));
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(source.file(at)) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Style => "note",
    }
}

/// A path as a relative reference or a file's address: what is not plain in it becomes `%` and two digits.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_addresses() {
        assert_eq!(uri("a/b c.json"), "a/b%20c.json");
        assert_eq!(uri("/tmp/é.json"), "file:///tmp/%C3%A9.json");
    }
}
