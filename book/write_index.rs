//! Writes the index of the API: `cargo run -p segue-book --bin index`.

use std::{fs, io};

fn main() -> io::Result<()> {
    let (path, text) = segue_book::index::made()?;
    fs::write(path, text)
}
