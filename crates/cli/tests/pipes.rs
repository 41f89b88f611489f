//! What a session at a terminal can't show: standard input, pipes that break, files that are written, a recording that is run.
//!
//! Apart from the sessions, because each of these needs a process that is watched while it runs.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn callgate(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callgate"));
    command.args(words);
    command
}

/// Runs it with this on standard input.
fn given(input: &[u8], words: &[&str]) -> Output {
    let mut child = callgate(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("callgate starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("callgate ends");
    writer.join().expect("the input is written");
    output
}

fn succeeded(output: Output) -> Vec<u8> {
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {words}", output.status);
    output.stdout
}

/// A folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn a_program_survives_every_form() {
    let compile = ["compile", "docker:default", "--native", "x86_64", "-o", "-"];
    let raw = succeeded(given(b"", &compile));
    let text = succeeded(given(&raw, &["dis", "-", "--native", "x86_64"]));
    let again = succeeded(given(&text, &["dis", "-", "--native", "x86_64"]));
    assert_eq!(text, again);
    let as_text = [&compile[..], &["--as", "text"]].concat();
    assert_eq!(succeeded(given(b"", &as_text)), text);
}

#[test]
fn weights_shorten_the_way_to_what_is_counted() {
    let file = folder("weights").join("filter.bpf");
    let path = file.to_str().expect("a path");
    let steps = |counts: &[u8]| {
        let compile = ["compile", "docker:default", "--native", "x86_64"];
        let options = ["--kernel", "5.10", "--weights", "-", "-o", path];
        succeeded(given(counts, &[&compile[..], &options].concat()));
        let sim = ["sim", path, "--native", "x86_64", "--calls", "-"];
        let answer = succeeded(given(
            b"x86_64 acct",
            &[&sim[..], &["--format", "jsonl"]].concat(),
        ));
        let answer = String::from_utf8(answer).expect("text");
        let (_, steps) = answer.split_once("\"steps\":").expect("steps");
        let steps = steps.trim_end().trim_end_matches('}');
        steps.parse::<u32>().expect("a number")
    };
    let (rare, frequent) = (steps(b"{\"read\": 1000}"), steps(b"{\"acct\": 1000}"));
    assert!(frequent < rare, "{frequent} and {rare} steps");
}

#[test]
fn one_of_two_filters_comes_from_standard_input() {
    let profile = fs::read("tests/profiles/no-prctl.json").expect("a profile");
    for words in [
        ["prove", "-", "tests/profiles/no-prctl-no-x32.bpf"],
        ["prove", "tests/profiles/no-prctl.json", "-"],
    ] {
        let words = [&words[..], &["--native", "x86_64"]].concat();
        let answer = succeeded(given(&profile, &words));
        assert!(answer.starts_with(b"equal: "), "{words:?}");
    }
}

#[test]
fn a_profile_comes_from_standard_input() {
    let profile = fs::read("tests/profiles/no-x25.json").expect("a profile");
    let calls = "tests/profiles/calls.txt";
    let from_stdin = given(
        &profile,
        &["sim", "-", "--native", "x86_64", "--calls", calls],
    );
    let from_file = given(
        b"",
        &[
            "sim",
            "tests/profiles/no-x25.json",
            "--native",
            "x86_64",
            "--calls",
            calls,
        ],
    );
    assert_eq!(succeeded(from_stdin), succeeded(from_file));
}

#[test]
fn the_program_answers_as_the_profile_does() {
    let words = [
        "sim",
        "docker:default",
        "--native",
        "x86_64",
        "--all-calls",
        "--format",
        "jsonl",
    ];
    let meaning = succeeded(given(b"", &words));
    let program = succeeded(given(b"", &[&words[..], &["--compiled"]].concat()));
    let (meaning, program) = (
        String::from_utf8_lossy(&meaning),
        String::from_utf8_lossy(&program),
    );
    assert!(meaning.lines().count() > 1000);
    assert_eq!(meaning.lines().count(), program.lines().count());
    for (one, two) in meaning.lines().zip(program.lines()) {
        let answer = one.trim_end_matches('}');
        assert!(
            two.starts_with(answer) && two.contains("\"steps\":"),
            "{one} {two}"
        );
    }
}

#[test]
fn who_waits_for_an_answer_gets_it() {
    let mut child = callgate(&["sim", "docker:default", "--calls", "-", "--format", "jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("callgate starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    for nr in [0, 1, 2] {
        writeln!(stdin, "x86_64 {nr}").expect("written");
        let mut answer = String::new();
        stdout.read_line(&mut answer).expect("an answer");
        assert!(answer.contains(&format!("\"nr\":{nr},")), "{answer}");
    }
    drop(stdin);
    assert!(child.wait().expect("callgate ends").success());
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let mut child = callgate(&["sim", "docker:default", "--all-calls", "--arch", "all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("callgate starts");
    let mut first = [0];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut first).expect("an answer");
    drop(stdout);
    let output = child.wait_with_output().expect("callgate ends");
    assert!(output.status.success(), "{}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = folder("whole");
    let file = folder.join("filter.bpf");
    let path = file.to_str().expect("a path");
    succeeded(given(b"", &["compile", "docker:default", "-o", path]));
    let whole = fs::read(&file).expect("a program");
    assert!(!whole.is_empty() && whole.len().is_multiple_of(8));
    let refused = given(b"", &["compile", "tests/profiles/broken.json", "-o", path]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read(&file).expect("the same program"), whole);
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
}

#[test]
fn a_recorded_command_runs_under_its_profile_and_not_without_a_call_of_it() {
    let folder = folder("recorded");
    let file = folder.join("whoami.json");
    let path = file.to_str().expect("a path");
    let plain = Command::new("whoami").output().expect("whoami starts");
    let recorded = given(b"", &["record", "-o", path, "--", "whoami"]);
    let calls = String::from_utf8_lossy(&recorded.stderr).into_owned();
    assert_eq!(succeeded(recorded), plain.stdout);
    assert!(
        calls.contains("geteuid") && calls.contains("execve"),
        "{calls}"
    );
    assert_eq!(
        succeeded(given(b"", &["run", "-p", path, "--", "whoami"])),
        plain.stdout
    );
    let profile = fs::read_to_string(&file).expect("a profile");
    fs::write(&file, profile.replace("\"geteuid\"", "\"getpgid\"")).expect("written");
    let without = given(b"", &["run", "-p", path, "--", "whoami"]);
    assert_ne!(without.status.code(), Some(0));
}

#[test]
fn a_program_of_an_arch_that_the_profile_lacks_is_refused_beforehand() {
    // The header of a static i386 program, which is looked at and never started, and a script that names it.
    let mut header = [0_u8; 84];
    header[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    header[16..20].copy_from_slice(&[2, 0, 3, 0]);
    header[20] = 1;
    header[28] = 52;
    header[40] = 52;
    header[42] = 32;
    header[44] = 1;
    header[52] = 1;
    let folder = folder("i386");
    let (program, script) = (folder.join("program"), folder.join("script"));
    fs::write(&program, header).expect("written");
    fs::write(&script, format!("#!{}\n", program.display())).expect("written");
    for file in [&program, &script] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(file, mode).expect("executable");
        let path = file.to_str().expect("a path");
        let words = [
            "run",
            "-p",
            "tests/profiles/no-x25.json",
            "--native",
            "x86_64",
            "--",
            path,
        ];
        let output = given(b"", &words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(126), "{said}");
        assert!(said.contains("a 32-bit x86 program"), "{said}");
        assert!(said.contains("SCMP_ARCH_X86 "), "{said}");
        assert!(said.contains("tests/profiles/no-x25.json:3:19"), "{said}");
    }
}

#[test]
fn a_folder_with_a_profile_that_is_not_read_is_not_clean() {
    let folder = folder("unread");
    let path = folder.to_str().expect("a path");
    let good = fs::read("tests/profiles/deny.json").expect("a profile");
    fs::write(folder.join("good.json"), &good).expect("written");
    fs::write(folder.join("other.json"), "{}").expect("written");
    succeeded(given(b"", &["check", path, "--exit-zero"]));
    let long = [&good[..], &[b' '; 4096]].concat();
    fs::write(folder.join("long.json"), long).expect("written");
    let limited = given(b"", &["check", path, "--max-size", "1K"]);
    let said = String::from_utf8_lossy(&limited.stderr).into_owned();
    assert_eq!(limited.status.code(), Some(2), "{said}");
    assert!(said.contains("long.json: "), "{said}");
    succeeded(given(b"", &["check", path, "--exit-zero"]));
    std::os::unix::fs::symlink("nowhere", folder.join("link.json")).expect("a link");
    let broken = given(b"", &["check", path, "--exit-zero"]);
    let said = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert_eq!(broken.status.code(), Some(2), "{said}");
    assert!(said.contains("link.json: no such file"), "{said}");
}

#[test]
fn a_script_without_its_interpreter_is_named() {
    let script = folder("script").join("script");
    fs::write(&script, "#!/nowhere/interpreter\n").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&script, mode).expect("executable");
    let path = script.to_str().expect("a path");
    let output = given(b"", &["run", "--", path]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(127), "{said}");
    let expected = "can't start without its interpreter: /nowhere/interpreter: no such file";
    assert!(said.contains(&format!("{path} {expected}")), "{said}");
}
