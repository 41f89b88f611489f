//! Real profiles: ours and, where it stands beside the checkout, a corpus of others'.

mod common;

use callgate_profile::write::{self, Document, Rule};
use callgate_profile::{ActionName, Options, Profile, Severity, builtin, parse};
use std::collections::BTreeSet;

/// One call under one rule: everything that decides, and no words.
type Fact = (String, String, Option<u64>, String, String);

fn profile(text: &str) -> Profile {
    let parsed = parse(text.as_bytes(), &Options::default());
    parsed.profile.expect("a profile")
}

fn facts(profile: &Profile) -> BTreeSet<Fact> {
    let document = Document::of(profile).expect("everything in it can be read");
    let mut facts = BTreeSet::new();
    for rule in &document.syscalls {
        let args: BTreeSet<String> = rule
            .args
            .iter()
            .map(|arg| {
                let value_two = arg.value_two.unwrap_or(0);
                format!("{} {} {} {value_two}", arg.index, arg.op, arg.value)
            })
            .collect();
        for name in &rule.names {
            facts.insert((
                name.clone(),
                rule.action.to_string(),
                rule.errno_ret,
                format!("{args:?}"),
                format!(
                    "{} unless {}",
                    conditions(rule.includes.as_ref()),
                    conditions(rule.excludes.as_ref())
                ),
            ));
        }
    }
    facts
}

fn conditions(conditions: Option<&write::Conditions>) -> String {
    let conditions = conditions.cloned().unwrap_or_default();
    let caps: BTreeSet<&String> = conditions.caps.iter().collect();
    let arches: BTreeSet<&str> = conditions.arches.iter().map(|arch| arch.as_str()).collect();
    format!("{caps:?} {arches:?} {:?}", conditions.min_kernel)
}

#[test]
fn the_docker_default_says_what_moby_says() {
    let Some(shared) = common::shared("the_docker_default_says_what_moby_says") else {
        return;
    };
    for (ours, moby) in [
        (builtin::DOCKER_DEFAULT, "moby-profiles-0.2.2-default.json"),
        (builtin::DOCKER_DEFAULT_28, "moby-28.3-default.json"),
        (builtin::DOCKER_DEFAULT_20_10, "moby-20.10-default.json"),
    ] {
        let moby = std::fs::read_to_string(shared.join("corpus").join(moby));
        says_the_same(&profile(ours), &profile(&moby.expect("the corpus has it")));
    }
}

fn says_the_same(ours: &Profile, moby: &Profile) {
    let (our_facts, moby_facts) = (facts(ours), facts(moby));
    let missing: Vec<_> = moby_facts.difference(&our_facts).collect();
    let extra: Vec<_> = our_facts.difference(&moby_facts).collect();
    assert!(missing.is_empty(), "missing: {missing:#?}");
    assert!(extra.is_empty(), "not in moby's: {extra:#?}");

    let head = |profile: &Profile| {
        let document = Document::of(profile).unwrap();
        let arch_map: BTreeSet<(String, BTreeSet<String>)> = document
            .arch_map
            .iter()
            .map(|entry| {
                let subs = entry.sub_architectures.iter();
                let subs = subs.map(ToString::to_string).collect();
                (entry.architecture.to_string(), subs)
            })
            .collect();
        (
            document.default_action,
            document.default_errno_ret,
            arch_map,
        )
    };
    assert_eq!(head(ours), head(moby));
}

#[test]
fn the_docker_default_is_in_order() {
    let parsed = parse(builtin::DOCKER_DEFAULT.as_bytes(), &Options::default());
    assert_eq!(parsed.problems, []);
    let profile = parsed.profile.unwrap();
    let mut seen = BTreeSet::new();
    for rule in profile.rules() {
        let comment = rule.comment.as_ref().expect("each group gives its reason");
        assert!(comment.value.ends_with('.'), "{}", comment.value);
        for call in rule.calls() {
            let unconditional =
                rule.includes.is_none() && rule.excludes.is_none() && rule.arguments().is_empty();
            let fresh = !unconditional || seen.insert(call.value.clone());
            assert!(fresh, "{} stands in two groups", call.value);
        }
    }
    // What it must hold, whatever its arrangement.
    for call in ["read", "execve", "exit_group", "chmod", "openat2"] {
        assert!(seen.contains(call), "{call}");
    }
    for call in [
        "unshare",
        "mount",
        "bpf",
        "clone",
        "io_uring_setup",
        "kexec_load",
    ] {
        assert!(!seen.contains(call), "{call}");
    }
}

#[test]
fn the_docker_default_is_written_as_we_write() {
    for text in [
        builtin::DOCKER_DEFAULT,
        builtin::DOCKER_DEFAULT_28,
        builtin::DOCKER_DEFAULT_20_10,
    ] {
        let document = Document::of(&profile(text)).unwrap();
        assert_eq!(document.to_json(), text);
    }
}

#[test]
fn built_in_profiles_have_references() {
    assert_eq!(
        builtin::by_name("docker:default"),
        Some(builtin::DOCKER_DEFAULT)
    );
    assert_eq!(builtin::by_name("docker"), None);
    assert!(builtin::names().all(|name| builtin::by_name(name).is_some()));
}

#[test]
fn every_profile_of_the_corpus_is_read_without_an_error() {
    let Some(shared) = common::shared("every_profile_of_the_corpus_is_read_without_an_error")
    else {
        return;
    };
    let mut read = 0;
    for entry in std::fs::read_dir(shared.join("corpus")).expect("the corpus is a folder") {
        let path = entry.expect("a folder can be listed").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read(&path).expect("a profile can be read");
        let parsed = parse(&text, &Options::default());
        let errors: Vec<_> = parsed
            .problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            // moby's fixture of conversion has an errno that no engine takes.
            .filter(|problem| !problem.message.starts_with("12345 is not an errno"))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        let profile = parsed.profile.expect("a profile");
        // What is read and written is read as the same.
        let document = Document::of(&profile).expect("everything in it can be read");
        let again = Document::of(&self::profile(&document.to_json()));
        assert_eq!(again.as_ref(), Some(&document), "{}", path.display());
        read += 1;
    }
    assert!(read >= 13, "{read} profiles");
}

#[test]
fn what_is_written_is_read_back() {
    let text = r#"{ "defaultAction": "SCMP_ACT_LOG", "defaultErrnoRet": 1, "defaultErrno": "EPERM",
        "architectures": ["SCMP_ARCH_X86"], "flags": [], "listenerPath": "/a\"b", "listenerMetadata": "m",
        "x-actions": { "x-a": { "answer": "SCMP_ACT_NOTIFY", "errnoRet": 2, "plugin": "p", "with": {"k": null}, "otherwise": "SCMP_ACT_TRAP" } },
        "syscalls": [ { "name": "write", "action": "x-a", "errno": "EPERM", "args": [ { "index": 1, "value": 2, "valueTwo": 3, "op": "SCMP_CMP_GE" } ],
                        "includes": { "minKernel": "4.8" }, "excludes": { "caps": ["CAP_CHOWN"], "arches": ["arm64"] } } ] }"#;
    let document = Document::of(&profile(text)).unwrap();
    let again = Document::of(&profile(&document.to_json())).unwrap();
    assert_eq!(again, document);
    assert_eq!(document.flags, Some(Vec::new()));

    let mut small = Document::new(ActionName::Errno);
    small
        .syscalls
        .push(Rule::new(ActionName::Allow, ["b", "a", "b"]));
    let expected = "{\n\t\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\t\"syscalls\": [\n\t\t{\n\t\t\t\"names\": [\n\t\t\t\t\"a\",\n\t\t\t\t\"b\"\n\t\t\t],\n\t\t\t\"action\": \"SCMP_ACT_ALLOW\"\n\t\t}\n\t]\n}\n";
    assert_eq!(small.to_json(), expected);
}

#[test]
fn a_profile_with_gaps_is_not_written() {
    let texts = [
        r#"{ "syscalls": [] }"#,
        r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [null] }"#,
        r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"] } ] }"#,
        r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": [1], "action": "SCMP_ACT_LOG" } ] }"#,
        r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": [], "action": "SCMP_ACT_LOG", "args": [{}] } ] }"#,
    ];
    for text in texts {
        assert_eq!(Document::of(&profile(text)), None, "{text}");
    }
}
