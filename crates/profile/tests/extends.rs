//! Profiles that name a base: what they and their bases say together, and where each part stands.
//!
//! Apart from the other readings, because here several texts are one document.

use callgate_profile::write::Document;
use callgate_profile::{Base, Bases, MOST_BASES, Options, Parsed, Span, codes, parse, parse_with};

/// The bases of a text, of files that are given as names and texts.
fn bases(text: &str, files: &[(&str, &str)]) -> Bases {
    Bases::find("mine", text.as_bytes(), &Options::default(), |name, _| {
        let file = files.iter().find(|(known, _)| *known == name);
        file.map(|(name, text)| Base {
            name: (*name).to_owned(),
            text: text.as_bytes().to_vec(),
        })
        .ok_or_else(|| "no such file".to_owned())
    })
}

fn read(text: &str, files: &[(&str, &str)]) -> Parsed {
    parse_with(text.as_bytes(), &Options::default(), &bases(text, files))
}

/// What a profile and its bases say together, as text without space.
fn together(text: &str, files: &[(&str, &str)]) -> String {
    let parsed = read(text, files);
    assert_eq!(parsed.problems, [], "{text}");
    let document = Document::of(&parsed.profile.expect("a profile")).expect("whole");
    document.to_json().split_whitespace().collect()
}

/// A problem as its code and the text at its place, of all texts one after the other.
fn problems(text: &str, files: &[(&str, &str)]) -> Vec<(&'static str, String, String)> {
    let found = bases(text, files);
    let others = found
        .texts()
        .iter()
        .map(|base| String::from_utf8_lossy(&base.text).into_owned());
    let all: Vec<String> = [text.to_owned()].into_iter().chain(others).collect();
    let all = all.join("\n");
    let problems = read(text, files).problems.into_iter();
    problems
        .map(|problem| {
            let place = all[problem.span.range()].to_owned();
            (problem.code, place, problem.message)
        })
        .collect()
}

const BASE: &str = r#"{
  "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
  "archMap": [ { "architecture": "SCMP_ARCH_X86_64" } ],
  "flags": ["SECCOMP_FILTER_FLAG_LOG"],
  "x-actions": { "x-no": { "answer": "SCMP_ACT_ERRNO", "errnoRet": 13 } },
  "syscalls": [
    { "names": ["read", "chmod"], "action": "SCMP_ACT_ALLOW", "comment": "files" },
    { "name": "clone", "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },
    { "names": ["clone"], "action": "x-no" }
  ]
}"#;

#[test]
fn rules_of_a_name_stand_for_those_of_the_base() {
    let text = r#"{ "x-extends": "base", "syscalls": [
        { "names": ["chmod", "clone"], "action": "x-no" }, { "names": ["write"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    let expected = r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"archMap":[{"architecture":"SCMP_ARCH_X86_64"}],
        "flags":["SECCOMP_FILTER_FLAG_LOG"],"x-actions":{"x-no":{"answer":"SCMP_ACT_ERRNO","errnoRet":13}},"syscalls":[
        {"names":["chmod","clone"],"action":"x-no"},{"names":["write"],"action":"SCMP_ACT_ALLOW"},
        {"comment":"files","names":["read"],"action":"SCMP_ACT_ALLOW"}]}"#;
    let expected: String = expected.split_whitespace().collect();
    assert_eq!(together(text, &[("base", BASE)]), expected);
}

#[test]
fn a_field_stands_for_the_bases() {
    let all = r#"{ "x-extends": "base", "defaultAction": "SCMP_ACT_LOG", "architectures": ["SCMP_ARCH_AARCH64"],
        "flags": [], "x-actions": { "x-no": { "answer": "SCMP_ACT_TRAP" } },
        "syscalls": [ { "names": ["read", "chmod", "clone"], "action": "x-no" } ] }"#;
    let expected = r#"{"defaultAction":"SCMP_ACT_LOG","architectures":["SCMP_ARCH_AARCH64"],"flags":[],
        "x-actions":{"x-no":{"answer":"SCMP_ACT_TRAP"}},"syscalls":[{"names":["chmod","clone","read"],"action":"x-no"}]}"#;
    let expected: String = expected.split_whitespace().collect();
    assert_eq!(together(all, &[("base", BASE)]), expected);

    let errno = r#"{ "x-extends": "base", "defaultErrnoRet": 1, "syscalls": [] }"#;
    let whole = together(errno, &[("base", BASE)]);
    assert!(
        whole.contains(r#""defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"#),
        "{whole}"
    );
}

#[test]
fn bases_have_bases() {
    let middle = r#"{ "x-extends": "base", "syscalls": [ { "names": ["chmod"], "action": "SCMP_ACT_TRAP" } ] }"#;
    let text = r#"{ "x-extends": "middle" }"#;
    let files = [("base", BASE), ("middle", middle)];
    assert_eq!(together(text, &files), together(middle, &files));
    let found = bases(text, &files);
    let names: Vec<&str> = found
        .texts()
        .iter()
        .map(|base| base.name.as_str())
        .collect();
    assert_eq!(names, ["middle", "base"]);
}

#[test]
fn a_problem_of_a_base_is_in_its_text() {
    let base = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": ["chmodd"], "action": "SCMP_ACT_ERRNO" } ] }"#;
    let middle = r#"{ "x-extends": "base", "why": 1 }"#;
    let text =
        r#"{ "x-extends": "middle", "syscalls": [ { "names": ["reed"], "action": "x-none" } ] }"#;
    let places: Vec<_> = problems(text, &[("base", base), ("middle", middle)])
        .into_iter()
        .map(|(code, place, _)| (code, place))
        .collect();
    let expected = [
        (codes::UNKNOWN_SYSCALL, "\"reed\""),
        (codes::CUSTOM_ACTION, "\"x-none\""),
        (codes::UNKNOWN_KEY, "\"why\""),
        (codes::UNKNOWN_SYSCALL, "\"chmodd\""),
    ];
    assert_eq!(
        places,
        expected.map(|(code, place)| (code, place.to_owned()))
    );
}

#[test]
fn a_base_that_is_not_there_is_told_where_it_is_named() {
    let expected = |place: &str, message: &str| {
        vec![(codes::EXTENDS, format!("\"{place}\""), message.to_owned())]
    };
    let text = r#"{ "x-extends": "gone" }"#;
    assert_eq!(
        problems(text, &[]),
        expected("gone", "the base `gone` can't be read: no such file")
    );
    let back = r#"{ "x-extends": "mine" }"#;
    assert_eq!(
        problems(
            r#"{ "x-extends": "back" }"#,
            &[("back", back), ("mine", text)]
        ),
        expected(
            "mine",
            "the base `mine` can't be read: mine would be its own base"
        )
    );
    let names: Vec<String> = (0..=MOST_BASES + 1).map(|at| format!("base{at}")).collect();
    let texts: Vec<String> = names
        .iter()
        .skip(1)
        .map(|next| format!(r#"{{ "x-extends": "{next}" }}"#))
        .collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(texts.iter().map(String::as_str))
        .collect();
    let text = r#"{ "x-extends": "base0" }"#;
    assert_eq!(
        problems(text, &files),
        expected(
            "base8",
            "the base `base8` can't be read: 8 bases in a row are the most"
        )
    );
}

#[test]
fn without_its_base_a_profile_says_that_it_has_one() {
    let text =
        r#"{ "x-extends": "base", "syscalls": [ { "names": ["chmod"], "action": "x-no" } ] }"#;
    let parsed = parse(text.as_bytes(), &Options::default());
    assert_eq!(parsed.problems, []);
    let profile = parsed.profile.expect("a profile");
    assert_eq!(profile.extends.as_ref().expect("named").value, "base");
    let written = Document::of(&profile).expect("whole").to_json();
    assert!(
        written.starts_with("{\n\t\"x-extends\": \"base\",\n\t\"syscalls\""),
        "{written}"
    );
}

#[test]
fn a_blank_base_is_empty_where_it_stands() {
    let own = br#"{ "x-extends": "base" }"#;
    for text in ["", " \n"] {
        let options = Options::default();
        let bases = Bases::find("own", own, &options, |_, _| {
            Ok(Base {
                name: "base".to_owned(),
                text: text.into(),
            })
        });
        let problems = parse_with(own, &options, &bases).problems;
        let empty = problems
            .iter()
            .find(|problem| problem.message == "the document is empty");
        let start = own.len() + 1;
        assert_eq!(
            empty.expect("said").span,
            Span::new(start, start + text.len())
        );
    }
}

#[test]
fn a_rule_is_pointed_at_in_its_own_text() {
    let rules = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" }, { "names": ["write"], "action": "SCMP_ACT_LOG" } ] }"#;
    let config = format!(r#"{{ "ociVersion": "1.0.2", "linux": {{ "seccomp": {rules} }} }}"#);
    let text = r#"{ "x-extends": "config.json", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_LOG" } ] }"#;
    let parsed = read(text, &[("config.json", &config)]);
    assert_eq!(parsed.problems, []);
    let profile = parsed.profile.expect("a profile");
    let pointers = profile.rules().iter().map(|rule| rule.value.pointer());
    assert_eq!(
        pointers.collect::<Vec<_>>(),
        ["/syscalls/0", "/linux/seccomp/syscalls/1"]
    );
}
