//! Profiles that Docker takes without a word and reads otherwise than they look, and those that it refuses late and vaguely:
//! each is told of, with its place.
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

/// What Docker takes.
const TAKEN: &[Case] = &[
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
    case(
        "a key in another case, which only Go forgives",
        r#"{"DefaultAction":"SCMP_ACT_ALLOW","syscalls":[]}"#,
        "CG104",
        r#""DefaultAction""#,
    ),
];

/// What Docker does not take, and says no place of; or takes, and no container starts.
const REFUSED: &[Case] = &[
    case(
        "no default action",
        r#"{"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}"#,
        "CG106",
        "{",
    ),
    case(
        "an action without its beginning",
        r#"{"defaultAction":"allow"}"#,
        "CG106",
        r#""allow""#,
    ),
    case(
        "a misspelt action",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERNO"}]}"#,
        "CG106",
        r#""SCMP_ACT_ERNO""#,
    ),
    case(
        "a name beside names",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"getpgid","names":["getpid"],"action":"SCMP_ACT_ERRNO"}]}"#,
        "CG107",
        r#"["getpid"]"#,
    ),
    case(
        "arches beside a map of them",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":[]}]}"#,
        "CG107",
        r#"[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":[]}]"#,
    ),
    case(
        "an operator that there is not",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":7,"op":"=="}]}]}"#,
        "CG108",
        r#""==""#,
    ),
    case(
        "a comparison without an operator",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":7}]}]}"#,
        "CG108",
        "{",
    ),
    case(
        "a seventh argument",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":7,"op":"SCMP_CMP_EQ"}]}]}"#,
        "CG108",
        "6",
    ),
    case(
        "a value below zero",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]}]}"#,
        "CG108",
        "-1",
    ),
    case(
        "a value with a fraction",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1.5,"op":"SCMP_CMP_EQ"}]}]}"#,
        "CG108",
        "1.5",
    ),
    case(
        "a value between quotes",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":"7","op":"SCMP_CMP_EQ"}]}]}"#,
        "CG108",
        r#""7""#,
    ),
    case(
        "a comma after the last entry",
        r#"{"defaultAction":"SCMP_ACT_ALLOW",}"#,
        "CG101",
        ",",
    ),
    case(
        "a comment",
        "{\n// all\n\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
        "CG101",
        "// all",
    ),
    case(
        "a byte order mark",
        "\u{feff}{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
        "CG101",
        "\u{feff}",
    ),
    case(
        "a number in hexadecimal",
        r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":0x26}"#,
        "CG101",
        "0x26",
    ),
    case(
        "text behind the end",
        r#"{"defaultAction":"SCMP_ACT_ALLOW"} more"#,
        "CG101",
        "more",
    ),
    case(
        "an arch by another name",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["amd64"]}"#,
        "CG115",
        r#""amd64""#,
    ),
    case(
        "a notification without a listener",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_NOTIFY"}]}"#,
        "CG702",
        r#""SCMP_ACT_NOTIFY""#,
    ),
    case(
        "a release in three numbers",
        r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8.0"}}]}"#,
        "CG114",
        r#""4.8.0""#,
    ),
    case(
        "an errno that does not fit",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpgid"],"action":"SCMP_ACT_ERRNO","errnoRet":4096}]}"#,
        "CG116",
        "4096",
    ),
    case(
        "nothing is allowed",
        r#"{"defaultAction":"SCMP_ACT_ERRNO"}"#,
        "CG601",
        r#""SCMP_ACT_ERRNO""#,
    ),
    case(
        "everything kills",
        r#"{"defaultAction":"SCMP_ACT_KILL_PROCESS"}"#,
        "CG601",
        r#""SCMP_ACT_KILL_PROCESS""#,
    ),
    case(
        "no program can be started",
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["execve"],"action":"SCMP_ACT_ERRNO"}]}"#,
        "CG602",
        r#""execve""#,
    ),
];

#[test]
fn what_is_taken_is_told_of_with_its_place() {
    assert_eq!(TAKEN.len(), 22);
    for case in TAKEN {
        let (found, is_taken) = found(case);
        assert!(is_taken, "{}: Docker takes it: {found:#?}", case.what);
        holds(case, &found);
    }
}

#[test]
fn what_is_refused_has_its_place() {
    for case in REFUSED {
        let (found, _) = found(case);
        holds(case, &found);
    }
}

/// The problem of a case is there, at its place, and says why.
fn holds(case: &Case, found: &[Problem]) {
    let mut here = found.iter().filter(|problem| {
        let text = &case.text[problem.span.range()];
        problem.code == case.code && text == case.place && !problem.message.is_empty()
    });
    assert!(here.next().is_some(), "{}: {found:#?}", case.what);
}

/// All that is told of a document, and whether the target takes it.
fn found(case: &Case) -> (Vec<Problem>, bool) {
    let target: Target = case.target.parse().expect("a target");
    let parsed = parse(case.text.as_bytes(), &Options::default());
    let mut problems = parsed.problems;
    let Some(profile) = parsed.profile else {
        return (problems, false);
    };
    match read(&profile, &target) {
        Ok(resolved) => {
            let standard = Standard::new(target, Context::Container);
            problems.extend(standard.lint(&profile, &resolved));
            problems.extend(resolved.problems);
            (problems, true)
        }
        Err(refusal) => {
            problems.extend(refusal.problems);
            (problems, false)
        }
    }
}
