//! The chapter on speed: its tables and plots, made of the results that the bench has recorded.

mod plot;
mod results;
mod table;

use std::{fs, io, path::PathBuf};

use results::Results;

/// The results that the bench has recorded.
const RESULTS: &str = "../benches/results.tsv";
/// The chapter.
const CHAPTER: &str = "src/speed.md";
/// The plots, a file for each family of groups.
const PLOTS: &str = "src/speed";

/// The files that the results make, each with its text: the plots, then the chapter. Between the
/// marks `<!-- plot: length -->` and `<!-- end -->` of the chapter stand the plot and the table of
/// the groups whose names begin with `length/`; of `<!-- plot: length = 5; 64 -->` only those that
/// go on so. Between `<!-- machine -->` and the same stands when and where the results were
/// recorded.
///
/// # Errors
/// When a file cannot be read, or a mark names no group that was recorded.
pub fn made() -> io::Result<Vec<(PathBuf, String)>> {
    let results = Results::parse(&fs::read_to_string(place(RESULTS))?);
    let chapter = fs::read_to_string(place(CHAPTER))?;
    let mut files = Vec::new();
    let mut written = String::new();
    let mut rest = chapter.as_str();
    while let Some((before, mark, behind)) = next_mark(rest) {
        written += before;
        let Some((_, after)) = behind.split_once("<!-- end -->") else {
            return Err(io::Error::other(format!("nothing ends what {mark} begins")));
        };
        let text = match mark.strip_prefix("plot: ") {
            None => format!("{}\n", results.machine),
            Some(wanted) => {
                let (family, variants) = match wanted.split_once(" = ") {
                    Some((family, variants)) => (family, variants.split("; ").collect()),
                    None => (wanted, Vec::new()),
                };
                let mut groups = results.family(family);
                groups.retain(|group| variants.is_empty() || variants.contains(&group.variant()));
                if groups.is_empty() {
                    return Err(io::Error::other(format!("no group of {family} is recorded")));
                }
                let plot = place(PLOTS).join(format!("{family}.svg"));
                files.push((plot, plot::draw(&groups)));
                let table = table::write(&groups);
                format!("![{family}: times beside one another](speed/{family}.svg)\n\n{table}")
            }
        };
        written += &format!("<!-- {mark} -->\n{text}<!-- end -->");
        rest = after;
    }
    written += rest;
    files.push((place(CHAPTER), written));
    Ok(files)
}

/// The text in front of the next mark, what is in the mark, and the text behind it.
fn next_mark(text: &str) -> Option<(&str, &str, &str)> {
    let (before, inside) = text.split_once("<!-- ")?;
    let (mark, behind) = inside.split_once(" -->")?;
    Some((before, mark, behind))
}

fn place(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
