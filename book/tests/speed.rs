//! The tables and plots on speed are those that the recorded results make.

use std::fs;

#[test]
fn tables_and_plots_are_of_the_recorded_results() {
    let made = segue_book::speed::made().expect("the chapter and the results are there");
    assert!(made.len() > 1, "there are plots");
    for (path, text) in made {
        let written = fs::read_to_string(&path).unwrap_or_default();
        let name = path.display();
        assert!(
            written.replace("\r\n", "\n") == text,
            "{name} is another: write it anew by `cargo run -p segue-book --bin speed`"
        );
    }
}
