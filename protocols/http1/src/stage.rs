//! What the stages that read heads have in common: going through the lines, each byte once.
//!
//! A head is read for every message, so it is not searched for its end first and parsed then: one
//! pass over what has arrived notes where the words are. A line that has not arrived whole is
//! waited for, with a search that never goes back, and is then read again from its start. So work
//! is linear however a head dribbles, and what is said of it does not depend on the cuts. To have
//! noted something is no commitment: asked again, the stage answers the same.

use memchr::memchr;
use segue::{Cause, Fault, Frame, Need};

use crate::lines::{Line, Stop};
use crate::plain::{self, Behind};
use crate::spans::Spans;
use crate::{Error, Limits, Relaxed};

/// The state of a stage that reads one head, which begins with the line `S`. The places of up to
/// `N` headers are kept without an allocation.
#[derive(Debug, Clone)]
pub(crate) struct Stage<S, const N: usize> {
    pub(crate) limits: Limits,
    pub(crate) relaxed: Relaxed,
    pub(crate) spans: Spans<N>,
    pub(crate) start: Option<S>,
    /// All lines before this offset have been read.
    line: usize,
    /// From `line` to here there is no LF, if a line is being waited for; otherwise 0.
    searched: usize,
    /// How many bytes the head may have, while a line is being waited for.
    room: usize,
    /// Where the head ends, once that is known.
    end: Option<usize>,
    /// Bytes of empty lines before the head, which count for its limit.
    skipped: usize,
    /// The head has been parsed, or was refused.
    over: bool,
}

/// The line that a head begins with.
pub(crate) trait Start: Copy {
    /// What a line is refused as that fills all the room there is for a head.
    const TOO_LONG: Error;

    /// Reads the line in front of `head` if there is nothing odd about it, and tells where the next
    /// one begins.
    fn plain(head: &[u8], limits: &Limits) -> Option<(Self, usize)>;

    /// Reads any line in front of `head`, and tells where the next one begins.
    fn read(head: &[u8], limits: &Limits, relaxed: Relaxed) -> Result<(Self, usize), Stop>;
}

/// Trailers are headers without a line before them.
impl Start for () {
    const TOO_LONG: Error = Error::HeadTooLarge;

    #[inline]
    fn plain(_: &[u8], _: &Limits) -> Option<(Self, usize)> {
        Some(((), 0))
    }

    fn read(_: &[u8], _: &Limits, _: Relaxed) -> Result<(Self, usize), Stop> {
        Ok(((), 0))
    }
}

impl<S: Start, const N: usize> Stage<S, N> {
    pub(crate) const fn new() -> Self {
        Self {
            limits: Limits::DEFAULT,
            relaxed: Relaxed::NOTHING,
            spans: Spans::new(),
            start: None,
            line: 0,
            searched: 0,
            room: 0,
            end: None,
            skipped: 0,
            over: false,
        }
    }

    pub(crate) fn begin_again(&mut self) {
        self.spans.clear();
        self.start = None;
        self.line = 0;
        self.searched = 0;
        self.end = None;
        self.skipped = 0;
        self.over = false;
    }

    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn skip(&mut self, empty_lines: usize) {
        self.skipped += empty_lines;
    }

    /// Whether the start line has not been read yet.
    #[inline]
    pub(crate) fn in_start_line(&self) -> bool {
        self.start.is_none()
    }

    /// The bytes of the empty lines in front of `input`, as far as there is room for them
    /// (RFC 9112 §2.2).
    #[inline]
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

    /// Any byte may tell more, and all that a shortest head has belongs here.
    pub(crate) fn look(&self, input: &[u8]) -> Frame {
        Frame::Need(Need::ONE.claiming(self.shortest_rest(input)))
    }

    /// Where the head in front of `input` ends.
    #[inline]
    pub(crate) fn frame(&mut self, input: &[u8], eof: bool) -> Result<Frame, Fault<Error>> {
        if let Some(end) = self.end {
            return Ok(Frame::Record(end));
        }
        let room = self.room();
        // No more than the limit is looked at, so that the verdict is the same however much came.
        let shown = &input[..input.len().min(room)];
        self.read_on(shown, room, eof || shown.len() == room)
    }

    /// Looks for the end of the line that is waited for, if one is, in what is new in `input`; its
    /// need, if it is not there, and more may come.
    ///
    /// To be asked first: this is all there is to do for most of what dribbles.
    #[inline(always)]
    pub(crate) fn wait(&mut self, input: &[u8], eof: bool) -> Option<Frame> {
        if self.searched == 0 || eof || input.len() >= self.room {
            return None;
        }
        let new = input.get(self.searched..)?;
        if find_lf(new).is_some() {
            return None;
        }
        self.searched = input.len();
        Some(self.need(input, self.room))
    }

    /// Reads on in `shown`, a line of which may be whole by now; `last` if no more can come.
    #[inline]
    fn read_on(&mut self, shown: &[u8], room: usize, last: bool) -> Result<Frame, Fault<Error>> {
        match self.read_lines(shown, last) {
            Ok(end) => {
                self.end = Some(end);
                self.searched = 0;
                Ok(Frame::Record(end))
            }
            // Whether a line is found faulty before its end must not depend on how it came.
            Err(Stop::Fault(error, at))
                if last || shown.get(self.line..).and_then(find_lf).is_some() =>
            {
                Err(Fault::new(error).at(at as u64))
            }
            Err(Stop::More) if shown.len() == room => {
                let error = if self.in_start_line() { S::TOO_LONG } else { Error::HeadTooLarge };
                Err(Fault::new(error).at(room as u64))
            }
            Err(_) => {
                self.searched = if shown.len() > self.line { shown.len() } else { 0 };
                self.room = room;
                Ok(self.need(shown, room))
            }
        }
    }

    /// Ends the stage with `head`, in which values that go on in another line are put into one, and
    /// tells what line it begins with.
    #[inline]
    pub(crate) fn finish_relaxed(&mut self, head: &mut [u8]) -> Result<S, Fault<Error>> {
        let start = self.finish(head)?;
        if self.relaxed.folds {
            self.spans.as_slice().iter().for_each(|span| span.unfold(head));
        }
        Ok(start)
    }

    /// Ends the stage with `head`, and tells what line it begins with.
    #[inline]
    pub(crate) fn finish(&mut self, head: &[u8]) -> Result<S, Fault<Error>> {
        if self.end != Some(head.len()) {
            self.read_again(head)?;
        }
        self.over = true;
        self.start.ok_or(Fault::from_cause(Cause::Contract))
    }

    /// Reads a `head` that it was not asked for before.
    #[cold]
    fn read_again(&mut self, head: &[u8]) -> Result<(), Fault<Error>> {
        let limits = self.limits;
        self.begin_again();
        self.limits.head = usize::MAX;
        let framed = self.frame(head, true);
        self.limits = limits;
        if framed? == Frame::Record(head.len()) {
            Ok(())
        } else {
            Err(Fault::from_cause(Cause::Contract))
        }
    }

    /// Goes through the lines from where it stands; the error is of the line it then stands at. A
    /// line of which no end is there is only looked at if it is the `last` that can be had.
    #[inline]
    fn read_lines(&mut self, head: &[u8], last: bool) -> Result<usize, Stop> {
        if self.start.is_none() {
            if let Some((start, next)) = S::plain(head, &self.limits) {
                self.start = Some(start);
                self.line = next;
            } else {
                self.read_start(head)?;
            }
        }
        loop {
            match plain::read(head, &mut self.line, &mut self.spans, self.limits.headers) {
                Behind::End(end) => return Ok(end),
                Behind::Short if !last => return Err(Stop::More),
                Behind::Short | Behind::Odd => {
                    if let Some(end) = self.read_line(head)? {
                        return Ok(end);
                    }
                }
            }
        }
    }

    #[cold]
    fn read_start(&mut self, head: &[u8]) -> Result<(), Stop> {
        let (start, next) = S::read(head, &self.limits, self.relaxed)?;
        self.start = Some(start);
        self.line = next;
        Ok(())
    }

    /// Reads one line with care, and tells where the head ends if it is the last.
    #[cold]
    fn read_line(&mut self, head: &[u8]) -> Result<Option<usize>, Stop> {
        match Line::read(head, self.line, self.spans.len(), &self.limits, self.relaxed)? {
            Line::Header(span, next) => {
                self.spans.push(span);
                self.line = next;
                Ok(None)
            }
            Line::Fold(more, next) => {
                self.spans.fold(more);
                self.line = next;
                Ok(None)
            }
            Line::Last(end) => Ok(Some(end)),
        }
    }

    /// How many bytes the head may still have.
    #[inline]
    fn room(&self) -> usize {
        self.limits.head.min(Limits::MOST_HEAD).saturating_sub(self.skipped)
    }

    #[inline]
    fn need(&self, shown: &[u8], room: usize) -> Frame {
        let missing = self.missing(shown);
        let claim =
            if self.in_start_line() { missing.max(self.shortest_rest(shown)) } else { missing };
        Frame::Need(Need::exactly(missing.min(room - shown.len())).claiming(claim))
    }

    /// How many bytes `shown`, which does not end the head, lacks at least.
    #[inline]
    fn missing(&self, shown: &[u8]) -> usize {
        let in_line = shown.len().saturating_sub(self.line);
        let behind_cr = in_line > 0 && shown.ends_with(b"\r");
        match (in_line, behind_cr) {
            (0, _) => self.shortest_line_end(),
            // It may be the CR of the empty line.
            (1, true) => 1,
            (_, true) if !self.relaxed.bare_lf => 3,
            _ => 2 * self.shortest_line_end(),
        }
    }

    #[inline]
    fn shortest_line_end(&self) -> usize {
        if self.relaxed.bare_lf { 1 } else { 2 }
    }

    /// What a head that begins with `input` has behind it at least: the shortest there is has a
    /// line of 12 bytes, `M / HTTP/1.1` or `HTTP/1.1 200`, and two line ends.
    fn shortest_rest(&self, input: &[u8]) -> usize {
        (12 + 2 * self.shortest_line_end()).saturating_sub(input.len()).max(1)
    }
}

/// Where the first LF is.
#[inline]
fn find_lf(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < 16 {
        // What dribbles is not worth a call.
        bytes.iter().position(|&byte| byte == b'\n')
    } else {
        memchr(b'\n', bytes)
    }
}

/// What browsers send is 10 to 25 headers; to know the places of 32 takes half a kilobyte.
pub(crate) const INLINE: usize = 32;
