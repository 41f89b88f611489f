//! The plugins asked by a tracer, where a profile's answer is `SCMP_ACT_TRACE`, and answers by which nobody is asked.
//!
//! Apart from a listener's, because the command is traced from its first call to its last.

use std::process::Command;

use super::{CALLGATE, Place, run, text};

/// A profile with one action, which is a plugin's, for these calls.
fn profile(place: &Place, calls: &str, action: &str) -> String {
    place.file(
        "profile.json",
        &format!(
            r#"{{ "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": {{ "x-it": {{ {action} }} }},
  "syscalls": [ {{ "names": [{calls}], "action": "x-it" }},
                {{ "names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO" }} ] }}"#
        ),
    )
}

#[test]
fn a_tracer_asks_in_the_whole_tree_of_processes() {
    let place = Place::new("traced");
    let profile = profile(
        &place,
        r#""mkdir", "mkdirat""#,
        r#""answer": "SCMP_ACT_TRACE", "plugin": "fault", "with": { "every": 3, "errno": "EIO" }"#,
    );
    let folder = place.folder.display();
    let words = format!(
        "cd {folder}; for at in 1 2 3 4 5 6 7; do sh -c \"mkdir $at 2>/dev/null || echo $at\"; done; exit 5"
    );
    let made = run(&["-p", &profile], &["sh", "-c", &words]);
    assert_eq!(text(&made.stdout), "3\n6\n", "{made:?}");
    assert_eq!(made.status.code(), Some(5), "{made:?}");
    assert_eq!(text(&made.stderr), "");
}

#[test]
fn a_listener_and_a_tracer_are_asked_side_by_side() {
    let place = Place::new("both");
    let profile = place.file(
        "profile.json",
        r#"{ "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": {
    "x-traced": { "answer": "SCMP_ACT_TRACE", "plugin": "explain", "with": { "errno": "EROFS" } },
    "x-asked": { "answer": "SCMP_ACT_NOTIFY", "plugin": "explain", "with": { "errno": "EDQUOT" } } },
  "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "x-traced" },
                { "names": ["symlink", "symlinkat"], "action": "x-asked" } ] }"#,
    );
    let folder = place.folder.display();
    let words = format!("cd {folder}; mkdir new; ln -s x new; true");
    let said = text(&run(&["-p", &profile], &["sh", "-c", &words]).stderr);
    for words in [
        "Read-only file system",
        "Disk quota exceeded",
        "denied mkdir",
        "denied symlink",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn an_answer_that_asks_no_plugin_is_refused_beforehand() {
    let place = Place::new("unasked");
    for (answer, plugin, words) in [
        ("SCMP_ACT_TRAP", "log", "asks the program itself"),
        ("SCMP_ACT_ERRNO", "log", "asks nobody"),
        ("SCMP_ACT_TRACE", "open", "plugin open gives descriptors"),
    ] {
        let action = format!(r#""answer": "{answer}", "plugin": "{plugin}""#);
        let profile = profile(&place, r#""openat""#, &action);
        let refused = run(&["-p", &profile], &["true"]);
        assert_eq!(refused.status.code(), Some(125), "{refused:?}");
        assert!(text(&refused.stderr).contains(words), "{refused:?}");
    }
}

#[test]
fn no_runtime_is_given_what_asks_a_tracer() {
    let place = Place::new("untraced");
    let action = r#""answer": "SCMP_ACT_TRACE", "plugin": "log""#;
    let profile = profile(&place, r#""openat""#, action);
    let exported = Command::new(CALLGATE)
        .args(["export", "oci", &profile, "--target", "runc@1.1.5"])
        .output()
        .expect("it starts");
    assert_eq!(exported.status.code(), Some(2), "{exported:?}");
    assert!(text(&exported.stderr).contains("no tracer"), "{exported:?}");
}
