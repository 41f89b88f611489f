//! Documents that are too much: each ends in a problem that gives both numbers, and quickly.

use callgate_profile::{Options, Parsed, Problem, codes, parse};
use std::time::{Duration, Instant};

const SIXTEEN_MIB: usize = 16 << 20;

/// What the issue grants a whole run, and what an unoptimised build of this crate alone must keep.
const LONGEST: Duration = Duration::from_secs(30);

fn parse_in_time(text: &[u8]) -> Parsed {
    let started = Instant::now();
    let parsed = parse(text, &Options::default());
    let took = started.elapsed();
    assert!(took < LONGEST, "{took:?} for {} bytes", text.len());
    parsed
}

fn only_problem(parsed: &Parsed) -> &Problem {
    assert!(parsed.profile.is_none());
    let [problem] = parsed.problems.as_slice() else {
        panic!("one problem, not {:?}", parsed.problems);
    };
    problem
}

#[test]
fn a_document_past_the_size_is_refused_with_both_numbers() {
    let text = b"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
    let exact = Options {
        max_size: text.len(),
        ..Options::default()
    };
    assert!(parse(text, &exact).problems.is_empty());
    let short = Options {
        max_size: text.len() - 1,
        ..Options::default()
    };
    let parsed = parse(text, &short);
    let problem = only_problem(&parsed);
    assert_eq!(problem.code, codes::UNREADABLE);
    assert_eq!(
        problem.message,
        "the document has 34 bytes and at most 33 are read"
    );
    let parsed = parse(&vec![b' '; SIXTEEN_MIB + 1], &Options::default());
    assert_eq!(
        only_problem(&parsed).message,
        "the document has 16777217 bytes and at most 16777216 are read"
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_shown() {
    let cases: [(&[u8], std::ops::Range<usize>); 4] = [
        (b"{\"a\xff\": 1}", 3..4),
        (b"\xe2\x82", 0..2),
        (b"\xed\xa0\x80", 0..1),
        (b"\xff\xfe{\0}\0", 0..1),
    ];
    for (text, place) in cases {
        let parsed = parse(text, &Options::default());
        let problem = only_problem(&parsed);
        assert_eq!(problem.code, codes::UNREADABLE);
        assert_eq!(problem.span.range(), place);
    }
}

#[test]
fn a_byte_order_mark_is_blanked() {
    let text = "\u{feff}{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }";
    let parsed = parse(text.as_bytes(), &Options::default());
    assert_eq!(parsed.problems.len(), 1);
    assert_eq!(parsed.problems[0].code, codes::SYNTAX);
    assert_eq!(parsed.problems[0].span.range(), 0..3);
    let action = parsed.profile.unwrap().default_action.unwrap();
    assert_eq!(&text[action.span.range()], "\"SCMP_ACT_ALLOW\"");
}

#[test]
fn nesting_has_a_limit_that_is_told() {
    let nested = |depth: usize| {
        let open = "[".repeat(depth);
        let close = "]".repeat(depth);
        format!("{{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"other\":{open}{close}}}")
    };
    // The object is a level, too.
    let parsed = parse_in_time(nested(126).as_bytes());
    assert_eq!(parsed.problems.len(), 1);
    assert_eq!(parsed.problems[0].code, codes::UNKNOWN_KEY);

    let parsed = parse_in_time(nested(127).as_bytes());
    let problem = only_problem(&parsed);
    assert_eq!(problem.code, codes::UNREADABLE);
    assert_eq!(
        problem.message,
        "lists and objects are nested 128 deep and at most 127 are read"
    );

    for text in [
        "[".repeat(SIXTEEN_MIB),
        "{\"a\":".repeat(SIXTEEN_MIB / 5),
        "[".repeat(SIXTEEN_MIB / 2) + &"]".repeat(SIXTEEN_MIB / 2),
    ] {
        let parsed = parse_in_time(text.as_bytes());
        assert_eq!(only_problem(&parsed).code, codes::UNREADABLE);
    }
}

#[test]
fn entries_have_a_limit_that_is_told() {
    let text = br#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    let enough = Options {
        max_entries: 3,
        ..Options::default()
    };
    assert!(parse(text, &enough).profile.is_some());
    let endless = Options::up_to(usize::MAX);
    assert!(parse(text, &endless).profile.is_some());
    let few = Options {
        max_entries: 2,
        ..Options::default()
    };
    let parsed = parse(text, &few);
    let problem = only_problem(&parsed);
    assert_eq!(problem.code, codes::UNREADABLE);
    assert_eq!(
        problem.message,
        "the document has more entries than the 2 that are read"
    );
    assert_eq!(&text[problem.span.range()], b"\"write\"");
}

#[test]
fn two_hundred_thousand_rules_are_read() {
    let rule = r#"{"names":["read"],"action":"SCMP_ACT_ALLOW"}"#;
    let rules = vec![rule; 200_000].join(",");
    let text = format!(r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{rules}]}}"#);
    let parsed = parse_in_time(text.as_bytes());
    assert!(parsed.problems.is_empty());
    assert_eq!(parsed.profile.unwrap().rules().len(), 200_000);
}

#[test]
fn as_many_faults_as_fit_are_counted_not_listed() {
    let rules = vec![r#"{"names":["chmodd"],"actions":0}"#; 200_000].join(",");
    let text = format!(r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{rules}]}}"#);
    let parsed = parse_in_time(text.as_bytes());
    assert!(parsed.problems.len() < 2_000, "{}", parsed.problems.len());
    for code in [codes::UNKNOWN_SYSCALL, codes::UNKNOWN_KEY, codes::ACTION] {
        let rest = parsed
            .problems
            .iter()
            .find(|problem| problem.code == code && problem.message.starts_with("199500 more"));
        assert!(rest.is_some(), "{code}");
    }
}

#[test]
fn texts_of_one_kind_of_byte_end() {
    for byte in [
        b' ', b'\n', b'"', b'\\', b'{', b',', b'/', b'0', b'-', b'a', 0,
    ] {
        let parsed = parse_in_time(&vec![byte; SIXTEEN_MIB]);
        assert!(parsed.profile.is_none());
        assert!(!parsed.problems.is_empty());
    }
    let many = [
        "\"a\":1,".repeat(SIXTEEN_MIB / 8),
        "{\"a\":1},".repeat(SIXTEEN_MIB / 8),
        "/**/".repeat(SIXTEEN_MIB / 4),
        ",]".repeat(SIXTEEN_MIB / 2),
    ];
    for text in many {
        assert!(!parse_in_time(text.as_bytes()).problems.is_empty());
    }
}
