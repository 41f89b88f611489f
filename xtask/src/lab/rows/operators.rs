//! Every comparison at its boundaries, several arguments of a rule, several rules of a call.
//! Apart, because the expected results are computed here, from the comparison's definition.

use serde_json::{Value, json};

use super::Row;
use crate::lab::profile::Profile;
use crate::lab::way::Way;

/// A comparison as a profile writes it, and what it means.
struct Operator {
    name: &'static str,
    holds: fn(u64, u64) -> bool,
}

const OPERATORS: [Operator; 6] = [
    Operator {
        name: "SCMP_CMP_NE",
        holds: |argument, value| argument != value,
    },
    Operator {
        name: "SCMP_CMP_LT",
        holds: |argument, value| argument < value,
    },
    Operator {
        name: "SCMP_CMP_LE",
        holds: |argument, value| argument <= value,
    },
    Operator {
        name: "SCMP_CMP_EQ",
        holds: |argument, value| argument == value,
    },
    Operator {
        name: "SCMP_CMP_GE",
        holds: |argument, value| argument >= value,
    },
    Operator {
        name: "SCMP_CMP_GT",
        holds: |argument, value| argument > value,
    },
];

/// Values whose boundary lies in the low half, in the high half, and between them.
const VALUES: [u64; 4] = [5, 0x5_0000_0005, 0x1_0000_0000, u64::MAX - 1];

/// A mask of both halves, and what is to be found under it.
const MASK: u64 = 0x8000_0001_7e02_0000;
const MASKED: u64 = 0x8000_0000_0002_0000;

/// Single comparisons, then combinations.
pub(super) fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = OPERATORS
        .iter()
        .flat_map(|operator| VALUES.map(|value| boundaries(operator, value)))
        .collect();
    rows.push(masked());
    rows.extend(combinations());
    rows
}

fn boundaries(operator: &Operator, value: u64) -> Row {
    let mut arguments = vec![
        0,
        value - 1,
        value,
        value + 1,
        value ^ (1 << 32),
        value << 32,
        u64::MAX,
    ];
    arguments.dedup();
    let steps = refused_where(arguments, |argument| (operator.holds)(argument, value));
    let profile = refusing(json!([argument(0, operator.name, value)]));
    Row::probe(format!("{} {value:#x}", operator.name), profile, &steps)
}

fn masked() -> Row {
    let flipped = (0..u64::BITS)
        .map(|bit| 1 << bit)
        .filter(|bit| MASK & bit != 0)
        .map(|bit| MASKED ^ bit);
    let arguments = [0, MASKED, MASK, !MASK, MASKED | !MASK, u64::MAX]
        .into_iter()
        .chain(flipped);
    let steps = refused_where(arguments, |argument| argument & MASK == MASKED);
    let comparison =
        json!({ "index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": MASK, "valueTwo": MASKED });
    Row::probe(
        format!("SCMP_CMP_MASKED_EQ {MASK:#x} {MASKED:#x}"),
        refusing(json!([comparison])),
        &steps,
    )
}

fn combinations() -> Vec<Row> {
    let three = json!([
        argument(0, "SCMP_CMP_EQ", 1),
        argument(1, "SCMP_CMP_GE", 2),
        argument(5, "SCMP_CMP_NE", 3)
    ]);
    let and = [
        ("111,1,2,0,0,0,0", REFUSED),
        ("111,1,9,0,0,0,4", REFUSED),
        ("111,0,2,0,0,0,0", "passed"),
        ("111,1,1,0,0,0,0", "passed"),
        ("111,1,2,0,0,0,3", "passed"),
    ];
    let either = Profile::with_rules(json!([
        rule(json!([argument(0, "SCMP_CMP_EQ", 1)])),
        rule(json!([
            argument(1, "SCMP_CMP_EQ", 2),
            argument(2, "SCMP_CMP_GT", 3)
        ])),
    ]));
    let or = [
        ("111,1,0,0", REFUSED),
        ("111,0,2,4", REFUSED),
        ("111,1,2,4", REFUSED),
        ("111,0,2,3", "passed"),
        ("111,0,1,4", "passed"),
    ];
    let range = json!([
        argument(0, "SCMP_CMP_GE", 10),
        argument(0, "SCMP_CMP_LE", 20)
    ]);
    let inside = [
        ("111,9", "passed"),
        ("111,10", REFUSED),
        ("111,20", REFUSED),
        ("111,21", "passed"),
    ];
    let everything = inside.map(|(step, _)| (step, REFUSED));
    vec![
        Row::probe(
            "three arguments of a rule: all have to hold",
            refusing(three),
            &and,
        ),
        Row::probe("two rules of a call: one has to hold", either, &or),
        Row::probe(
            "one argument twice in a rule: both have to hold",
            refusing(range),
            &inside,
        )
        .but(
            Way::Docker,
            super::lines(&everything),
            "runc makes a rule of each comparison where an index repeats, so that one has to hold",
        ),
    ]
}

const REFUSED: &str = "errno 77";

fn refused_where(
    arguments: impl IntoIterator<Item = u64>,
    holds: impl Fn(u64) -> bool,
) -> Vec<(String, String)> {
    arguments
        .into_iter()
        .map(|argument| {
            let result = if holds(argument) { REFUSED } else { "passed" };
            (format!("111,{argument:#x}"), result.to_owned())
        })
        .collect()
}

fn refusing(comparisons: Value) -> Profile {
    Profile::with_rules(json!([rule(comparisons)]))
}

fn rule(comparisons: Value) -> Value {
    json!({ "names": ["getpgrp"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77, "args": comparisons })
}

fn argument(index: u32, operator: &str, value: u64) -> Value {
    json!({ "index": index, "op": operator, "value": value })
}
