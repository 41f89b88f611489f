//! What a document says arrives in the profile, with its place; and what is odd arrives as a fact.

use callgate_profile::{
    ActionName, ArchName, ConditionArch, FlagName, NullElement, OddKey, Oddity, OpName, Options,
    Profile, Shape, Span, Spanned, parse,
};
use callgate_syscalls::{Arch, Release};

const EVERYTHING: &str = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "defaultErrno": "ENOSYS",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_NATIVE"],
  "archMap": [],
  "flags": ["SECCOMP_FILTER_FLAG_LOG"],
  "listenerPath": "/run/a\u0067ent",
  "listenerMetadata": "é",
  "x-actions": { "x-ask": { "answer": "SCMP_ACT_NOTIFY", "plugin": "ask", "with": { "a": [1.5, "]"] }, "otherwise": "SCMP_ACT_KILL" } },
  "syscalls": [
    { "name": "read", "action": "SCMP_ACT_ALLOW" },
    { "comment": "why", "names": ["write", "writev"], "action": "x-ask", "errno": "1",
      "args": [ { "index": 5, "value": 18446744073709551615, "valueTwo": 3, "op": "SCMP_CMP_MASKED_EQ" } ],
      "includes": { "caps": ["CAP_CHOWN"], "arches": ["amd64"], "minKernel": "4.8" },
      "excludes": {} }
  ]
}"#;

fn profile(text: &str) -> Profile {
    let parsed = parse(text.as_bytes(), &Options::default());
    parsed.profile.expect("a profile")
}

/// Checks that the place of a field is where its text stands.
fn assert_place<T>(text: &str, field: &Spanned<T>, written: &str) {
    assert_eq!(&text[field.span.range()], written);
}

#[test]
fn every_field_arrives_with_its_place() {
    let text = EVERYTHING;
    let parsed = parse(text.as_bytes(), &Options::default());
    assert_eq!(parsed.problems, []);
    let profile = parsed.profile.unwrap();
    assert_eq!(profile.shape, Shape::Profile);
    assert_eq!(profile.span, Span::new(0, text.len()));

    let default = profile.default_action.as_ref().unwrap();
    assert_eq!(default.value, ActionName::Errno);
    assert_place(text, default, "\"SCMP_ACT_ERRNO\"");
    let errno = profile.default_errno_ret.as_ref().unwrap();
    assert_eq!(errno.value, 38);
    assert_place(text, errno, "38");
    assert_place(text, profile.default_errno.as_ref().unwrap(), "\"ENOSYS\"");

    let arches = profile.architectures.as_ref().unwrap();
    assert_place(text, arches, "[\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_NATIVE\"]");
    assert_eq!(arches.value[0].value, ArchName::Known(Arch::X86_64));
    assert_eq!(arches.value[1].value, ArchName::Native);
    assert_place(text, &arches.value[1], "\"SCMP_ARCH_NATIVE\"");
    assert!(profile.arch_map.as_ref().unwrap().value.is_empty());
    assert_eq!(
        profile.flags.as_ref().unwrap().value[0].value,
        FlagName::Log
    );
    let path = profile.listener_path.as_ref().unwrap();
    assert_eq!(path.value, "/run/agent");
    assert_place(text, path, "\"/run/a\\u0067ent\"");
    assert_eq!(profile.listener_metadata.as_ref().unwrap().value, "é");

    let ask = &profile.x_actions["x-ask"];
    assert_place(text, &ask.name, "\"x-ask\"");
    assert_eq!(ask.answer.as_ref().unwrap().value, ActionName::Notify);
    assert_eq!(ask.plugin.as_ref().unwrap().value, "ask");
    let with = ask.with.as_ref().unwrap();
    assert_eq!(with.value, serde_json::json!({ "a": [1.5, "]"] }));
    assert_place(text, with, r#"{ "a": [1.5, "]"] }"#);
    assert_eq!(ask.otherwise.as_ref().unwrap().value, ActionName::Kill);

    let [read, write] = profile.rules() else {
        panic!("two rules");
    };
    assert_place(
        text,
        read,
        r#"{ "name": "read", "action": "SCMP_ACT_ALLOW" }"#,
    );
    let calls: Vec<&str> = read.calls().map(|call| call.value.as_str()).collect();
    assert_eq!(calls, ["read"]);
    assert!(read.arguments().is_empty());
    assert_eq!(write.pointer(), "/syscalls/1");
    let calls: Vec<&str> = write.calls().map(|call| call.value.as_str()).collect();
    assert_eq!(calls, ["write", "writev"]);
    assert_place(text, write.calls().nth(1).unwrap(), "\"writev\"");
    assert_eq!(
        write.action.as_ref().unwrap().value,
        ActionName::Custom("x-ask".to_owned())
    );
    assert_eq!(write.comment.as_ref().unwrap().value, "why");
    assert_eq!(write.errno.as_ref().unwrap().value, "1");
    let [argument] = write.arguments() else {
        panic!("one argument");
    };
    assert_eq!(argument.index.as_ref().unwrap().value, 5);
    assert_eq!(argument.value.value.as_ref().unwrap().value, u64::MAX);
    assert_eq!(argument.value_two.as_ref().unwrap().value, 3);
    assert_eq!(argument.op.as_ref().unwrap().value, OpName::MaskedEq);
    let includes = write.includes.as_ref().unwrap();
    assert_place(text, &includes.caps[0], "\"CAP_CHOWN\"");
    assert_eq!(includes.arches[0].value, ConditionArch::Known(Arch::X86_64));
    let kernel = includes.min_kernel.as_ref().unwrap();
    assert_eq!(kernel.release, Some(Release::new(4, 8)));
    assert!(write.excludes.as_ref().unwrap().caps.is_empty());
}

#[test]
fn a_profile_in_a_config_has_a_longer_pointer() {
    let text = format!(r#"{{ "ociVersion": "1.2.0", "linux": {{ "seccomp": {EVERYTHING} }} }}"#);
    let profile = profile(&text);
    assert_eq!(profile.shape, Shape::OciConfig);
    assert_eq!(&text[profile.span.range()], EVERYTHING);
    assert_eq!(profile.rules().len(), 2);
    let last = &profile.rules()[1];
    assert_eq!(last.pointer(), "/linux/seccomp/syscalls/1");
}

#[test]
fn of_keys_that_are_not_as_usual_the_last_is_taken_and_named() {
    let text = r#"{ "DefaultAction": "SCMP_ACT_ERRNO", "syscalls": [ {}, { "action": "SCMP_ACT_LOG", "action": "SCMP_ACT_ALLOW" } ] }"#;
    let profile = profile(text);
    assert_eq!(
        profile.default_action.as_ref().unwrap().value,
        ActionName::Errno
    );
    let rule = &profile.rules()[1];
    assert_eq!(rule.action.as_ref().unwrap().value, ActionName::Allow);
    let place = |key: &str, nth: usize| {
        let (start, _) = text.match_indices(key).nth(nth).unwrap();
        Span::new(start, start + key.len())
    };
    let expected = [
        OddKey {
            rule: None,
            span: place("\"DefaultAction\"", 0),
            field: "defaultAction",
            oddity: Oddity::Case,
        },
        OddKey {
            rule: Some(1),
            span: place("\"action\"", 1),
            field: "action",
            oddity: Oddity::Duplicate(place("\"action\"", 0)),
        },
    ];
    assert_eq!(profile.odd_keys, expected);
}

#[test]
fn nulls_and_wrong_types_are_facts() {
    let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ null, { "names": [null, "read"], "args": [null] }, "read" ] }"#;
    let profile = profile(text);
    let null = |nth: usize, rule, list| {
        let (start, _) = text.match_indices("null").nth(nth).unwrap();
        NullElement {
            rule,
            span: Span::new(start, start + 4),
            list,
        }
    };
    assert_eq!(
        profile.null_elements,
        [
            null(0, Some(0), "syscalls"),
            null(1, Some(1), "names"),
            null(2, Some(1), "args"),
        ]
    );
    let mistyped = &profile.mistyped[0].problem;
    assert_eq!(mistyped.span.start, text.rfind("\"read\"").unwrap());
    // The rule keeps the index that it has in the text.
    let [rule] = profile.rules() else {
        panic!("one rule");
    };
    assert_eq!(rule.pointer(), "/syscalls/1");
}

#[test]
fn what_is_unknown_is_kept_as_written() {
    let text = r#"{ "defaultAction": "allow", "architectures": ["x86_64"], "flags": ["LOG"],
        "syscalls": [ { "names": ["chmodd"], "action": "x-no", "args": [ { "index": 9, "op": "EQ" } ], "includes": { "arches": ["vax"], "minKernel": "" } } ] }"#;
    let profile = profile(text);
    let unknown = |word: &str| word.to_owned();
    assert_eq!(
        profile.default_action.as_ref().unwrap().value,
        ActionName::Unknown(unknown("allow"))
    );
    let arches = &profile.architectures.as_ref().unwrap().value;
    assert_eq!(arches[0].value, ArchName::Unknown(unknown("x86_64")));
    let flags = &profile.flags.as_ref().unwrap().value;
    assert_eq!(flags[0].value, FlagName::Unknown(unknown("LOG")));
    let rule = &profile.rules()[0];
    assert_eq!(rule.calls().next().unwrap().value, "chmodd");
    let argument = &rule.arguments()[0];
    assert_eq!(argument.index.as_ref().unwrap().value, 9);
    assert!(argument.value.value.is_none());
    assert_eq!(
        argument.op.as_ref().unwrap().value,
        OpName::Unknown(unknown("EQ"))
    );
    let includes = rule.includes.as_ref().unwrap();
    assert_eq!(
        includes.arches[0].value,
        ConditionArch::Unknown(unknown("vax"))
    );
    let kernel = &includes.min_kernel.as_ref().unwrap().value;
    assert_eq!((kernel.written.as_str(), kernel.release), ("", None));
}
