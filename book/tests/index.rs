//! The index of the API has the names there are, with the sentences that they are documented by.

use std::fs;

#[test]
fn the_index_is_that_of_the_sources() {
    let (path, made) = segue_book::index::made().expect("each name is documented");
    let rows = made.lines().filter(|line| line.starts_with("| `")).count();
    assert!(rows > 200, "only {rows} names were found");
    let written = fs::read_to_string(&path).expect("the page");
    assert!(
        written.replace("\r\n", "\n") == made,
        "{} is another: write it anew by `cargo run -p segue-book --bin index`",
        path.display()
    );
}
