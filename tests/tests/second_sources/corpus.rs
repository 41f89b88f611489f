//! Against the names that other people's profiles use: whoever wrote them looked at some table, too.

use std::collections::BTreeSet;

use callgate_syscalls::Syscall;
use callgate_tests::{left_out, shared};
use serde_json::Value;

#[test]
fn profiles_name_known_calls() {
    let Some(shared) = shared() else {
        return left_out("names in the corpus of profiles", "no ../shared");
    };
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(shared.join("corpus")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = std::fs::read(&path).expect("a profile");
            let document = serde_json::from_slice::<Value>(&text).expect("JSON");
            collect(&document, &mut names);
        }
    }
    assert!(names.len() > 400, "{} names", names.len());
    names.retain(|name| Syscall::by_name(name).is_none());
    assert!(names.is_empty(), "{names:?}");
}

/// The names in the rules of a document, wherever they stand in it.
fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(fields) => {
            for rule in fields
                .get("syscalls")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let listed = rule
                    .get("names")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                let listed = listed.chain(rule.get("name")).filter_map(Value::as_str);
                names.extend(listed.map(str::to_owned));
            }
            fields.values().for_each(|field| collect(field, names));
        }
        _ => {}
    }
}
