//! The chapter "A protocol of your own" shows the code that its later listings use.

const CHAPTER: &str = include_str!("../src/first-protocol.md");
const PROTOCOL: &str = include_str!("../beanstalk/protocol.rs");
const OTHERS: [&str; 3] = [
    include_str!("../beanstalk/jobs.rs"),
    include_str!("../beanstalk/observed.rs"),
    include_str!("../beanstalk/server.rs"),
];

/// Returns the parts of a file, without its introduction and its imports.
fn parts(file: &str) -> impl Iterator<Item = &str> {
    let parts = file.split("\n\n").map(str::trim_end);
    parts.filter(|part| !part.starts_with("//!") && !part.starts_with("use "))
}

#[test]
fn the_chapter_shows_it() {
    let mut count = 0;
    for part in [PROTOCOL].into_iter().chain(OTHERS).flat_map(parts) {
        assert!(CHAPTER.contains(part), "the chapter has another version of:\n{part}");
        count += 1;
    }
    assert!(count > 20, "only {count} parts were found");
}

#[test]
fn the_protocol_takes_a_hundred_lines() {
    let lines = parts(PROTOCOL).flat_map(str::lines).map(str::trim);
    let count = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(count <= 100, "{count} lines");
}
