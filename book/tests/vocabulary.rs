//! The vocabulary names types and methods that exist.

use std::{fs, path::Path};

/// All source files of segue, one behind the other.
fn source(directory: &Path, all: &mut String) {
    for entry in fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            source(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&fs::read_to_string(path).expect("a source"));
        }
    }
}

/// Returns true if `source` defines `name` as something that has a name.
fn defines(source: &str, name: &str) -> bool {
    let kinds = ["struct", "enum", "trait", "type", "fn", "const", "mod", "pub"];
    source.match_indices(name).any(|(at, _)| {
        let (before, behind) = (&source[..at], &source[at + name.len()..]);
        let ends = !behind.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        let kind = before.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let is_variant = before.ends_with("    ") && name.starts_with(char::is_uppercase);
        ends && (kinds.contains(&kind) && before.ends_with(' ') || is_variant)
    })
}

#[test]
fn each_name_exists() {
    let page = include_str!("../../src/vocabulary.md");
    let (table, _) = page.split_once("\n## Names that mean").expect("a section of plain names");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut all, mut laws) = (String::new(), String::new());
    source(&root.join("src"), &mut all);
    source(&root.join("fuzz/laws/src"), &mut laws);
    let mut count = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let types = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for path in types.split('`').skip(1).step_by(2) {
            let name = path.trim_end_matches("()").rsplit("::").next().unwrap();
            let sources = if path.starts_with("segue_laws::") { &laws } else { &all };
            assert!(defines(sources, name), "{path} does not exist: {row}");
            count += 1;
        }
    }
    assert!(count > 60, "only {count} names were found");
    assert!(!defines(&all, "Sheet"), "the search finds what there is not");
}
