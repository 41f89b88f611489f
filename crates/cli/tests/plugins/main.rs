//! Plugin actions of real programs, answered by a real supervisor on the real kernel.
//!
//! Apart from the sessions, because files, sockets and time have a part in what happens.

#[path = "../../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

mod acting;
mod programs;
mod traced;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

/// A folder for one test, with a profile in it.
struct Place {
    folder: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("plugins")
            .join(name);
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self { folder }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    fn executable(&self, name: &str, text: &str) -> String {
        let script = self.file(name, text);
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&script, executable).expect("a mode");
        script
    }

    /// A profile whose action for these calls is a plugin's.
    fn profile(&self, calls: &str, action: &str) -> String {
        self.file(
            "profile.json",
            &format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": {{ "x-it": {{ "answer": "SCMP_ACT_NOTIFY", {action} }} }},
  "syscalls": [ {{ "names": [{calls}], "action": "x-it" }},
                {{ "names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO" }} ] }}"#
            ),
        )
    }
}

fn run(options: &[&str], command: &[&str]) -> Output {
    Command::new(CALLGATE)
        .arg("run")
        .args(options)
        .arg("--")
        .args(command)
        .output()
        .expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn explain_says_which_rule_denied() {
    let place = Place::new("explain");
    let profile = place.profile(
        r#""mkdir", "mkdirat""#,
        r#""plugin": "explain", "with": { "errno": "EROFS" }"#,
    );
    let made = run(
        &["-p", &profile],
        &["mkdir", &format!("{}/new", place.folder.display())],
    );
    let said = text(&made.stderr);
    assert!(said.contains("Read-only file system"), "{said}");
    assert!(
        said.contains("denied mkdir(") && said.contains("profile.json:3:"),
        "{said}"
    );
}

#[test]
fn log_records_the_call_and_lets_it_be() {
    let place = Place::new("log");
    let profile = place.profile(r#""openat""#, r#""plugin": "log""#);
    let file = place.file("seen", "seen\n");
    let read = run(&["-p", &profile], &["cat", &file]);
    assert_eq!(text(&read.stdout), "seen\n");
    let said = text(&read.stderr);
    assert!(
        said.contains("\"call\":\"openat\"") && said.contains(&format!("\"filename\":\"{file}\"")),
        "{said}"
    );
}

#[test]
fn fault_fails_each_third_call() {
    let place = Place::new("fault");
    let profile = place.profile(
        r#""mkdir", "mkdirat""#,
        r#""plugin": "fault", "with": { "every": 3, "errno": "EIO" }"#,
    );
    let folder = place.folder.display();
    let words =
        format!("cd {folder}; for at in 1 2 3 4 5 6 7; do mkdir $at 2>/dev/null || echo $at; done");
    let made = run(&["-p", &profile], &["sh", "-c", &words]);
    assert_eq!(text(&made.stdout), "3\n6\n", "{made:?}");
}

#[test]
fn rate_makes_calls_wait() {
    let place = Place::new("rate");
    let profile = place.profile(
        r#""mkdir", "mkdirat""#,
        r#""plugin": "rate", "with": { "per_second": 20 }"#,
    );
    let folder = place.folder.display();
    let begin = Instant::now();
    let made = run(
        &["-p", &profile],
        &["sh", "-c", &format!("cd {folder}; mkdir 1 2 3 4 5 6")],
    );
    // Five of them wait a twentieth of a second each.
    assert!(
        made.status.success() && begin.elapsed().as_millis() >= 250,
        "{made:?}"
    );
}

#[test]
fn an_external_plugin_answers() {
    if Command::new("python3").arg("--version").output().is_err() {
        return left_out::left_out(
            "plugins::an_external_plugin_answers",
            "python3 is not installed",
        );
    }
    let place = Place::new("external");
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/callgate-action-weekday");
    let plugin = format!("weekday={}", example.display());
    let profile = place.profile(
        r#""openat""#,
        r#""plugin": "weekday", "with": { "closed": true }"#,
    );
    let (plain, secret) = (
        place.file("plain", "plain\n"),
        place.file("secret", "secret\n"),
    );
    let options = ["-p", &profile, "--plugin", &plugin];
    let read = run(&options, &["cat", &plain, &secret]);
    assert_eq!(text(&read.stdout), "plain\n", "{read:?}");
    assert!(text(&read.stderr).contains("Permission denied"), "{read:?}");
}

#[test]
fn a_plugin_has_less_than_a_container() {
    let narrower = [
        "diff",
        "docker:default",
        "callgate:plugin",
        "--assert-subset",
    ];
    let narrower = Command::new(CALLGATE).args(narrower).output();
    assert_eq!(narrower.expect("it starts").status.code(), Some(0));
    let place = Place::new("narrow");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let script = place.executable(
        "connects",
        &format!(
            "#!/bin/bash\nread hello; (echo > /dev/tcp/127.0.0.1/{port}) 2>\"$0.said\"\necho '{{\"plugin\": \"v1\"}}'; read question; sleep 60"
        ),
    );
    let profile = place.profile(r#""mkdir""#, r#""plugin": "narrow""#);
    let plugin = format!("narrow={script}");
    let done = run(&["-p", &profile, "--plugin", &plugin], &["true"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let said = fs::read_to_string(format!("{script}.said")).expect("it ran");
    assert!(said.contains("Operation not permitted"), "{said}");
}

#[test]
fn a_plugin_that_dies_or_talks_nonsense_refuses() {
    let place = Place::new("nonsense");
    let profile = place.profile(
        r#""mkdir", "mkdirat""#,
        r#""plugin": "bad", "otherwise": "SCMP_ACT_ERRNO""#,
    );
    for (name, words) in [
        (
            "dies",
            "read hello; echo '{\"plugin\": \"v1\"}'; read question; exit 1",
        ),
        (
            "babbles",
            "read hello; echo '{\"plugin\": \"v1\"}'; read question; echo babble; sleep 60",
        ),
        (
            "lies",
            "read hello; echo '{\"plugin\": \"v1\"}'; read question; echo '{\"id\": 1, \"value\": \"x\"}'; sleep 60",
        ),
    ] {
        let script = place.executable(name, &format!("#!/bin/sh\n{words}\n"));
        let plugin = format!("bad={script}");
        let folder = format!("{}/new", place.folder.display());
        let made = run(&["-p", &profile, "--plugin", &plugin], &["mkdir", &folder]);
        assert!(
            text(&made.stderr).contains("Operation not permitted"),
            "{name}: {made:?}"
        );
        assert!(!Path::new(&folder).exists(), "{name}");
    }
}

#[test]
fn what_goes_around_a_plugin_is_refused_beforehand() {
    let place = Place::new("around");
    let profile = place.file(
        "profile.json",
        r#"{ "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": { "x-open": { "answer": "SCMP_ACT_NOTIFY", "plugin": "open", "with": { "read": ["usr"], "reed": [] } } },
  "syscalls": [ { "names": ["openat"], "action": "x-open" } ] }"#,
    );
    let refused = run(&["-p", &profile], &["true"]);
    assert_eq!(refused.status.code(), Some(125), "{refused:?}");
    assert!(
        text(&refused.stderr).contains("io_uring_setup"),
        "{refused:?}"
    );
    let settings = fs::read_to_string(&profile).expect("it is there");
    let settings = settings.replace("\"openat\"], \"action\": \"x-open\" }", "\"openat\"], \"action\": \"x-open\" }, { \"names\": [\"io_uring_setup\"], \"action\": \"SCMP_ACT_ERRNO\" }");
    fs::write(&profile, settings).expect("a file");
    let refused = run(&["-p", &profile], &["true"]);
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(125), "{refused:?}");
    assert!(
        said.contains("with/read/0: \"usr\" is not an absolute path"),
        "{said}"
    );
    assert!(
        said.contains("unknown key `reed`; known are read write"),
        "{said}"
    );
}

#[test]
fn two_actions_that_could_not_be_told_apart_are_refused_with_both_places() {
    let place = Place::new("two");
    let profile = |one: &str, two: &str, answer: &str| {
        place.file(
            "profile.json",
            &format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": {{ "x-one": {{ "answer": "SCMP_ACT_NOTIFY", "plugin": "log" }},
                 "x-two": {{ "answer": "{answer}", "plugin": "log" }} }},
  "syscalls": [ {{ "names": ["getpgid"], "action": "x-one" {one} }},
                {{ "names": ["getpgid"], "action": "x-two" {two} }} ] }}"#
            ),
        )
    };
    let first =
        |op: &str| format!(r#", "args": [ {{ "index": 0, "value": 7, "op": "SCMP_CMP_{op}" }} ]"#);
    let started = |profile: &str| run(&["-p", profile], &["true"]);
    for two in [String::new(), first("GE")] {
        let refused = started(&profile(&first("EQ"), &two, "SCMP_ACT_NOTIFY"));
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(125), "{said}");
        for words in [
            "`x-one` here",
            "`x-two` here",
            "profile.json:5:",
            "getpgid(0x7, ",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    // They exclude each other, or the kernel's order tells them apart.
    let any = String::new();
    for (one, two, answer) in [
        (&first("EQ"), &first("NE"), "SCMP_ACT_NOTIFY"),
        (&any, &any, "SCMP_ACT_TRACE"),
    ] {
        let runs = started(&profile(one, two, answer));
        assert_eq!(runs.status.code(), Some(0), "{runs:?}");
    }
}
