//! The calls that findings show: the compiled filter answers each of them as the finding says.
//!
//! Apart from the examples of the lints, because here it is asked of the program and not of the profile's meaning.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use callgate_analyze::LINTS;
use serde_json::Value;

/// A call that a finding shows: `x86_64: socket(AF_ALG, 0x0, 0x0) gets allow`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shown {
    code: String,
    arch: String,
    call: String,
    action: String,
}

/// Who reads an example that does not say so.
const TARGETS: &[&str] = &[
    "--target callgate",
    "--target docker",
    "--target containerd",
];

#[test]
fn what_findings_show_is_what_the_filter_does() {
    let mut codes: HashSet<String> = HashSet::new();
    let mut confirmed = 0;
    for lint in LINTS {
        let Some(example) = lint
            .example
            .filter(|example| example.file.ends_with(".json"))
        else {
            continue;
        };
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("witnesses");
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{}.json", lint.id));
        fs::write(&path, example.wrong).expect("written");
        let own = [example.options];
        let all = match example.options.contains("--target") {
            true => &own[..],
            false => TARGETS,
        };
        for target in all {
            let options = format!("{target} {}", example.options);
            let options = Options::of(if all.len() == 1 { target } else { &options });
            let shown = options.shown(&path);
            confirmed += shown.len();
            options.confirm(&path, &shown);
            codes.extend(shown.into_iter().map(|shown| shown.code));
        }
    }
    assert!(codes.len() > 25, "{codes:?}");
    assert!(confirmed > 200, "{confirmed}");
}

#[test]
fn what_findings_about_real_profiles_show_is_what_the_filter_does() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let corpus = env::var_os("CALLGATE_SHARED").map_or(beside, PathBuf::from);
    let Ok(files) = fs::read_dir(corpus.join("corpus")) else {
        let test = "witnesses::what_findings_about_real_profiles_show_is_what_the_filter_does";
        return left_out::left_out(test, "../shared is not beside the checkout");
    };
    let mut confirmed = 0;
    for file in files {
        let path = file.expect("an entry").path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        for target in TARGETS {
            let options = Options::of(target);
            let shown = options.shown(&path);
            confirmed += shown.len();
            options.confirm(&path, &shown);
        }
    }
    assert!(confirmed > 100, "{confirmed}");
}

/// How the profile is read.
struct Options {
    /// What all verbs take.
    reading: Vec<String>,
    /// What `check` alone takes.
    context: Vec<String>,
}

impl Options {
    fn of(words: &str) -> Self {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let pairs = words.chunks(2).map(<[String]>::to_vec);
        let (context, mut reading): (Vec<_>, Vec<_>) =
            pairs.partition(|pair| pair[0] == "--context");
        if !reading.iter().any(|pair| pair[0] == "--native") {
            reading.push(vec!["--native".to_owned(), "x86_64".to_owned()]);
        }
        Self {
            reading: reading.concat(),
            context: context.concat(),
        }
    }

    /// The calls that the findings about a profile show.
    fn shown(&self, path: &Path) -> Vec<Shown> {
        let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
            .args(["check", "--format", "jsonl"])
            .args(&self.reading)
            .args(&self.context)
            .arg(path)
            .output()
            .expect("callgate runs");
        let text = String::from_utf8(output.stdout).expect("text");
        let mut shown = Vec::new();
        for line in text.lines().filter(|line| line.starts_with('{')) {
            let found: Value = serde_json::from_str(line).expect("JSON");
            for note in found["notes"].as_array().into_iter().flatten() {
                let note = note.as_str().expect("a text");
                let Some((arch, rest)) = note.split_once(": ") else {
                    continue;
                };
                // A note that compares two readers has more words.
                let said = rest.split_once(" gets ");
                let said = said.filter(|(_, action)| !action.contains(' ') && !arch.contains(' '));
                let Some((call, action)) = said else {
                    continue;
                };
                shown.push(Shown {
                    code: found["code"].as_str().expect("a code").to_owned(),
                    arch: arch.to_owned(),
                    call: call.to_owned(),
                    action: action.to_owned(),
                });
            }
        }
        shown
    }

    /// Asks the compiled filter about calls.
    fn confirm(&self, path: &Path, shown: &[Shown]) {
        if shown.is_empty() {
            return;
        }
        let calls: Vec<String> = shown
            .iter()
            .map(|shown| self.in_numbers(path, shown))
            .collect();
        let mut sim = Command::new(env!("CARGO_BIN_EXE_callgate"))
            .args(["sim", "--compiled", "--format", "jsonl", "--calls", "-"])
            .args(&self.reading)
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("callgate runs");
        let mut input = sim.stdin.take().expect("a pipe");
        input.write_all(calls.join("").as_bytes()).expect("written");
        drop(input);
        let output = sim.wait_with_output().expect("it ends");
        let text = String::from_utf8(output.stdout).expect("text");
        assert_eq!(text.lines().count(), shown.len(), "{shown:?}");
        for (shown, line) in shown.iter().zip(text.lines()) {
            let answer: Value = serde_json::from_str(line).expect("JSON");
            let action = answer["action"].as_str().expect("a name");
            let action = match answer["errno"].as_u64() {
                Some(errno) => format!("{action}({errno})"),
                None => action.to_owned(),
            };
            assert_eq!(action, shown.action, "{}: {shown:?}", path.display());
        }
    }

    /// A call as `sim` takes it: `x86_64 41 38 0 0 0 0 0`.
    fn in_numbers(&self, path: &Path, shown: &Shown) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_callgate"))
            .args(["explain", "--format", "json", "--arch", &shown.arch])
            .args(&self.reading)
            .arg(path)
            .arg(&shown.call)
            .output()
            .expect("callgate runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = String::from_utf8(output.stdout).expect("text");
        let verdict: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{shown:?}: {error}: {said}"));
        let args = verdict["args"].as_array().expect("a list");
        let args: Vec<String> = args.iter().map(Value::to_string).collect();
        format!("{} {} {}\n", shown.arch, verdict["nr"], args.join(" "))
    }
}
