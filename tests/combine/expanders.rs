//! Outer stages that carry many bytes in few, and an inner one that never ends.

use flate2::{Decompress, FlushDecompress, Status};
use segue::{Decode, Fault, Framing, Output, Record};
use std::convert::Infallible;

/// Pairs of a count and a byte, which stand for that byte so many times.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    payload: Vec<u8>,
}

impl Decode for Repeats {
    type Item<'a> = &'a [u8];
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input.len() {
            0 if eof => Framing::Done,
            length @ 0..2 => Framing::need(2 - length),
            _ => Framing::Record(2),
        })
    }

    fn parse<'a>(&'a mut self, pair: Record<'a>) -> Result<&'a [u8], Fault<Infallible>> {
        self.payload.clear();
        self.payload.resize(usize::from(pair[0]), pair[1]);
        Ok(&self.payload)
    }
}

/// A deflate stream (RFC 1951), over where that says so.
///
/// It takes a byte at a time, so that none behind the end is taken, and gives at most
/// [`PIECE`](Self::PIECE) bytes at a time: what a byte stands for beyond that comes as records of no
/// bytes.
#[derive(Debug)]
pub(crate) struct Inflate {
    state: Decompress,
    piece: Vec<u8>,
    /// The byte that was taken and not looked at, for want of room in `piece`.
    waiting: Option<u8>,
    /// The last piece was full.
    has_more: bool,
    is_over: bool,
}

impl Inflate {
    const PIECE: usize = 1024;

    pub(crate) fn new() -> Self {
        Self::in_pieces(Self::PIECE)
    }

    /// One that gives at most `most` bytes at a time, about.
    pub(crate) fn in_pieces(most: usize) -> Self {
        Self {
            state: Decompress::new(false),
            piece: Vec::with_capacity(most),
            waiting: None,
            has_more: false,
            is_over: false,
        }
    }
}

impl Decode for Inflate {
    type Item<'a> = &'a [u8];
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Self::Error>> {
        Ok(match input.len() {
            _ if self.is_over => Framing::Done,
            _ if self.has_more => Framing::Record(0),
            0 => Framing::need(1),
            _ => Framing::Record(1),
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8], Fault<Self::Error>> {
        let byte = record.first().copied().or(self.waiting.take());
        let taken = self.state.total_in();
        self.piece.clear();
        let status = self
            .state
            .decompress_vec(byte.as_slice(), &mut self.piece, FlushDecompress::None)
            .map_err(|_| Fault::new("no deflate"))?;
        if self.state.total_in() == taken {
            self.waiting = byte;
        }
        self.is_over = status == Status::StreamEnd;
        self.has_more = !self.is_over && self.piece.len() == self.piece.capacity();
        Ok(&self.piece)
    }
}

/// `bytes` as a deflate stream.
pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    use flate2::{Compression, write::DeflateEncoder};
    use std::io::Write;

    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// Yields or absorbs nothing for ever, behind its first byte.
#[derive(Debug)]
pub(crate) struct Endless {
    absorbs: bool,
    begun: bool,
}

impl Endless {
    pub(crate) fn new(absorbs: bool) -> Self {
        Self { absorbs, begun: false }
    }
}

impl Decode for Endless {
    type Item<'a> = ();
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        let length = usize::from(!self.begun);
        Ok(match input {
            [] if eof && !self.begun => Framing::Done,
            [] if !self.begun => Framing::need(1),
            _ if self.absorbs => Framing::Absorb(length),
            _ => Framing::Record(length),
        })
    }

    fn absorb(&mut self, _: Record<'_>, _: &mut Output) -> Result<(), Fault<Infallible>> {
        self.begun = true;
        Ok(())
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<(), Fault<Infallible>> {
        self.begun = true;
        Ok(())
    }
}
