//! Edits hold what they promise: any sequence of them leaves a text that reads, and only what they are about differs.
//!
//! Apart from the edits, because the judge is serde_json, which knows nothing of places.

use arbtest::arbitrary::{Result, Unstructured};
use serde_json::{Value, json};

use super::*;

const LINES: &str = "{\n\t\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\t\"syscalls\": [\n\t\t{\n\t\t\t\"names\": [\n\t\t\t\t\"read\",\n\t\t\t\t\"write\"\n\t\t\t],\n\t\t\t\"action\": \"SCMP_ACT_ALLOW\"\n\t\t}\n\t]\n}\n";
const TIGHT: &str = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","write"],"action":"SCMP_ACT_ALLOW"}]}"#;
const MIXED: &str = "{\r\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\r\n  \"syscalls\": [\r\n    { \"names\": [\"read\", \"write\"], \"action\": \"SCMP_ACT_ALLOW\" }\r\n  ]\r\n}";

/// The text of a rule that is added at the end.
fn with_a_rule(text: &str) -> String {
    let read = Text::of(text.as_bytes()).expect("JSON");
    let rules = read.at(&["syscalls"]).expect("rules");
    let count = read.items(rules).len();
    let rule = crate::write::Rule::new(crate::ActionName::Log, ["chmod", "fchmod"]);
    let rule = read.written(rules, &rule);
    read.apply(&[read.insert(rules, count, &[rule])])
        .expect("one edit overlaps nothing")
}

#[test]
fn a_new_rule_looks_like_its_neighbours() {
    let rule = r#"{"names":["chmod","fchmod"],"action":"SCMP_ACT_LOG"}"#;
    assert_eq!(
        with_a_rule(TIGHT),
        TIGHT.replace("}]}", &format!("}},{rule}]}}"))
    );
    let rule = ",\n\t\t{\n\t\t\t\"names\": [\n\t\t\t\t\"chmod\",\n\t\t\t\t\"fchmod\"\n\t\t\t],\n\t\t\t\"action\": \"SCMP_ACT_LOG\"\n\t\t}\n\t]";
    assert_eq!(with_a_rule(LINES), LINES.replace("\n\t]", rule));
    let rule =
        ",\r\n    { \"names\": [\"chmod\", \"fchmod\"], \"action\": \"SCMP_ACT_LOG\" }\r\n  ]";
    assert_eq!(with_a_rule(MIXED), MIXED.replace("\r\n  ]", rule));
    let empty = "{\n  \"syscalls\": []\n}\n";
    let rule = "{\n  \"syscalls\": [\n    {\n      \"names\": [\n        \"chmod\",\n        \"fchmod\"\n      ],\n      \"action\": \"SCMP_ACT_LOG\"\n    }\n  ]\n}\n";
    assert_eq!(with_a_rule(empty), rule);
}

#[test]
fn commas_go_with_what_they_part() {
    for (which, left) in [
        (&[][..], r#"["a", "b" ,"c"]"#),
        (&[0], r#"["b" ,"c"]"#),
        (&[1], r#"["a", "c"]"#),
        (&[2], r#"["a", "b"]"#),
        (&[0, 2], r#"["b"]"#),
        (&[1, 2], r#"["a"]"#),
        (&[0, 1, 2, 3], "[]"),
    ] {
        let text = Text::of(br#"["a", "b" ,"c"]"#).expect("JSON");
        let list = text.at(&[]).expect("a list");
        let edits = text.remove(list, which);
        assert_eq!(text.apply(&edits).as_deref(), Ok(left), "{which:?}");
    }
}

#[test]
fn comments_stay() {
    let written = "[\n  // first, of \"three\"\n  1,\n  2, /* second */\n  3,\n]";
    let text = Text::of(written.as_bytes()).expect("JSON but for comments");
    let list = text.at(&[]).expect("a list");
    for which in [&[0][..], &[1], &[2], &[0, 1], &[1, 2], &[0, 1, 2]] {
        let left = text.apply(&text.remove(list, which)).expect("no overlap");
        assert!(
            left.contains("// first, of \"three\"\n"),
            "{which:?}: {left}"
        );
        assert!(left.contains("/* second */"), "{which:?}: {left}");
        let again = Text::of(left.as_bytes()).unwrap_or_else(|| panic!("{which:?}: {left}"));
        let kept = again.items(again.at(&[]).expect("a list")).len();
        assert_eq!(kept, 3 - which.len(), "{which:?}: {left}");
    }
    let more = text.apply(&[text.insert(list, 1, &["4"]), text.insert(list, 3, &["5"])]);
    let more = more.expect("no overlap");
    assert_eq!(
        more,
        "[\n  // first, of \"three\"\n  1,\n  4,\n  2, /* second */\n  3,\n  5,\n]"
    );
}

#[test]
fn edits_that_touch_are_refused() {
    let text = Text::of(b"[1, 2, 3]").expect("JSON");
    let list = text.at(&[]).expect("a list");
    let two = text.at(&["1"]).expect("an element");
    let twice = [Edit::replace(two, "4"), Edit::replace(two, "5")];
    assert_eq!(
        text.apply(&twice).map_err(|overlap| overlap.to_string()),
        Err("the edit of bytes 4 to 5 and that of bytes 4 to 5 touch one another, and edits must not".to_owned())
    );
    let mut edits = text.remove(list, &[1]);
    edits.push(text.insert(list, 1, &["4"]));
    assert!(text.apply(&edits).is_err());
    assert!(Text::of(b"[1,").is_none());
    assert!(Text::of(b"[1] 2").is_none());
}

/// One edit by chance, on the text and on what serde_json reads of it.
fn edited(text: &str, model: &mut Value, u: &mut Unstructured<'_>) -> Result<String> {
    let read = Text::of(text.as_bytes()).unwrap_or_else(|| panic!("no longer reads:\n{text}"));
    let rules = model["syscalls"].as_array_mut().expect("a list");
    let list = read.at(&["syscalls"]).expect("it is never removed");
    let (container, items) = match u.int_in_range(0..=3)? {
        0 if !rules.is_empty() => {
            let which = u.choose_index(rules.len())?;
            let path = ["syscalls", &which.to_string(), "names"];
            let names = rules[which]["names"].as_array_mut().expect("a list");
            (read.at(&path).expect("names"), names)
        }
        _ => (list, rules),
    };
    let edits = match u.int_in_range(0..=2)? {
        0 if !items.is_empty() => {
            let which = u.choose_index(items.len())?;
            let more = u.choose_index(items.len())?;
            let mut index = 0;
            items.retain(|_| {
                index += 1;
                index - 1 != which && index - 1 != more
            });
            read.remove(container, &[which, more])
        }
        1 if !items.is_empty() => {
            let which = u.choose_index(items.len())?;
            let new = json!({"names": ["kill"], "action": "SCMP_ACT_TRAP"});
            let span = read.items(container)[which].value;
            items[which] = if container == list {
                new
            } else {
                json!("kill, \"[")
            };
            vec![Edit::replace(span, items[which].to_string())]
        }
        _ => {
            let at = u.choose_index(items.len() + 1)?;
            let new = match container == list {
                true => json!({"names": ["open", "close"], "action": "SCMP_ACT_LOG"}),
                false => json!("br]k"),
            };
            items.insert(at, new.clone());
            let new = read.written(container, &new);
            vec![read.insert(container, at, &[new])]
        }
    };
    let after = read.apply(&edits).expect("they are of different items");
    // What no edit is about is there as it was.
    let mut rest = text;
    let mut left = &after[..];
    let mut done = 0;
    for edit in &edits {
        let kept = edit.span.start - done;
        assert_eq!(rest[..kept], left[..kept]);
        rest = &rest[edit.span.end - done..];
        left = &left[kept + edit.replacement.len()..];
        done = edit.span.end;
    }
    assert_eq!(rest, left);
    Ok(after)
}

#[test]
fn after_any_edits_the_text_reads_and_says_what_it_should() {
    arbtest::arbtest(|u| {
        let start = *u.choose(&[LINES, TIGHT, MIXED, crate::builtin::DOCKER_DEFAULT])?;
        let mut model: Value = serde_json::from_str(start).expect("JSON");
        let mut text = start.to_owned();
        for _ in 0..u.int_in_range(1..=8)? {
            text = edited(&text, &mut model, u)?;
            let read: Value =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
            assert_eq!(read, model, "{text}");
        }
        Ok(())
    });
}
