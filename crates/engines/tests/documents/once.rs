//! One fault, one report: what an engine refuses for the parser's reason it tells in the parser's words, at the parser's place.
//!
//! Apart from the engines' own cases, because this holds between two crates, and for every engine.

use callgate_engines::{Target, read};
use callgate_profile::{Options, Problem, parse};

fn rule(fields: &str) -> String {
    format!(r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {{ {fields} }} ] }}"#)
}

#[test]
fn what_parser_and_engine_both_find_is_the_same() {
    let arg = |arg: &str| {
        rule(&format!(
            r#""names": ["chmod"], "action": "SCMP_ACT_TRAP", "args": [ {arg} ]"#
        ))
    };
    for text in [
        "{}".to_owned(),
        r#"{ "syscalls": [ { "names": ["chmod"], "action": "SCMP_ACT_TRAP" } ] }"#.to_owned(),
        r#"{ "defaultAction": 5 }"#.to_owned(),
        r#"{ "defaultAction": "SCMP_ACT_ALOW" }"#.to_owned(),
        r#"{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 5000 }"#.to_owned(),
        r#"{ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 70000 }"#.to_owned(),
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ null ] }"#.to_owned(),
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"] }"#.to_owned(),
        r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "archMap": [ { "architecture": "SCMP_ARCH_X86" } ] }"#.to_owned(),
        rule(r#""names": ["chmod"]"#),
        rule(r#""names": ["chmod"], "action": 5"#),
        rule(r#""names": ["chmod"], "action": "SCMP_ACT_TARP""#),
        rule(r#""names": ["chmod"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096"#),
        rule(r#""names": ["chmod"], "name": "chown", "action": "SCMP_ACT_TRAP""#),
        rule(r#""names": ["chmod"], "action": "SCMP_ACT_TRAP", "includes": { "minKernel": "four" }"#),
        arg("null"),
        arg(r#"{ "index": 0, "value": 1 }"#),
        arg(r#"{ "index": -1, "value": 1, "op": "SCMP_CMP_EQ" }"#),
        arg(r#"{ "index": 6, "value": 1, "op": "SCMP_CMP_EQ" }"#),
        arg(r#"{ "index": 0, "value": 1, "op": "SCMP_CMP_EG" }"#),
    ] {
        let parsed = parse(text.as_bytes(), &Options::default());
        let profile = parsed.profile.as_ref().expect("a profile");
        let key = |problem: &Problem| (problem.code, problem.span, problem.message.clone());
        let known: Vec<_> = parsed.problems.iter().map(key).collect();
        for engine in ["callgate", "docker@28"] {
            let target: Target = engine.parse().expect("a target");
            let found = match read(profile, &target) {
                Ok(resolved) => resolved.problems,
                Err(refusal) => refusal.problems,
            };
            assert!(!found.is_empty(), "{engine}: {text}");
            for problem in found {
                assert!(known.contains(&key(&problem)), "{engine}: {text}: {problem:?}");
            }
        }
    }
}
