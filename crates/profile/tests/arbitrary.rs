//! Arbitrary texts: reading never panics, and what it says fits the text.

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use callgate_profile::{
    Base, Bases, Options, Severity, Span, builtin, line_column, parse, parse_with,
};

const BASES: &[&str] = &[
    builtin::DOCKER_DEFAULT,
    r#"{ "ociVersion": "1", "linux": { "seccomp": { "defaultAction": "SCMP_ACT_LOG" } } }"#,
    r#"{ "defaultAction": "x-a", "defaultErrno": "ENOSYS", "flags": [], "listenerMetadata": "m", "x-actions":
        { "x-a": { "answer": "SCMP_ACT_NOTIFY", "plugin": "p", "with": [], "otherwise": "SCMP_ACT_TRAP" } },
        "syscalls": [ { "name": "read", "action": "x-a", "args": [ { "index": 0, "value": 1, "op": "SCMP_CMP_NE" } ],
        "includes": { "caps": ["CAP_CHOWN"], "arches": ["amd64"], "minKernel": "4.8" } } ] }"#,
];

/// Pieces that change the meaning of what stands around them.
const PIECES: &[&str] = &[
    "\"",
    "\\",
    "\\u",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "0",
    "-1",
    "1e9",
    "18446744073709551616",
    "//",
    "/*",
    "*/",
    "\u{feff}",
    "é",
    "\n",
    "\"syscalls\"",
    "\"NAMES\":",
    "\"x-actions\":",
    "\"x-extends\":",
    "\"args\":",
    "\"\"",
    "\\ud800",
];

#[test]
fn changed_documents_are_read_without_a_panic() {
    arbtest(|source| {
        let mut text = source.choose(BASES)?.as_bytes().to_vec();
        for _ in 0..source.int_in_range(1..=4)? {
            change(source, &mut text)?;
        }
        check(&text);
        Ok(())
    })
    .budget_ms(3_000);
}

/// Whatever two texts are, what is said of them is said of a place in one of them.
#[test]
fn changed_bases_keep_to_their_places() {
    arbtest(|source| {
        let mut base = source.choose(BASES)?.as_bytes().to_vec();
        let mut own = br#"{ "x-extends": "base", "syscalls": [ { "names": ["read", "chmod"], "action": "x-a" } ] }"#.to_vec();
        for _ in 0..source.int_in_range(0..=3)? {
            change(source, &mut base)?;
            change(source, &mut own)?;
        }
        let bases = Bases::find("own", &own, &Options::default(), |_, _| {
            Ok(Base {
                name: "base".to_owned(),
                text: base.clone(),
            })
        });
        let parsed = parse_with(&own, &Options::default(), &bases);
        let end = own.len() + 1 + base.len();
        let is_in_one = |span: Span| span.end <= own.len() || own.len() < span.start && span.end <= end;
        for problem in &parsed.problems {
            let related = problem.related.iter().map(|(span, _)| *span);
            for span in related.chain([problem.span]) {
                assert!(is_in_one(span), "{problem:?}");
            }
        }
        let rules = parsed.profile.iter().flat_map(|profile| profile.rules());
        for rule in rules {
            assert!(is_in_one(rule.span), "{rule:?}");
        }
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn arbitrary_bytes_are_read_without_a_panic() {
    arbtest(|source| {
        check(source.bytes(source.len())?);
        Ok(())
    })
    .budget_ms(1_000);
}

#[test]
fn arbitrary_pieces_are_read_without_a_panic() {
    arbtest(|source| {
        let mut text = String::new();
        while !source.is_empty() {
            text += source.choose(PIECES)?;
        }
        check(text.as_bytes());
        Ok(())
    })
    .budget_ms(2_000);
}

fn change(source: &mut Unstructured<'_>, text: &mut Vec<u8>) -> Result<()> {
    let place = source.int_in_range(0..=text.len())?;
    match source.int_in_range(0..=4)? {
        0 if place < text.len() => text[place] = source.arbitrary()?,
        1 => text.truncate(place),
        2 => {
            let end = source.int_in_range(place..=text.len().min(place + 40))?;
            text.drain(place..end);
        }
        3 => {
            let end = source.int_in_range(place..=text.len().min(place + 200))?;
            let copy = text[place..end].to_vec();
            text.splice(place..place, copy);
        }
        _ => {
            let piece = source.choose(PIECES)?;
            text.splice(place..place, piece.bytes());
        }
    }
    Ok(())
}

fn check(text: &[u8]) {
    let parsed = parse(text, &Options::default());
    for problem in &parsed.problems {
        for span in problem
            .related
            .iter()
            .map(|(span, _)| *span)
            .chain([problem.span])
        {
            assert!(
                span.start <= span.end && span.end <= text.len(),
                "{problem:?}"
            );
            if let Ok(text) = std::str::from_utf8(text) {
                assert!(text.get(span.range()).is_some(), "{problem:?}");
            }
            let (line, column) = line_column(text, span.start);
            assert!(line >= 1 && column >= 1);
        }
        assert!(!problem.message.is_empty());
    }
    assert!(
        parsed
            .problems
            .is_sorted_by_key(|problem| problem.span.start)
    );
    let has_error = parsed
        .problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    // Nothing is lost in silence: no profile has a reason, and what serde_json refuses is an error.
    assert!(parsed.profile.is_some() || has_error);
    if serde_json::from_slice::<serde_json::Value>(text).is_err() {
        assert!(has_error);
    }
    let Some(profile) = parsed.profile else {
        return;
    };
    for rule in profile.rules() {
        assert!(rule.span.end <= profile.span.end && profile.span.end <= text.len());
    }
    if has_error || !profile.odd_keys.is_empty() {
        return;
    }
    // A clean document says to a pointer what it says to the profile.
    let json: serde_json::Value = serde_json::from_slice(text).expect("no error was found");
    for rule in profile.rules() {
        let raw = json
            .pointer(&rule.value.pointer())
            .expect("the rule is there");
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&text[rule.span.range()])
                .ok()
                .as_ref(),
            Some(raw)
        );
    }
}
