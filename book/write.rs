//! Writes the tables and plots of the chapter on speed, from what the bench has recorded:
//! `cargo run -p segue-book --bin speed`.

use std::{fs, io};

fn main() -> io::Result<()> {
    for (path, text) in segue_book::speed::made()? {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
