//! The listings of the README do what it says. They have no hidden lines, which are shown wherever
//! a README is not run through rustdoc; so they are run from here.

mod import;
mod lists;
mod patience;
mod protocol;
mod stack;

#[test]
fn what_is_run_here_is_what_is_printed_there() {
    let files = [
        include_str!("protocol.rs"),
        include_str!("stack.rs"),
        include_str!("patience.rs"),
        include_str!("import.rs"),
    ];
    for file in files {
        let (listing, _) = file.split_once("\n#[test]\n").unwrap();
        let listing = format!("```rust\n{listing}```");
        assert!(include_str!("../../README.md").contains(&listing), "not there:\n{listing}");
    }
}
