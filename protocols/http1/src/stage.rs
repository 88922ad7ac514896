//! The common part of the stages that read heads: it goes through the lines, each byte once.
//!
//! A head is read for every message, so it is not searched for its end first and parsed then: one
//! pass over what has arrived notes where the words are. A line that has not arrived whole is
//! waited for, with a search that never goes back, and is then read again from its start. So work
//! is linear however a head dribbles, and what is said of it does not depend on the cuts. To have
//! noted something is no commitment: asked again, the stage answers the same.

use memchr::memchr;
use segue::{Cause, Fault, Framing, Need};

use crate::block::{Every, Machine, Work, dispatch};
use crate::lines::{Line, Stop};
use crate::plain::{self, Behind};
use crate::spans::{Span, Spans, fits, unfold};
use crate::{Error, Limits, Relaxed};

/// The state of a stage that reads one head, which begins with the line `S`. The places of up to
/// `N` headers are kept without an allocation.
#[derive(Debug, Clone)]
pub(crate) struct Stage<S, const N: usize> {
    limits: Limits,
    pub(crate) relaxed: Relaxed,
    pub(crate) spans: Spans<N>,
    /// The line that the head begins with, once it has been read.
    start: S,
    phase: Phase,
    /// All lines before this offset have been read.
    line: usize,
    /// From `line` to here there is no LF, if a line is being waited for; otherwise 0.
    searched: usize,
    /// The number of bytes the head may have, behind the empty lines before it.
    room: usize,
}

/// The progress of a stage through a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The start line has not been read.
    Start,
    /// It has been read, and the end of the head has not.
    Lines,
    /// The head ends where all lines have been read.
    Whole,
    /// The head has been parsed, or was refused.
    Over,
}

/// The line that a head begins with.
pub(crate) trait Start: Copy {
    /// The value while no start line has been read.
    const NONE: Self;

    /// The error for a line that fills all the room there is for a head.
    fn too_long(line: &[u8]) -> Error;

    /// Reads the line in front of `head` if there is nothing odd about it, and tells where the next
    /// one begins.
    fn plain<M: Machine>(machine: M, head: &[u8], limits: &Limits) -> Option<(Self, usize)>;

    /// Reads any line in front of `head`, and tells where the next one begins.
    fn read(head: &[u8], limits: &Limits, relaxed: Relaxed) -> Result<(Self, usize), Stop>;
}

/// Trailers are headers without a line before them.
impl Start for () {
    const NONE: Self = ();

    fn too_long(_: &[u8]) -> Error {
        Error::HeadTooLarge
    }

    #[inline]
    fn plain<M: Machine>(_: M, _: &[u8], _: &Limits) -> Option<(Self, usize)> {
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
            start: S::NONE,
            phase: Phase::Start,
            line: 0,
            searched: 0,
            room: Limits::DEFAULT.head,
        }
    }

    #[inline]
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = Limits { head: limits.head.min(Limits::MAX_HEAD), ..limits };
        self.room = self.limits.head;
    }

    #[inline]
    pub(crate) fn begin_again(&mut self) {
        self.spans.clear();
        self.phase = Phase::Start;
        self.line = 0;
        self.searched = 0;
        self.room = self.limits.head;
    }

    /// Counts the empty lines that were in front of the head.
    pub(crate) fn skip(&mut self, empty_lines: usize) {
        self.room = self.room.saturating_sub(empty_lines);
    }

    /// Returns true if the start line has not been read yet.
    #[inline]
    pub(crate) fn in_start_line(&self) -> bool {
        self.phase == Phase::Start
    }

    /// The length of the head in front of `input`, if nothing is odd about what has not been read
    /// of it; otherwise 0, and what was read needs not be read again.
    ///
    /// Out of line, so that loops over what dribbles stay short, and with an answer that needs no
    /// memory.
    #[inline]
    pub(crate) fn plain(&mut self, input: &[u8]) -> usize {
        dispatch(Plain { stage: self, input })
    }

    /// Reads a start line in which there is nothing odd.
    #[inline(always)]
    fn starts_plainly<M: Machine>(&mut self, machine: M, input: &[u8]) -> bool {
        match S::plain(machine, input, &self.limits) {
            Some((start, next)) if next <= self.room => {
                self.start = start;
                self.line = next;
                self.phase = Phase::Lines;
                true
            }
            _ => false,
        }
    }

    /// The bytes of the empty lines in front of `input`, as far as there is room for them
    /// (RFC 9112 §2.2).
    #[inline]
    pub(crate) fn empty_lines(&self, input: &[u8]) -> usize {
        let shown = &input[..input.len().min(self.room)];
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
    pub(crate) fn look(&self, input: &[u8]) -> Framing {
        Framing::Need(Need::ONE.claiming(self.shortest_rest(input)))
    }

    /// Finds the end of the head in front of `input`, if that is not [`plain`](Self::plain).
    #[inline]
    pub(crate) fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        match self.phase {
            Phase::Start | Phase::Lines => self.read_on(input, eof),
            Phase::Whole => Ok(Framing::Record(self.line)),
            Phase::Over => Ok(Framing::Done),
        }
    }

    /// The head ends at `end`.
    #[inline(always)]
    fn ends(&mut self, end: usize) -> Framing {
        self.line = end;
        self.searched = 0;
        self.phase = Phase::Whole;
        Framing::Record(end)
    }

    /// Looks for the end of the line that is waited for, if one is, in what is new in `input`; its
    /// need, if it is not there, and more may come.
    ///
    /// To be asked first: this is all there is to do for most of what dribbles.
    #[inline(always)]
    pub(crate) fn wait(&mut self, input: &[u8], eof: bool) -> Option<Framing> {
        if self.searched == 0 || eof || input.len() >= self.room {
            return None;
        }
        let new = input.get(self.searched..)?;
        if find_lf(new).is_some() {
            return None;
        }
        self.searched = input.len();
        Some(self.need(input))
    }

    /// Reads on with care in what may hold a whole line by now.
    #[inline(never)]
    fn read_on(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        let shown = &input[..input.len().min(self.room)];
        let full = shown.len() == self.room;
        let last = eof || full;
        match self.read_lines(shown, last) {
            Ok(end) => Ok(self.ends(end)),
            // A fault found before the end of its line must not depend on how the bytes arrived.
            Err(Stop::Fault(error, at))
                if last || shown.get(self.line..).and_then(find_lf).is_some() =>
            {
                Err(Fault::new(error).at(at as u64))
            }
            Err(Stop::More) if full => {
                let starts = self.in_start_line();
                let error = if starts { S::too_long(shown) } else { Error::HeadTooLarge };
                Err(Fault::new(error).at(self.room as u64))
            }
            Err(_) => {
                self.searched = if shown.len() > self.line { shown.len() } else { 0 };
                Ok(self.need(shown))
            }
        }
    }

    /// Ends the stage with `head`, in which values that go on in another line are put into one, and
    /// tells what line it begins with.
    #[inline]
    pub(crate) fn finish_relaxed(&mut self, head: &mut [u8]) -> Result<S, Fault<Error>> {
        let start = self.finish(head)?;
        if self.relaxed.folds {
            self.spans.as_slice().iter().for_each(|&span| unfold(span, head));
        }
        Ok(start)
    }

    /// Ends the stage with `head`, and tells what line it begins with.
    #[inline(always)]
    pub(crate) fn finish(&mut self, head: &[u8]) -> Result<S, Fault<Error>> {
        if self.phase != Phase::Whole || self.line != head.len() {
            self.read_again(head)?;
        }
        self.phase = Phase::Over;
        if head.len() > Span::MAX_NAME && !fits(head, self.spans.as_slice()) {
            return Err(Fault::new(Error::HeadTooLarge));
        }
        Ok(self.start)
    }

    /// Reads a `head` that it was not asked for before.
    #[cold]
    fn read_again(&mut self, head: &[u8]) -> Result<(), Fault<Error>> {
        self.begin_again();
        self.room = Limits::MAX_HEAD;
        if self.read_on(head, true)? == Framing::Record(head.len()) {
            Ok(())
        } else {
            Err(Fault::from_cause(Cause::Contract))
        }
    }

    /// Goes through the lines from where it stands; the error is of the line it then stands at. A
    /// line of which no end is there is only looked at if it is the `last` that can be had.
    fn read_lines(&mut self, head: &[u8], last: bool) -> Result<usize, Stop> {
        if self.in_start_line() && !self.starts_plainly(Every, head) {
            let (start, next) = S::read(head, &self.limits, self.relaxed)?;
            self.start = start;
            self.line = next;
            self.phase = Phase::Lines;
        }
        loop {
            let (most, spans) = (self.limits.headers, &mut self.spans);
            match plain::read(Every, head, &mut self.line, spans, most) {
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

    #[inline]
    fn need(&self, shown: &[u8]) -> Framing {
        let missing = self.missing(shown);
        let claim =
            if self.in_start_line() { missing.max(self.shortest_rest(shown)) } else { missing };
        Framing::Need(Need::exactly(missing.min(self.room - shown.len())).claiming(claim))
    }

    /// The least number of bytes that `shown`, which does not end the head, lacks.
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

    /// The least number of bytes behind a head that begins with `input`. The shortest head has a
    /// line of 12 bytes, `M / HTTP/1.1` or `HTTP/1.1 200`, and two line ends.
    fn shortest_rest(&self, input: &[u8]) -> usize {
        (12 + 2 * self.shortest_line_end()).saturating_sub(input.len()).max(1)
    }
}

/// Reading what is plain: see [`Stage::plain`].
struct Plain<'a, S, const N: usize> {
    stage: &'a mut Stage<S, N>,
    input: &'a [u8],
}

impl<S: Start, const N: usize> Work for Plain<'_, S, N> {
    type Output = usize;

    #[inline(always)]
    fn on<M: Machine>(self, machine: M) -> usize {
        let Self { stage, input } = self;
        let goes_on = match stage.phase {
            Phase::Start => stage.starts_plainly(machine, input),
            Phase::Lines => true,
            Phase::Whole | Phase::Over => false,
        };
        if !goes_on {
            return 0;
        }
        // No more than the limit is looked at, so that the verdict is the same however much came.
        let shown = &input[..input.len().min(stage.room)];
        let most = stage.limits.headers;
        match plain::read(machine, shown, &mut stage.line, &mut stage.spans, most) {
            Behind::End(end) => {
                stage.ends(end);
                end
            }
            Behind::Short | Behind::Odd => 0,
        }
    }
}

/// Finds the first LF.
#[inline]
fn find_lf(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < 16 {
        // Single bytes are not worth a call.
        bytes.iter().position(|&byte| byte == b'\n')
    } else {
        memchr(b'\n', bytes)
    }
}

/// The number of headers kept without an allocation. Browsers send 10 to 25; the places of 32 take
/// half a kilobyte.
pub(crate) const INLINE: usize = 32;
