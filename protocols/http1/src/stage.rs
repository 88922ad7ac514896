//! What the stages for both kinds of heads have in common: where a head ends.

use segue::{Fault, Frame, Need};

use crate::scan::{Found, Scan};
use crate::spans::Spans;
use crate::{Error, Limits, Relaxed};

/// The state of a stage that reads one head.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) limits: Limits,
    pub(crate) relaxed: Relaxed,
    pub(crate) spans: Spans,
    scan: Scan,
    /// Bytes of empty lines before the head, which count for its limit.
    skipped: usize,
    /// The head has been parsed, or was refused.
    over: bool,
}

/// Where a head ends, if it is to be told so soon.
pub(crate) enum Extent {
    Is(Frame),
    /// The line that ends with this byte does so without a CR. It is up to the parser to say what
    /// the first bad byte of the head is: that one at the latest.
    BareLf(usize),
}

impl Stage {
    pub(crate) const fn new() -> Self {
        Self {
            limits: Limits::DEFAULT,
            relaxed: Relaxed::NOTHING,
            spans: Spans::new(),
            scan: Scan::START,
            skipped: 0,
            over: false,
        }
    }

    pub(crate) fn begin_again(&mut self) {
        self.scan = Scan::START;
        self.skipped = 0;
        self.over = false;
    }

    pub(crate) fn end(&mut self) {
        self.over = true;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn skip(&mut self, empty_lines: usize) {
        self.skipped += empty_lines;
    }

    /// How many bytes the head may still have.
    fn room(&self) -> usize {
        self.limits.head.min(Limits::MOST_HEAD).saturating_sub(self.skipped)
    }

    /// The bytes of the empty lines in front of `input`, as far as there is room for them
    /// (RFC 9112 §2.2).
    pub(crate) fn empty_lines(&self, input: &[u8]) -> usize {
        let shown = &input[..input.len().min(self.room())];
        let mut at = 0;
        loop {
            at += match shown[at..] {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] if self.relaxed.bare_lf => 1,
                _ => return at,
            };
        }
    }

    /// Whether nothing but the beginning of the start line has been looked at so far.
    pub(crate) fn in_start_line(&self) -> bool {
        self.scan.in_start_line()
    }

    /// Any byte may tell more, and all that a shortest head has belongs here.
    pub(crate) fn look(&self, input: &[u8]) -> Frame {
        let shortest = Scan::shortest(self.relaxed.bare_lf);
        Frame::Need(Need::ONE.claiming(shortest - input.len().min(shortest - 1)))
    }

    /// Where the head in front of `input` ends. `long_line` is the error for a start line that
    /// fills all the room there is.
    pub(crate) fn extent(
        &mut self,
        input: &[u8],
        long_line: Error,
    ) -> Result<Extent, Fault<Error>> {
        let room = self.room();
        // No more than the limit is searched, so that the verdict is the same however much came.
        let shown = &input[..input.len().min(room)];
        match self.scan.search(shown, self.relaxed.bare_lf) {
            Found::End(end) => Ok(Extent::Is(Frame::Record(end))),
            Found::BareLf(lf) => Ok(Extent::BareLf(lf)),
            Found::Nothing if shown.len() < room => {
                let need = self.scan.missing(shown, self.relaxed.bare_lf);
                let at_least = need.at_least.get().min(room - shown.len());
                Ok(Extent::Is(Frame::Need(Need::exactly(at_least).claiming(need.claim))))
            }
            Found::Nothing => {
                let in_line = self.scan.in_start_line();
                let error = if in_line { long_line } else { Error::HeadTooLarge };
                Err(Fault::new(error).at(room as u64))
            }
        }
    }
}
