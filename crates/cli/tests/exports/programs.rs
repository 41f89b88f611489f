//! Programs as files, annotations and arrays: each, taken by whoever reads such, is proved to be the profile.
//!
//! Apart from the tools that load one, because here every profile goes through every form.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{callgate, folder, left_out, profiles};

/// How profiles are read here.
const READER: [&str; 4] = ["--native", "x86_64", "--from", "docker@28"];

/// A program of another language that writes its arrays to files of the kernel's records.
struct Language {
    kind: &'static str,
    extension: &'static str,
    compiler: &'static [&'static str],
    head: &'static str,
    /// What stands for an array, with its number for `@`.
    array: &'static str,
    begin: &'static str,
    /// What writes it.
    write: &'static str,
    end: &'static str,
}

const LANGUAGES: [Language; 2] = [
    Language {
        kind: "c",
        extension: "c",
        compiler: &["cc", "-Wall", "-Werror"],
        head: "#include <stdio.h>\n",
        array: "#define filter filter_@\n#include \"@.c\"\n#undef filter\n",
        begin: "int main(void) {\n\tFILE *file;\n",
        write: "\tfile = fopen(\"@.c.bpf\", \"w\");\n\tfwrite(filter_@, sizeof filter_@, 1, file);\n\tfclose(file);\n",
        end: "}\n",
    },
    Language {
        kind: "rust",
        extension: "rs",
        compiler: &["rustc"],
        head: "",
        array: "mod filter_@ {\n    include!(\"@.rs\");\n}\n",
        begin: "fn main() {\n    use std::fs::write;\n",
        write: "    let of = |&(code, jt, jf, k): &(u16, u8, u8, u32)| [&code.to_le_bytes()[..], &[jt, jf], &k.to_le_bytes()].concat();\n    write(\"@.rs.bpf\", filter_@::FILTER.iter().flat_map(of).collect::<Vec<u8>>()).unwrap();\n",
        end: "}\n",
    },
];

/// Writes a profile as this kind; none where there is no program of it.
fn export(kind: &str, profile: &str, file: &Path) -> bool {
    let file = file.to_str().expect("a path");
    let output = callgate(&[&["export", kind, profile, "-o", file], &READER[..]].concat());
    output.status.success()
}

/// Proves that a program is a profile.
fn prove(profile: &str, program: &Path) {
    let program = program.to_str().expect("a path");
    let words = ["prove", profile, program, "--target", "docker@28"];
    let output = callgate(&[&words[..], &READER[..2]].concat());
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{profile}, {program}: {said}"
    );
}

#[test]
fn every_profile_is_its_raw_program() {
    let folder = folder("raw");
    let mut count = 0;
    for profile in profiles("exports::programs::every_profile_is_its_raw_program") {
        let program = folder.join("filter.bpf");
        if !export("bwrap", &profile, &program) {
            continue;
        }
        prove(&profile, &program);
        let annotation = folder.join("annotation.json");
        assert!(export("crun", &profile, &annotation), "{profile}");
        let text = fs::read(&annotation).expect("it was written");
        let object: Value = serde_json::from_slice(&text).expect("JSON");
        let encoded = object["run.oci.seccomp_bpf_data"].as_str().expect("text");
        let encoded_file = folder.join("annotation.txt");
        fs::write(&encoded_file, encoded).expect("written");
        let decoded = Command::new("base64").arg("-d").arg(encoded_file).output();
        let decoded = decoded.expect("coreutils");
        assert!(decoded.status.success(), "{profile}");
        fs::write(&program, decoded.stdout).expect("written");
        prove(&profile, &program);
        count += 1;
    }
    assert!(count > 4, "{count}");
}

#[test]
fn every_profile_is_its_array() {
    let name = "exports::programs::every_profile_is_its_array";
    for language in LANGUAGES {
        let asked = Command::new(language.compiler[0]).arg("--version").output();
        if !asked.is_ok_and(|output| output.status.success()) {
            let reason = format!("{} is not installed", language.compiler[0]);
            left_out::left_out(&format!("{name}::{}", language.kind), &reason);
            continue;
        }
        in_language(&language, name);
    }
}

/// Compiles the arrays of all profiles in one program, runs it, and reads what it wrote.
fn in_language(language: &Language, name: &str) {
    let folder = folder(language.kind);
    let mut named = Vec::new();
    let (mut arrays, mut writes) = (String::new(), String::new());
    for profile in profiles(name) {
        let number = named.len().to_string();
        let array = format!("{number}.{}", language.extension);
        if export(language.kind, &profile, &folder.join(array)) {
            arrays.push_str(&language.array.replace('@', &number));
            writes.push_str(&language.write.replace('@', &number));
            named.push(profile);
        }
    }
    assert!(named.len() > 4, "{named:?}");
    let parts = [
        language.head,
        &arrays,
        language.begin,
        &writes,
        language.end,
    ];
    let source = format!("all.{}", language.extension);
    fs::write(folder.join(&source), parts.concat()).expect("written");
    let [compiler, options @ ..] = language.compiler else {
        panic!("a compiler has a name");
    };
    let mut compile = Command::new(compiler);
    compile.args(options).args(["-o", "all", &source]);
    for command in [&mut compile, &mut Command::new("./all")] {
        let output = command.current_dir(&folder).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    for (number, profile) in named.iter().enumerate() {
        let program = folder.join(format!("{number}.{}.bpf", language.extension));
        prove(profile, &program);
    }
}
