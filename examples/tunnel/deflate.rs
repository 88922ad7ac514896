//! Compression of a whole stream, as a layer (RFC 1951).

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use segue::{Buffer, Fault, Layer, Need, Output, Step};
use std::fmt;

/// Raw DEFLATE in both directions, each flushed whenever something is sent. Its end is that of the
/// compressed stream, the last block.
pub(crate) struct Deflate {
    compress: Compress,
    decompress: Decompress,
    /// The bytes decompressed last, which are lent.
    plain: Vec<u8>,
    /// The last block has come.
    ended: bool,
    /// The decompressor may still have output.
    owes: bool,
}

/// The error of bytes that are not a compressed stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotDeflate;

impl fmt::Display for NotDeflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a compressed stream")
    }
}

impl std::error::Error for NotDeflate {}

impl Deflate {
    /// The bytes decompressed at a time, and so the most held of a decompression bomb.
    const PIECE: usize = 16 * 1024;

    pub(crate) fn new() -> Self {
        Self {
            compress: Compress::new(Compression::fast(), false),
            decompress: Decompress::new(false),
            plain: Vec::with_capacity(Self::PIECE),
            ended: false,
            owes: false,
        }
    }

    /// Compresses `bytes`, or ends, until all of the result is in `wire`.
    fn compress(
        &mut self,
        mut bytes: &[u8],
        flush: FlushCompress,
        wire: &mut Output,
    ) -> Result<(), NotDeflate> {
        let mut piece = [0; 4096];
        loop {
            let (taken, given) = (self.compress.total_in(), self.compress.total_out());
            let status =
                self.compress.compress(bytes, &mut piece, flush).map_err(|_| NotDeflate)?;
            let taken = usize::try_from(self.compress.total_in() - taken).unwrap_or(usize::MAX);
            let given = usize::try_from(self.compress.total_out() - given).unwrap_or(usize::MAX);
            wire.put(&piece[..given]);
            bytes = &bytes[taken..];
            let is_through = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                _ => bytes.is_empty() && given < piece.len(),
            };
            if is_through {
                return Ok(());
            }
        }
    }
}

impl Layer for Deflate {
    type Plain<'a> = &'a [u8];
    type Error = NotDeflate;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        _: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<NotDeflate>> {
        let at = wire.position();
        if self.ended {
            return Ok(Step::Done);
        }
        if wire.is_empty() && !self.owes {
            return if eof { Err(Fault::truncated(at)) } else { Ok(Step::Need(Need::ONE)) };
        }
        self.plain.clear();
        let before = self.decompress.total_in();
        let status = self
            .decompress
            .decompress_vec(wire.as_slice(), &mut self.plain, FlushDecompress::None)
            .map_err(|_| Fault::new(NotDeflate).at(at))?;
        let taken = self.decompress.total_in() - before;
        wire.consume(usize::try_from(taken).unwrap_or(usize::MAX));
        self.ended = status == Status::StreamEnd;
        self.owes = self.plain.len() == self.plain.capacity();
        match (self.plain.is_empty(), taken) {
            (true, 0) if eof => Err(Fault::truncated(at + wire.len() as u64)),
            (true, 0) => Ok(Step::Need(Need::ONE)),
            _ => Ok(Step::Item(&self.plain)),
        }
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), NotDeflate> {
        // Short writes run together; what is flushed is at most this much at a time.
        let mut piece = Output::new();
        plain.move_to(&mut piece, Self::PIECE);
        for bytes in piece.chunks() {
            self.compress(bytes, FlushCompress::None, wire)?;
        }
        if plain.is_empty() {
            self.compress(b"", FlushCompress::Sync, wire)?;
        }
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        // Finishing a stream that was flushed does not fail.
        let _ = self.compress(b"", FlushCompress::Finish, wire);
    }
}

impl fmt::Debug for Deflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflate").field("ended", &self.ended).finish_non_exhaustive()
    }
}
