//! The committed Rust is what the committed tables give, and the groups cover the calls: no network, no libclang.

use std::path::Path;

use callgate_tablegen::data::Files;
use callgate_tablegen::rust;

#[test]
fn the_rust_is_made_from_the_tables() {
    let data = committed();
    let files = rust::render(&data).expect("the tables are whole");
    let folder = syscalls().join("src/generated");
    for (name, text) in &files {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            found == *text,
            "{name} is stale; `cargo xtask gen-tables --offline` mends that"
        );
    }
    let entries = std::fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(
        entries,
        files.len() + 1,
        "a file in src/generated that nothing makes"
    );
}

#[test]
fn the_groups_cover_the_calls() {
    rust::check_groups(&committed()).expect("groups.txt and numbers.tsv agree");
}

#[test]
fn a_change_of_the_tables_changes_the_rust() {
    let mut data = committed();
    let fresh = rust::render(&data).expect("the tables are whole");
    let numbers = data["numbers.tsv"].replacen("\nopenat\t257\t", "\nopenat\t258\t", 1);
    data.insert("numbers.tsv".to_owned(), numbers);
    let changed = rust::render(&data).expect("the tables are whole");
    assert_ne!(fresh["numbers.rs"], changed["numbers.rs"]);
    assert_eq!(fresh["constants.rs"], changed["constants.rs"]);
}

fn committed() -> Files {
    let read = |&name: &&str| {
        let path = syscalls().join("tables").join(name);
        (
            name.to_owned(),
            std::fs::read_to_string(path).expect("a committed table"),
        )
    };
    rust::DATA.iter().map(read).collect()
}

fn syscalls() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../syscalls"))
}
