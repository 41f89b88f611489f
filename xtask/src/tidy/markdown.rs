//! The rules for Markdown: one sentence a line in running text, and links that lead somewhere.
//! Apart, because prose breaks other rules than code.

use std::path::Path;

use super::{Fault, SourceFile};

/// The breaches of one file; `exists` answers for a path from the tree's root.
pub(super) fn faults(file: &SourceFile, exists: &dyn Fn(&Path) -> bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut in_block = false;
    for (index, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        if in_block {
            continue;
        }
        let prose = without_code(line);
        if is_running_text(line) && ends_a_sentence_inside(&prose) {
            faults.push(file.fault_at(index + 1, "one sentence a line"));
        }
        for link in links(&prose) {
            let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
            if !exists(&folder.join(link)) {
                faults.push(file.fault_at(index + 1, format!("{link} does not exist")));
            }
        }
    }
    faults
}

/// Neither a heading nor an item of a list nor a row of a table.
fn is_running_text(line: &str) -> bool {
    !line.trim_start().starts_with(['#', '-', '*', '|', '>']) || line.starts_with("**")
}

fn ends_a_sentence_inside(prose: &str) -> bool {
    prose.match_indices(". ").any(|(at, _)| {
        let before = prose[..at].chars().next_back();
        let after = prose[at + 2..].chars().next();
        before.is_some_and(|character| character.is_lowercase() || character == ')')
            && after.is_some_and(char::is_uppercase)
    })
}

/// The line with a blank for each piece of code.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The relative targets of links, without their anchors.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_and_links_are_checked_outside_code() {
        let cases = [
            ("One. Two.\n", 1),
            ("In 5.11 and later, e.g. there.\n", 0),
            ("It is one. It is two.\n", 1),
            ("It is one.\nIt is two.\n", 0),
            ("- It is one. It is two.\n", 0),
            ("```\nIt is one. It is two.\n```\n", 0),
            ("See `one. Two` here.\n", 0),
            ("See [it](there.md#part).\n", 0),
            ("See [it](gone.md).\n", 1),
            ("See [it](https://example.com/gone).\n", 0),
        ];
        for (text, count) in cases {
            let file = SourceFile {
                path: "docs/a.md".into(),
                text: text.into(),
            };
            let found = faults(&file, &|path| path == Path::new("docs/there.md"));
            assert_eq!(found.len(), count, "{text:?}: {found:?}");
        }
    }
}
