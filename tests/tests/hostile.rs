//! Documents made to hurt end in a clear error or an answer, within two seconds and 500 MB.
//!
//! Time is the processor's, so that a busy machine makes no failure; the memory limit is set on the process that reads.

use std::path::Path;
use std::time::Duration;

use callgate_tests::random::Random;
use callgate_tests::reader::{MEMORY, Report, report};

/// The largest document that is read without a word.
const LIMIT: usize = 16 << 20;

/// What a document ends in.
enum End {
    /// A program.
    Answer,
    /// An error, in callgate's own reading with these words.
    Error(&'static str),
    /// A program or such an error: Docker answers where callgate does not guess, and what has no program today may have one.
    Either(&'static [&'static str]),
}

impl End {
    /// What its error says, one of these; none where it is no error.
    fn words(&self) -> &[&'static str] {
        match self {
            Self::Answer => &[],
            Self::Error(words) => std::slice::from_ref(words),
            Self::Either(words) => words,
        }
    }
}

fn hold(name: &str, document: &[u8], end: End) {
    for target in ["callgate", "docker@28"] {
        let Report {
            outcome,
            time,
            peak,
        } = report(
            Path::new(env!("CARGO_BIN_EXE_callgate-reader")),
            target,
            document,
        );
        match &outcome {
            Ok(_) => assert!(
                !matches!(end, End::Error(_)),
                "{name} for {target}: {outcome:?}"
            ),
            Err(message) => {
                let words = end.words();
                let said =
                    target != "callgate" || words.iter().any(|words| message.contains(words));
                assert!(
                    said && !words.is_empty() && (1..1000).contains(&message.len()),
                    "{name} for {target}: {message}"
                );
            }
        }
        assert!(
            time < Duration::from_secs(2),
            "{name} for {target}: {time:?}"
        );
        assert!(peak < MEMORY, "{name} for {target}: {peak} bytes");
    }
}

fn profile(rules: impl Iterator<Item = String>) -> Vec<u8> {
    let rules: Vec<String> = rules.collect();
    format!(
        r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{}]}}"#,
        rules.join(",")
    )
    .into_bytes()
}

fn with_value(value: &str) -> Vec<u8> {
    let args = format!(r#"[{{"index":0,"value":{value},"op":"SCMP_CMP_EQ"}}]"#);
    profile(
        [format!(
            r#"{{"names":["read"],"action":"SCMP_ACT_ALLOW","args":{args}}}"#
        )]
        .into_iter(),
    )
}

#[test]
fn brackets() {
    hold("opening brackets", &vec![b'['; LIMIT], End::Error("deep"));
    hold(
        "opening braces",
        "{\"a\":".repeat(LIMIT / 5).as_bytes(),
        End::Error("deep"),
    );
    hold("closing brackets", &vec![b']'; LIMIT], End::Error(""));
    hold(
        "a wide list",
        format!("[{}[]]", "[],".repeat(LIMIT / 3 - 2)).as_bytes(),
        End::Error(""),
    );
}

#[test]
fn nesting_inside_of_a_rule() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    hold(
        "names",
        &profile([format!(r#"{{"names":{deep},"action":"SCMP_ACT_ALLOW"}}"#)].into_iter()),
        End::Error("deep"),
    );
    hold(
        "a comment",
        &profile([format!(r#"{{"comment":{deep}}}"#)].into_iter()),
        End::Error("deep"),
    );
}

#[test]
fn sizes() {
    hold("nothing", b"", End::Error(""));
    hold("spaces", &vec![b' '; LIMIT], End::Error(""));
    hold(
        "one byte too many",
        &vec![b' '; LIMIT + 1],
        End::Error("16777217"),
    );
    hold(
        "a string without an end",
        &[b"\"", vec![b'a'; LIMIT - 1].as_slice()].concat(),
        End::Error(""),
    );
    hold(
        "one long name",
        &profile(
            [format!(
                r#"{{"names":["{}"],"action":"SCMP_ACT_ALLOW"}}"#,
                "a".repeat(LIMIT - 200)
            )]
            .into_iter(),
        ),
        End::Answer,
    );
}

#[test]
fn two_hundred_thousand_rules() {
    let same = (0..200_000).map(|_| r#"{"names":["read"],"action":"SCMP_ACT_ALLOW"}"#.to_owned());
    hold("one rule many times", &profile(same), End::Answer);
    let calls = [
        "read", "write", "open", "close", "stat", "fstat", "lstat", "poll", "lseek", "mmap",
    ];
    let actions = ["ALLOW", "LOG", "TRAP", "KILL"];
    let mixed = (0..200_000).map(|at| {
        format!(
            r#"{{"names":["{}"],"action":"SCMP_ACT_{}"}}"#,
            calls[at % 10],
            actions[at / 7 % 4]
        )
    });
    hold("overlapping rules", &profile(mixed), End::Answer);
    let unknown =
        (0..200_000).map(|at| format!(r#"{{"names":["call_{at}"],"action":"SCMP_ACT_LOG"}}"#));
    hold("unknown names", &profile(unknown), End::Answer);
}

#[test]
fn two_hundred_thousand_values() {
    for op in ["SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_GT"] {
        let rule = |value: usize| {
            let args = format!(r#"[{{"index":1,"value":{value},"op":"{op}"}}]"#);
            format!(r#"{{"names":["dup"],"action":"SCMP_ACT_LOG","args":{args}}}"#)
        };
        hold(
            op,
            &profile((0..170_000).map(rule)),
            End::Either(&["4096", "budget"]),
        );
        if op == "SCMP_CMP_EQ" {
            // Multiples of three would have a short program: what they share shows in their bits.
            let mut random = Random::new(7);
            let apart = (0..150_000).map(|_| rule(random.next() as usize >> 32));
            hold("values apart", &profile(apart), End::Error("4096"));
        }
    }
}

#[test]
fn long_lists() {
    for (count, end) in [
        (1_000_000, End::Either(&["entries"])),
        (2_200_000, End::Error("entries")),
    ] {
        let names = vec![r#""read""#; count].join(",");
        let rule = format!(r#"{{"names":[{names}],"action":"SCMP_ACT_ALLOW"}}"#);
        hold("names", &profile([rule].into_iter()), end);
    }
    let keys: Vec<String> = (0..400_000).map(|at| format!(r#""key{at}":1"#)).collect();
    hold(
        "unknown keys",
        format!(r#"{{"defaultAction":"SCMP_ACT_ALLOW",{}}}"#, keys.join(",")).as_bytes(),
        End::Either(&["key0"]),
    );
    let keys = vec![r#""defaultAction":"SCMP_ACT_ALLOW""#; 400_000].join(",");
    hold(
        "one key many times",
        format!("{{{keys}}}").as_bytes(),
        End::Either(&["twice"]),
    );
}

#[test]
fn texts_that_are_none() {
    hold(
        "a byte that begins nothing",
        b"{\"defaultAction\": \"\xff\"}",
        End::Error("UTF-8"),
    );
    hold(
        "half a character",
        b"{\"defaultAction\": \"\xe2\x82",
        End::Error("UTF-8"),
    );
    hold("16 MiB of such", &vec![0xff; LIMIT], End::Error("UTF-8"));
    hold(
        "a NUL",
        b"{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\0",
        End::Either(&["after the end"]),
    );
    hold("16 MiB of NUL", &vec![0; LIMIT], End::Error(""));
    hold(
        "half a surrogate pair",
        br#"{"defaultAction": "\ud800"}"#,
        End::Error(""),
    );
    hold("UTF-16", b"\xff\xfe{\0}\0", End::Error("UTF-8"));
}

#[test]
fn numbers() {
    hold("2^64 - 1", &with_value("18446744073709551615"), End::Answer);
    hold(
        "2^64",
        &with_value("18446744073709551616"),
        End::Error("18446744073709551616"),
    );
    hold("below zero", &with_value("-1"), End::Error("-1"));
    hold("a fraction", &with_value("1.5"), End::Error("1.5"));
    hold("1e999", &with_value("1e999"), End::Error(""));
    hold(
        "16 MiB of digits",
        &with_value(&"9".repeat(LIMIT - 200)),
        End::Error(""),
    );
}

#[test]
fn things_in_the_wrong_place() {
    hold(
        "null for a rule",
        br#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[null]}"#,
        End::Either(&["null"]),
    );
    hold("null for the whole", b"null", End::Error(""));
    hold(
        "a number for a rule",
        br#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[7]}"#,
        End::Error(""),
    );
    hold(
        "an object for the rules",
        br#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}}"#,
        End::Error(""),
    );
    hold(
        "a list for an action",
        br#"{"defaultAction":["SCMP_ACT_ALLOW"]}"#,
        End::Error(""),
    );
}
