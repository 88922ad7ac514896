//! Diagrams in the book are those that the code draws.

/// The block of text behind the heading `## {heading}`.
fn block<'a>(chapter: &'a str, heading: &str) -> &'a str {
    let (_, behind) =
        chapter.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    let (_, block) = behind.split_once("```text\n").expect("a diagram is there");
    block.split_once("```").expect("the diagram ends").0
}

#[test]
fn the_table_of_http1() {
    let chapter = include_str!("../src/http1.md");
    let drawn = segue_http1::machine::diagram();
    assert_eq!(block(chapter, "One table"), drawn, "put this into the chapter:\n{drawn}");
}
