//! The loop that is common to machines which are given each read, and say all that they find.

use segue_laws::Answer;

use crate::drive::Transcript;

/// An error that ends the stream.
pub type Fed = Result<(), String>;

/// The reason why the end of the stream is a proper end wherever it comes.
pub const NOT_TOLD: &str = "it is not told of the end of the stream";

/// Gives each read to the machine, and the end of the stream as `None`.
pub fn fed(
    reads: &[&[u8]],
    mut feed: impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed,
) -> Transcript {
    let mut seen = Transcript::default();
    for read in reads.iter().copied().map(Some).chain([None]) {
        let mut said = Vec::new();
        let error = feed(read, &mut said).err();
        said.extend(error.map(Answer::Error));
        if !said.into_iter().all(|answer| seen.hears(read.is_none(), answer)) {
            return seen;
        }
    }
    seen.hears(true, Answer::End);
    seen
}
