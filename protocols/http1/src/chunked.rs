use memchr::memchr;
use segue::{Cause, Decode, Fault, Framing, Need, Output, Record};
use segue_http::Fields;

use crate::chunk_line::ChunkLine;
use crate::stage::Stage;
use crate::{BodyPart, Error, Limits, Relaxed};

/// A stage that reads a body in chunks, and the trailers behind it (RFC 9112 §7.1).
///
/// Chunks are lent in pieces as they come. The borders between chunks are not reported, since any
/// intermediary may move them. Extensions are checked and dropped (RFC 9112 §7.1.1). Trailers, if
/// there are any, are the last item. Then the stage is done, and the bytes that follow are left to
/// the next one.
///
/// Lines end in CRLF. A bare LF is refused here even where heads may have it: with it, chunks can
/// be made to end in different places for two readers. For other old habits see
/// [`Relaxed::chunk_spaces`] and [`Relaxed::folds`].
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_http1::{BodyPart, ChunkedBody};
///
/// let (mut body, mut output) = (ChunkedBody::new(), Output::new());
/// let mut buffer = Buffer::from(&b"5\r\nhel"[..]);
/// let Step::Item(BodyPart::Piece(piece)) = buffer.step(&mut body, false, &mut output).unwrap()
///     else { panic!() };
/// assert_eq!(piece, b"hel");
///
/// buffer.extend(b"lo\r\n0\r\nChecksum: 7\r\n\r\nnext");
/// let Step::Item(BodyPart::Piece(piece)) = buffer.step(&mut body, false, &mut output).unwrap()
///     else { panic!() };
/// assert_eq!(piece, b"lo");
/// let Step::Item(BodyPart::Trailers(trailers)) = buffer.step(&mut body, false, &mut output).unwrap()
///     else { panic!() };
/// assert_eq!(trailers.find("checksum"), Some(&b"7"[..]));
/// assert!(matches!(buffer.step(&mut body, false, &mut output), Ok(Step::Done)));
/// assert_eq!(buffer.as_slice(), b"next");
/// ```
#[derive(Debug, Clone)]
pub struct ChunkedBody {
    state: State,
    /// Bytes of extensions so far.
    extensions: usize,
    /// The reader of the trailers, allocated when they come: few bodies have any.
    trailers: Stage<(), 0>,
}

#[derive(Debug, Clone)]
enum State {
    /// In front of the line with the size of a chunk. `before` bytes in front of it end the chunk
    /// before; `searched` bytes have no LF.
    Line {
        before: usize,
        searched: usize,
        /// The result of the fast reader, if the line is plain.
        plain: Option<Plain>,
    },
    /// In a chunk, with this many bytes left.
    Data {
        left: u64,
    },
    /// In front of the trailers, which end in an empty line as heads do.
    Trailers,
    Done,
}

/// A plain line, in one record with the part of its chunk that has arrived.
#[derive(Debug, Clone, Copy)]
struct Plain {
    /// The offset of the line's end.
    start: usize,
    /// The size of the chunk.
    size: u64,
    /// The offset behind the chunk and its line end if both have arrived, otherwise 0.
    end: usize,
}

impl State {
    const fn line(before: usize) -> Self {
        Self::Line { before, searched: before, plain: None }
    }

    const fn behind_data(left: u64) -> Self {
        match left {
            0 => Self::line(CRLF.len()),
            left => Self::Data { left },
        }
    }

    const fn behind_line(size: u64) -> Self {
        match size {
            0 => Self::Trailers,
            left => Self::Data { left },
        }
    }
}

impl ChunkedBody {
    /// Creates a stage with the [default limits](Limits::DEFAULT).
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::line(0), extensions: 0, trailers: Stage::new() }
    }

    /// Sets the limits: [`Limits::chunk_line`] for the line of each chunk, those of heads for the
    /// trailers and for all extensions together.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.trailers.set_limits(limits);
        self
    }

    /// Accepts the departures from the standard that `relaxed` names for chunks, and for headers in
    /// trailers.
    #[must_use]
    pub fn relaxed(mut self, relaxed: Relaxed) -> Self {
        self.trailers.relaxed = relaxed.of_trailers();
        self
    }
}

impl Default for ChunkedBody {
    fn default() -> Self {
        Self::new()
    }
}

impl Decode for ChunkedBody {
    type Item<'a> = BodyPart<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if let State::Line { before, plain, .. } = &mut self.state {
            // Each way out returns by itself, so that nothing is put together in memory.
            let line = if *before == 0 { Some(input) } else { input.strip_prefix(CRLF) };
            if let Some((length, size)) = line.and_then(ChunkLine::plain)
                && length <= self.trailers.limits().chunk_line
            {
                let start = *before + length;
                let line = plain.insert(Plain { start, size, end: 0 });
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let there = input.get(start..).unwrap_or_default();
                return match there.get(size..) {
                    _ if size == 0 || there.is_empty() => Ok(Framing::Absorb(start)),
                    Some([b'\r', b'\n', ..]) => {
                        line.end = start + size + CRLF.len();
                        Ok(Framing::Record(line.end))
                    }
                    // A wrong byte in place of the line end is refused when it is read itself.
                    Some(_) => Ok(Framing::Record(start + size)),
                    None => Ok(Framing::Record(input.len())),
                };
            }
        }
        match &mut self.state {
            State::Data { left } => {
                // More than the address space holds cannot arrive in one piece, so the length is
                // capped.
                let left = usize::try_from(*left).unwrap_or(usize::MAX);
                if input.is_empty() {
                    let claim = left.saturating_add(CRLF.len() + LAST_CHUNK);
                    return Ok(Framing::Need(Need::ONE.claiming(claim)));
                }
                Ok(Framing::Record(input.len().min(left)))
            }
            State::Line { before, searched, .. } => {
                let limit = self.trailers.limits().chunk_line;
                let spaces = self.trailers.relaxed.chunk_spaces;
                frame_line(input, *before, searched, limit, spaces)
            }
            State::Trailers => match self.trailers.wait(input, eof) {
                Some(need) => Ok(need),
                // An empty line alone is none.
                None => match self.trailers.frame(input, eof)? {
                    Framing::Record(2) => Ok(Framing::Absorb(2)),
                    frame => Ok(frame),
                },
            },
            State::Done => Ok(Framing::Done),
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, _: &mut Output) -> Result<(), Fault<Error>> {
        let before = match self.state {
            State::Line { plain: Some(Plain { start, size, .. }), .. } if start == record.len() => {
                self.state = State::behind_line(size);
                return Ok(());
            }
            State::Line { before, .. } => before,
            // An empty line behind the last chunk: there are no trailers.
            State::Trailers => {
                self.state = State::Done;
                return Ok(());
            }
            State::Data { .. } | State::Done => return Err(Fault::from_cause(Cause::Contract)),
        };
        let spaces = self.trailers.relaxed.chunk_spaces;
        let line = ChunkLine::read(record.get(before..).unwrap_or_default(), spaces)
            .map_err(|fault| fault.moved(before as u64))?;
        let room = self.trailers.limits().head.saturating_sub(self.extensions);
        if line.extensions.len() > room {
            let at = before + line.extensions.start + room;
            return Err(Fault::new(Error::ChunkLineTooLong).at(at as u64));
        }
        self.extensions += line.extensions.len();
        self.state = State::behind_line(line.size);
        Ok(())
    }

    #[inline]
    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<BodyPart<'a>, Fault<Error>> {
        if let State::Line { plain: Some(Plain { start, size, end }), .. } = self.state {
            let data = record.len().saturating_sub(start) as u64;
            if record.len() == end {
                self.state = State::line(0);
                record.truncate(end - CRLF.len());
            } else if data > 0 && data <= size {
                self.state = State::behind_data(size - data);
            } else {
                return Err(Fault::from_cause(Cause::Contract));
            }
            record.advance(start);
            return Ok(BodyPart::Piece(record));
        }
        match &mut self.state {
            State::Data { left } => {
                self.state = State::behind_data(left.saturating_sub(record.len() as u64));
                Ok(BodyPart::Piece(record))
            }
            State::Trailers => {
                self.state = State::Done;
                let trailers = record.into_mut();
                self.trailers.finish_relaxed(trailers)?;
                Ok(BodyPart::Trailers(Fields::new(trailers, self.trailers.spans.as_slice())))
            }
            State::Line { .. } | State::Done => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

/// Finds the end of the line with a chunk's size, behind the line end of the chunk before.
#[cold]
fn frame_line(
    input: &[u8],
    before: usize,
    searched: &mut usize,
    limit: usize,
    spaces: bool,
) -> Result<Framing, Fault<Error>> {
    let differs = input.iter().zip(&CRLF[..before]).position(|(byte, expected)| byte != expected);
    if let Some(at) = differs {
        return Err(Fault::new(Error::ChunkEnd).at(at as u64));
    }
    let most = before.saturating_add(limit);
    let shown = &input[..input.len().min(most)];
    let rest = shown.get(*searched..).unwrap_or_default();
    if let Some(lf) = memchr(b'\n', rest) {
        let end = *searched + lf + 1;
        let line = shown.get(before..end).unwrap_or_default();
        // A line that is shorter than any, or does not end as it should, is refused here, where
        // it may come before what was said to be missing.
        if line.len() < SHORTEST_LINE || !line.ends_with(CRLF) {
            ChunkLine::read(line, spaces).map_err(|fault| fault.moved(before as u64))?;
        }
        return Ok(Framing::Absorb(end));
    }
    if shown.len() == most {
        return Err(Fault::new(Error::ChunkLineTooLong).at(most as u64));
    }
    *searched = shown.len().max(before);
    // A digit and a line end make a line; behind it there is one more at least.
    let missing = match shown.get(before..) {
        None | Some([]) => before + SHORTEST_LINE - shown.len(),
        Some([.., b'\r']) => 1,
        Some(_) => CRLF.len(),
    };
    let claim = (before + LAST_CHUNK).saturating_sub(shown.len()).max(missing + CRLF.len());
    Ok(Framing::Need(Need::exactly(missing.min(most - shown.len())).claiming(claim)))
}

const CRLF: &[u8; 2] = b"\r\n";

/// The shortest line in front of a chunk: a digit and a line end.
const SHORTEST_LINE: usize = 3;

/// The shortest end of a body, in bytes: the size 0, no trailers, and two line ends.
const LAST_CHUNK: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};
    use segue::{Buffer, Step};

    /// The data of a body, and how it ends: with so many bytes left behind it, for want of more, or
    /// by a fault.
    type Read = (Vec<u8>, Result<Option<usize>, Fault<Error>>);

    /// Reads a body that comes in pieces of `piece` bytes. By single bytes, no line is ever there
    /// with any of its chunk, and so each is read by itself.
    fn read(input: &[u8], piece: usize) -> Read {
        let (mut buffer, mut output) = (Buffer::new(), Output::new());
        let (mut stage, mut data) = (ChunkedBody::new(), Vec::new());
        let mut pieces = input.chunks(piece);
        let mut come = 0;
        loop {
            match buffer.step(&mut stage, false, &mut output) {
                Ok(Step::Item(BodyPart::Piece(piece))) => {
                    assert!(!piece.is_empty());
                    data.extend_from_slice(&piece);
                }
                Ok(Step::Item(BodyPart::Trailers(trailers))) => {
                    for line in trailers.lines() {
                        data.extend([line.name, b"=", line.value].concat());
                    }
                }
                Ok(Step::Need(_)) => match pieces.next() {
                    Some(piece) => {
                        buffer.extend(piece);
                        come += piece.len();
                    }
                    None => return (data, Ok(None)),
                },
                Ok(Step::Done) => return (data, Ok(Some(buffer.len() + input.len() - come))),
                Err(fault) => return (data, Err(fault)),
            }
        }
    }

    fn agree(input: &[u8]) {
        let (data, end) = read(input, 1);
        for piece in [2, 3, 7, input.len().max(1)] {
            let (other, verdict) = read(input, piece);
            assert_eq!(verdict, end, "{} by {piece}", input.escape_ascii());
            assert_eq!(other, data, "{} by {piece}", input.escape_ascii());
        }
    }

    const BODIES: [&[u8]; 4] = [
        b"5\r\nhello\r\n0\r\n\r\nrest",
        b"10\r\n0123456789abcdef\r\n1\r\na\r\n0\r\nSum: 17\r\n\r\n",
        b"3;a=b\r\n\r\n0\r\n00A\r\n0\r\n\r\n0\r\n\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\nmore\r\n",
    ];

    #[test]
    fn a_line_with_its_chunk_is_read_as_by_itself() {
        for body in BODIES {
            for place in 0..body.len() {
                agree(&body[..place]);
                for byte in 0..=255 {
                    let mut body = body.to_vec();
                    body[place] = byte;
                    agree(&body);
                }
            }
        }
    }

    #[test]
    fn any_body_is_read_alike_however_it_comes() {
        let words: [&[u8]; 12] = [
            b"1",
            b"a",
            b"0",
            b"\r\n",
            b"\r\n",
            b"\r\n",
            b"\r",
            b"\n",
            b";x",
            b"5\r\nhello\r\n",
            b"1A\r\nabcdefghijklmnopqrstuvwxyz\r\n",
            b"x",
        ];
        let mut random = 1_u64;
        for _ in 0..20_000 {
            let mut body = vec![];
            for _ in 0..8 {
                random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                body.extend_from_slice(words[usize::try_from((random >> 33) % 12).unwrap()]);
            }
            agree(&body);
        }
    }

    #[test]
    fn a_record_that_was_not_framed_is_refused() {
        let mut stage = ChunkedBody::new();
        assert_eq!(stage.frame(b"5\r\nhel", false).unwrap(), Framing::Record(6));
        for other in [&b"5\r"[..], b"5\r\nhello!!!"] {
            let mut other = other.to_vec();
            let refused = stage.parse(Record::from(&mut other[..])).unwrap_err();
            assert_eq!(refused.cause, Cause::Contract);
        }
    }
}
