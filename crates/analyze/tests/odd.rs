//! Profiles that Docker takes without a word and reads otherwise than they look: each is told of, with its place.
//!
//! The documents are small and ours; which kinds there are was found by trying many on Docker.

use callgate_analyze::{Context, Standard};
use callgate_engines::{Target, read};
use callgate_profile::{Options, Problem, parse};

/// A document, and the code and the text of what is told of it.
struct Case {
    what: &'static str,
    target: &'static str,
    text: &'static str,
    code: &'static str,
    place: &'static str,
}

const fn case(
    what: &'static str,
    text: &'static str,
    code: &'static str,
    place: &'static str,
) -> Case {
    Case {
        what,
        target: "docker",
        text,
        code,
        place,
    }
}

const CASES: &[Case] = &[
    case(
        "a misspelt call",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgidd"],"action":"SCMP_ACT_ERRNO"}]}"#,
        "CG110",
        r#""getpgidd""#,
    ),
    case(
        "an unknown key for the comparisons",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","argz":[{"index":0,"value":7,"op":"SCMP_CMP_EQ"}]}]}"#,
        "CG103",
        r#""argz""#,
    ),
    case(
        "Podman's key for the errno",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","errno":"ENOSYS"}]}"#,
        "CG224",
        r#""ENOSYS""#,
    ),
    case(
        "errno zero",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","errnoRet":0}]}"#,
        "CG215",
        "0",
    ),
    case("nothing at all", "{}", "CG105", "{"),
    case(
        "a second action",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO"},{"names":["getpgid"],"action":"SCMP_ACT_KILL_PROCESS"}]}"#,
        "CG211",
        r#""getpgid""#,
    ),
    case(
        "an argument compared twice",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":3,"op":"SCMP_CMP_GE"},{"index":0,"value":5,"op":"SCMP_CMP_LE"}]}]}"#,
        "CG201",
        r#"{"index":0,"value":5,"op":"SCMP_CMP_LE"}"#,
    ),
    Case {
        what: "a flag that is none",
        target: "docker@20.10",
        text: r#"{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOUD"]}"#,
        code: "CG115",
        place: r#""SECCOMP_FILTER_FLAG_LOUD""#,
    },
    case(
        "a capability without its beginning",
        r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["SYS_NICE"]}}]}"#,
        "CG112",
        r#""SYS_NICE""#,
    ),
    case(
        "rules that a second key wipes",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO"}],"syscalls":[]}"#,
        "CG102",
        r#""syscalls""#,
    ),
    case(
        "a call in upper case",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["GETPGID"],"action":"SCMP_ACT_ERRNO"}]}"#,
        "CG110",
        r#""GETPGID""#,
    ),
    case(
        "a mask without bits",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":0,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]}]}"#,
        "CG207",
        "0",
    ),
    case(
        "a condition behind a rule without one",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO"},{"names":["getpgid"],"action":"SCMP_ACT_KILL_PROCESS","args":[{"index":0,"value":7,"op":"SCMP_CMP_EQ"}]}]}"#,
        "CG212",
        r#""getpgid""#,
    ),
    case(
        "a condition before a rule without one",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_KILL_PROCESS","args":[{"index":0,"value":7,"op":"SCMP_CMP_EQ"}]},{"names":["getpgid"],"action":"SCMP_ACT_ERRNO"}]}"#,
        "CG212",
        r#""getpgid""#,
    ),
    Case {
        what: "an errno for the default that is dropped",
        target: "docker@20.10",
        text: r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}"#,
        code: "CG216",
        place: "38",
    },
    case(
        "a rule for nothing",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_ERRNO"}]}"#,
        "CG109",
        "[]",
    ),
    case(
        "an errno that is zero in 16 bits",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","errnoRet":65536}]}"#,
        "CG215",
        "65536",
    ),
    case(
        "neither of two values",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":3,"op":"SCMP_CMP_NE"},{"index":0,"value":5,"op":"SCMP_CMP_NE"}]}]}"#,
        "CG202",
        r#"{"index":0,"value":5,"op":"SCMP_CMP_NE"}"#,
    ),
    case(
        "an unknown key for the rules",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscall":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO"}]}"#,
        "CG103",
        r#""syscall""#,
    ),
    case(
        "an arch included by another name",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","includes":{"arches":["x86_64"]}}]}"#,
        "CG113",
        r#""x86_64""#,
    ),
    case(
        "an arch excluded by another name",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","excludes":{"arches":["SCMP_ARCH_X86_64"]}}]}"#,
        "CG113",
        r#""SCMP_ARCH_X86_64""#,
    ),
];

#[test]
fn each_is_told_of_with_its_place() {
    assert_eq!(CASES.len(), 21);
    for case in CASES {
        let found = found(case);
        let mut here = found
            .iter()
            .filter(|problem| problem.code == case.code)
            .map(|problem| &case.text[problem.span.range()]);
        assert!(
            here.any(|text| text == case.place),
            "{}: {found:#?}",
            case.what
        );
    }
}

/// All that is told of a document, which the target takes.
fn found(case: &Case) -> Vec<Problem> {
    let target: Target = case.target.parse().expect("a target");
    let parsed = parse(case.text.as_bytes(), &Options::default());
    let profile = parsed.profile.expect("a profile");
    let resolved = read(&profile, &target)
        .unwrap_or_else(|refusal| panic!("{}: Docker takes it: {refusal}", case.what));
    let lints = Standard::new(target, Context::Container).lint(&profile, &resolved);
    let read = parsed.problems.into_iter();
    read.chain(resolved.problems).chain(lints).collect()
}
