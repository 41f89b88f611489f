//! The schema in the documentation is what the tables of the reader say, and a validator of other people's agrees with the reader.
//!
//! `SNAPSHOTS=overwrite cargo test -p callgate-cli --test schema` writes it anew; read the difference before you keep it.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which two functions are used"
)]
mod left_out;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::{Value, json};

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/profile.schema.json"
);

#[test]
fn the_page_is_fresh() {
    let made = Command::new(env!("CARGO_BIN_EXE_callgate"))
        .arg("schema")
        .output();
    let made = made.expect("callgate runs");
    assert!(made.status.success());
    let made = String::from_utf8(made.stdout).expect("text");
    if env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(PAGE, &made).expect("written");
    }
    let kept = fs::read_to_string(PAGE).expect("the page is there");
    assert!(
        made == kept,
        "docs/profile.schema.json is not what `callgate schema` prints"
    );
}

/// Reads documents, one a line, and says of each whether it fits the schema, and why not.
const VALIDATE: &str = "
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    print(json.dumps([error.message[:200] for error in validator.iter_errors(json.loads(line))]))
";

/// What the validator says of documents; none where it is not installed.
fn validated(documents: &[Value]) -> Option<Vec<Vec<String>>> {
    let there = Command::new("python3")
        .args(["-c", "import jsonschema"])
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut child = Command::new("python3")
        .args(["-c", VALIDATE, PAGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let lines: Vec<String> = documents.iter().map(Value::to_string).collect();
    let writer = std::thread::spawn(move || pipe.write_all((lines.join("\n") + "\n").as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("written");
    assert!(output.status.success(), "the schema is none");
    let text = String::from_utf8(output.stdout).expect("text");
    let answers: Vec<Vec<String>> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a list"))
        .collect();
    assert_eq!(answers.len(), documents.len());
    Some(answers)
}

fn profiles_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    paths.sort();
    paths
}

/// Profiles that the schema does not take, and why: it is right about each.
const NOT_TAKEN: [&str; 2] = [
    // A whole config.json, of which the profile is a part.
    "oci-config.json",
    // An errno of 12345, with which no runtime starts.
    "moby-fixture-example.json",
];

#[test]
fn real_profiles_fit_the_schema() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/profiles");
    let mut paths = profiles_of(&ours);
    match left_out::shared() {
        Some(folder) => paths.extend(profiles_of(&folder.join("corpus"))),
        None => left_out::left_out(
            "schema::real_profiles_fit_the_schema",
            "../shared is not beside the checkout",
        ),
    }
    let read =
        |path: &PathBuf| serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON");
    let documents: Vec<Value> = paths.iter().map(read).collect();
    let Some(answers) = validated(&documents) else {
        return left_out::left_out(
            "schema::real_profiles_fit_the_schema",
            "python3 has no jsonschema",
        );
    };
    for (path, answer) in paths.iter().zip(answers) {
        let name = path.file_name().expect("a name").to_string_lossy();
        let taken = !NOT_TAKEN.contains(&&*name);
        assert_eq!(answer.is_empty(), taken, "{name}: {answer:?}");
    }
}

/// Every document that is broken is seen by the schema and by the reader; the first is whole.
#[test]
fn broken_documents_do_not() {
    let whole = json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 38,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_NATIVE"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "x-actions": { "x-later": { "answer": "SCMP_ACT_ERRNO", "errnoRet": 11 } },
        "syscalls": [{
            "names": ["kill"], "action": "x-later", "comment": null, "args": [
                { "index": 1, "value": 18446744073709551615_u64, "valueTwo": null, "op": "SCMP_CMP_EQ" }
            ],
            "includes": { "caps": ["CAP_KILL"], "arches": ["amd64"], "minKernel": "4.8" }
        }]
    });
    let changes = [
        ("/defaultAction", json!("SCMP_ACT_DENY")),
        ("/defaultAction", json!(1)),
        ("/defaultErrnoRet", json!("ENOSYS")),
        ("/defaultErrnoRet", json!(-1)),
        ("/architectures/0", json!("SCMP_ARCH_AMD64")),
        ("/architectures", json!("SCMP_ARCH_X86_64")),
        ("/flags/0", json!("TSYNC")),
        ("/x-actions/x-later/answer", json!("x-later")),
        ("/syscalls", json!({})),
        ("/syscalls/0", json!("kill")),
        ("/syscalls/0/names", json!("kill")),
        ("/syscalls/0/action", json!("SCMP_ACT_BLOCK")),
        ("/syscalls/0/args/0/index", json!(6)),
        ("/syscalls/0/args/0/value", json!("0x1")),
        ("/syscalls/0/args/0/value", json!(-1)),
        ("/syscalls/0/args/0/op", json!("==")),
        ("/syscalls/0/includes/caps/0", json!("CAP_KILLS")),
        ("/syscalls/0/includes/arches/0", json!("riscv")),
        ("/syscalls/0/includes/minKernel", json!("new")),
        ("/syscalls/0/comment", json!({})),
    ];
    let mut documents = vec![whole.clone()];
    for (place, value) in &changes {
        let mut document = whole.clone();
        *document.pointer_mut(place).expect(place) = value.clone();
        documents.push(document);
    }
    let mut unknown_key = whole;
    unknown_key["syscalls"][0]["nmaes"] = json!(["kill"]);
    documents.push(unknown_key);
    for (at, document) in documents.iter().enumerate() {
        let text = document.to_string();
        let parsed =
            callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
        assert_eq!(
            parsed.problems.is_empty(),
            at == 0,
            "{text}: {:?}",
            parsed.problems
        );
    }
    let Some(answers) = validated(&documents) else {
        return left_out::left_out(
            "schema::broken_documents_do_not",
            "python3 has no jsonschema",
        );
    };
    for (at, (document, answer)) in documents.iter().zip(answers).enumerate() {
        assert_eq!(answer.is_empty(), at == 0, "{document}: {answer:?}");
    }
}

/// What a profile leaves out, its base has; without a base it has to be there. The schema and the reader agree.
#[test]
fn a_base_stands_for_what_is_not_there() {
    let documents = [
        json!({ "x-extends": "base.json" }),
        json!({ "x-extends": "docker:default", "syscalls": [{ "names": ["acct"], "action": "x-of-the-base" }] }),
        json!({ "syscalls": [] }),
        json!({ "x-extends": 1, "defaultAction": "SCMP_ACT_ALLOW" }),
    ];
    let fits = [true, true, false, false];
    for (document, fits) in documents.iter().zip(fits) {
        let text = document.to_string();
        let options = callgate_profile::Options::default();
        let parsed = callgate_profile::parse(text.as_bytes(), &options);
        assert_eq!(parsed.problems.is_empty(), fits, "{text}");
    }
    let Some(answers) = validated(&documents) else {
        return left_out::left_out(
            "schema::a_base_stands_for_what_is_not_there",
            "python3 has no jsonschema",
        );
    };
    for ((document, fits), answer) in documents.iter().zip(fits).zip(answers) {
        assert_eq!(answer.is_empty(), fits, "{document}: {answer:?}");
    }
}
