//! Filters in force, on the real kernel: a process under filters is read back, and what it has is held against what it was given.
//!
//! Apart from the sessions, because a process has to live meanwhile, and reading its filters is a privilege.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

#[path = "support/sleeper.rs"]
mod sleeper;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use callgate_load::{Mode, Privileged, ProcessState};
use sleeper::Sleeper;

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

/// Why no filter can be read here; none where it can.
fn lacking() -> Option<&'static str> {
    let free = ProcessState::of(std::process::id()).is_ok_and(|state| state.mode == Mode::Disabled);
    match (Privileged::assert(), free) {
        (Err(_), _) => Some("reading filters needs CAP_SYS_ADMIN"),
        (Ok(_), false) => Some("reading filters needs a reader without a filter"),
        (Ok(_), true) => None,
    }
}

/// A process that sleeps under filters, the first given the oldest.
fn under(profiles: &[&str]) -> Sleeper {
    with(&[], profiles, &[])
}

/// The same, started by this command, and each filter with these options.
fn with(before: &[&str], profiles: &[&str], options: &[&str]) -> Sleeper {
    let mut words = before.to_vec();
    for profile in profiles {
        words.extend([CALLGATE, "run", "-p", profile]);
        words.extend(options);
        words.push("--");
    }
    Sleeper::of(Command::new(words[0]).args(&words[1..]))
}

fn callgate(words: &[&str]) -> Output {
    Command::new(CALLGATE)
        .args(words)
        .output()
        .expect("it starts")
}

/// What it prints, and its status.
fn answer(words: &[&str]) -> (Option<i32>, String) {
    let output = callgate(words);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8(text).expect("text").trim_end().to_owned(),
    )
}

fn profile(name: &str, text: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("live");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(name);
    fs::write(&file, text).expect("written");
    file.to_str().expect("a path").to_owned()
}

/// Allows everything but a call, which gets an errno.
fn without(name: &str, call: &str, errno: u16) -> String {
    profile(
        name,
        &format!(
            r#"{{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls":
                [{{"names": ["{call}"], "action": "SCMP_ACT_ERRNO", "errnoRet": {errno}}}]}}"#
        ),
    )
}

#[test]
fn what_was_loaded_is_what_was_said_until_the_profile_changes() {
    if let Some(reason) = lacking() {
        return left_out::left_out(
            "live::what_was_loaded_is_what_was_said_until_the_profile_changes",
            reason,
        );
    }
    let file = without("edited.json", "acct", 1);
    let sleeper = under(&[&file]);
    let verify = ["verify", &file, "--pid", &sleeper.pid];
    let (status, text) = answer(&verify);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.starts_with("equal: "), "{text}");
    without("edited.json", "acct", 38);
    let (status, text) = answer(&verify);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("acct("), "{text}");
    assert!(text.contains("said    errno ENOSYS"), "{text}");
    assert!(text.contains("loaded  errno EPERM"), "{text}");
}

#[test]
fn several_filters_are_one_meaning() {
    if let Some(reason) = lacking() {
        return left_out::left_out("live::several_filters_are_one_meaning", reason);
    }
    // Of equal actions the newest filter's data counts, which the other order shows.
    let [older, newer] =
        [("older.json", 1), ("newer.json", 38)].map(|(name, errno)| without(name, "acct", errno));
    let sleeper = under(&[&older, &newer]);
    let reference = format!("pid:{}", sleeper.pid);
    let (status, text) = answer(&["verify", &older, "--layer", &newer, "--pid", &sleeper.pid]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("2 filters"), "{text}");
    let (status, text) = answer(&["verify", &newer, "--layer", &older, "--pid", &sleeper.pid]);
    assert_eq!(status, Some(1), "{text}");
    let (status, text) = answer(&["prove", &newer, &reference]);
    assert_eq!(status, Some(0), "{text}");
    let (status, text) = answer(&["diff", &older, &reference]);
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("sideways  errno EPERM -> errno ENOSYS  acct("),
        "{text}"
    );
    let one = profile("one.bpf", "");
    let compile = ["compile", &reference, "--native", "x86_64", "-o", &one];
    let (status, text) = answer(&compile);
    assert_eq!(status, Some(0), "{text}");
    let (status, text) = answer(&["prove", &one, &reference]);
    assert_eq!(status, Some(0), "{text}");
    let steps = |filter: &str| -> u64 {
        let sim = [
            "sim",
            filter,
            "--all-calls",
            "--arch",
            "x86_64",
            "--format",
            "jsonl",
        ];
        let (_, text) = answer(&sim);
        text.lines()
            .map(|line| -> u64 {
                let (_, steps) = line.rsplit_once("\"steps\":").expect("programs were run");
                steps.trim_end_matches('}').parse().expect("a number")
            })
            .sum()
    };
    let (together, apart) = (steps(&one), steps(&reference));
    assert!(together < apart, "{together} steps, and {apart} in two");
    let (_, text) = answer(&["dis", &reference]);
    for part in ["filter 1 of 2", "filter 2 of 2"] {
        assert!(text.contains(part), "{text}");
    }
    let (status, text) = answer(&["explain", &reference, "acct", "--native", "x86_64"]);
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.contains("because  pid:") && text.contains("filter 2"),
        "{text}"
    );
    let (status, text) = answer(&["sim", &reference, "--all-calls", "--arch", "x86_64"]);
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.lines()
            .any(|line| line.starts_with("errno ENOSYS") && line.contains("acct(")),
        "{text}"
    );
}

#[test]
fn the_kernel_lets_the_newest_data_count() {
    let file = profile("file", "");
    let refusing = |name: &str, errno: u16| {
        profile(
            name,
            &format!(
                r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{"names": ["chmod", "fchmodat", "fchmodat2"],
                    "action": "SCMP_ACT_ERRNO", "errnoRet": {errno}}}]}}"#
            ),
        )
    };
    let (busy, fault) = (refusing("busy.json", 16), refusing("perm.json", 1));
    for (older, newer, words, name) in [
        (&busy, &fault, "Operation not permitted", "errno EPERM"),
        (&fault, &busy, "Device or resource busy", "errno EBUSY"),
    ] {
        let run = ["run", "-p", older, "--", CALLGATE, "run", "-p", newer];
        let (status, text) = answer(&[&run[..], &["--", "chmod", "600", &file]].concat());
        assert_eq!(status, Some(1), "{text}");
        assert!(text.contains(words), "{text}");
        let (_, text) = answer(&[
            "explain", older, "--layer", newer, "chmod", "--native", "x86_64",
        ]);
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn a_process_becomes_a_profile_again() {
    if let Some(reason) = lacking() {
        return left_out::left_out("live::a_process_becomes_a_profile_again", reason);
    }
    let given = without("given.json", "acct", 77);
    let sleeper = under(&[&given]);
    let reference = format!("pid:{}", sleeper.pid);
    let file = profile("exported.json", "");
    let arch = ["--arch", "x86_64,x86", "--native", "x86_64"];
    let export = ["export", "docker", &reference, "-o", &file];
    let (status, text) = answer(&[&export[..], &arch].concat());
    assert_eq!(status, Some(0), "{text}");
    let written = fs::read_to_string(&file).expect("written");
    assert!(written.contains("\"errnoRet\": 77"), "{written}");
    // It is what another process can be started with.
    let again = under(&[&file]);
    let (status, text) = answer(&["verify", &given, "--pid", &again.pid]);
    assert_eq!(status, Some(0), "{text}");
}

#[test]
fn what_has_no_filter_says_so() {
    if let Some(reason) = lacking() {
        return left_out::left_out("live::what_has_no_filter_says_so", reason);
    }
    let mut sleep = Command::new("sleep").arg("600").spawn().expect("it starts");
    let reference = format!("pid:{}", sleep.id());
    let (status, text) = answer(&["dis", &reference]);
    assert_eq!(
        (status, text),
        (
            Some(3),
            format!(
                "callgate: {reference}: the process has no filter, its seccomp mode is disabled"
            )
        )
    );
    sleep.kill().expect("it lives");
    sleep.wait().expect("a child");
    let (status, text) = answer(&["dis", &reference]);
    assert_eq!(
        (status, text),
        (Some(3), format!("callgate: {reference}: no such process"))
    );
}

#[test]
fn processes_with_what_is_known_of_their_filters() {
    if let Some(reason) = lacking() {
        return left_out::left_out(
            "live::processes_with_what_is_known_of_their_filters",
            reason,
        );
    }
    let other = without("other.json", "acct", 1);
    let sleeper = under(&["docker:default", &other]);
    let (status, text) = answer(&["ps", &sleeper.pid]);
    assert_eq!(status, Some(0), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].contains("filter "), "{text}");
    assert!(
        lines[1].ends_with(" instructions, docker:default for callgate"),
        "{text}"
    );
    assert!(lines[2].ends_with(" instructions"), "{text}");
    // A profile that was read for other capabilities is known by those that the process has.
    let bare = with(
        &["setpriv", "--bounding-set=-all"],
        &["docker:default"],
        &["--caps=none"],
    );
    let (_, text) = answer(&["ps", &bare.pid]);
    assert!(
        text.trim_end()
            .ends_with(" instructions, docker:default for callgate, for its capabilities"),
        "{text}"
    );
    // A profile of the user's own is known when it is named.
    let (_, text) = answer(&["ps", &sleeper.pid, "--known", &other]);
    let name = format!(" instructions, {other} for callgate");
    assert!(text.trim_end().ends_with(&name), "{text}");
    // In the list of all, it is one among others.
    let (_, text) = answer(&["ps", "--format", "json"]);
    assert!(
        text.contains(&format!("\"pid\": {},", sleeper.pid)),
        "{text}"
    );
    let pid = std::process::id().to_string();
    let (_, text) = answer(&["ps", &pid]);
    assert!(
        text.lines()
            .last()
            .is_some_and(|line| line.ends_with("disabled        0  -")),
        "{text}"
    );
}

#[test]
fn a_reader_with_a_filter_says_why_it_can_not_read() {
    if let Some(reason) = lacking() {
        return left_out::left_out(
            "live::a_reader_with_a_filter_says_why_it_can_not_read",
            reason,
        );
    }
    let other = without("reader.json", "acct", 1);
    let sleeper = under(&[&other]);
    let under = ["run", "-p", &other, "--", CALLGATE];
    let (status, text) = answer(&[&under[..], &["ps", &sleeper.pid]].concat());
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("not read: "), "{text}");
    let reference = format!("pid:{}", sleeper.pid);
    let (status, text) = answer(&[&under[..], &["dis", &reference]].concat());
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("CAP_SYS_ADMIN"), "{text}");
}

#[test]
fn a_container_that_nobody_knows_names_who_was_asked() {
    let (status, text) = answer(&["dis", "container:no-such-container-anywhere"]);
    assert_eq!(status, Some(3), "{text}");
    for asked in ["docker", "podman", "runc", "crun"] {
        assert!(text.contains(&format!("help: `{asked}")), "{text}");
    }
}
