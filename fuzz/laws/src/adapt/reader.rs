//! Parsers that pull: from a `Read` that would block, from one with short reads, from a `BufRead`.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt::{self, Debug},
    io::{self, BufRead, ErrorKind, Read},
    rc::Rc,
};

use crate::{Answer, Parser};

/// A parser over a reader that never would block: it is given the stream at its end, in reads that
/// are as the cuts are, and finds the end of the stream behind them.
///
/// `make` gets the reader, which is a [`Read`] and a [`BufRead`]; `next` returns an item, or `None`
/// at the end of the stream.
///
/// ```
/// use segue_laws::{adapt, parser};
/// use std::io::BufRead;
///
/// parser("lines", || adapt::blocking(BufRead::lines, |lines| lines.next().transpose()))
///     .accepts(["one\ntwo\n"])
///     .ends_anywhere()
///     .check();
/// ```
pub fn blocking<R, T, E>(
    make: impl FnOnce(Source) -> R,
    next: impl FnMut(&mut R) -> Result<Option<T>, E> + 'static,
) -> Reading<R>
where
    T: Debug + 'static,
    E: Debug,
{
    reading(make, next, false)
}

/// A parser over a reader that would block where the stream is cut, and is asked again once more
/// has come. An error that it returns then is taken for the reader's, whatever it made of it.
///
/// Only for parsers that say they may be used so: most take an error for final.
pub fn non_blocking<R, T, E>(
    make: impl FnOnce(Source) -> R,
    next: impl FnMut(&mut R) -> Result<Option<T>, E> + 'static,
) -> Reading<R>
where
    T: Debug + 'static,
    E: Debug,
{
    reading(make, next, true)
}

fn reading<R, T, E>(
    make: impl FnOnce(Source) -> R,
    mut next: impl FnMut(&mut R) -> Result<Option<T>, E> + 'static,
    would_block: bool,
) -> Reading<R>
where
    T: Debug + 'static,
    E: Debug,
{
    let source = Source::default();
    let reader = make(source.handle());
    let next = move |reader: &mut R| match next(reader) {
        Ok(None) => Answer::End,
        result => Answer::from_result(result),
    };
    Reading { source, reader, next: Box::new(next), would_block, left: None }
}

/// A parser over a reader, made by [`blocking`] and [`non_blocking`].
pub struct Reading<R> {
    source: Source,
    reader: R,
    next: Box<dyn FnMut(&mut R) -> Answer>,
    would_block: bool,
    left: Option<Box<dyn Fn(&R) -> Vec<u8>>>,
}

impl<R: Debug> fmt::Debug for Reading<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("reader", &self.reader).finish_non_exhaustive()
    }
}

impl<R> Reading<R> {
    /// Sets how the parser shows the bytes that it has read and not consumed: its buffer. A parser
    /// that reads no further than it consumes has an empty one. The bytes that it has not read are
    /// added by themselves.
    pub fn left(mut self, buffered: impl Fn(&R) -> Vec<u8> + 'static) -> Self {
        self.left = Some(Box::new(buffered));
        self
    }
}

impl<R> Parser for Reading<R> {
    fn push(&mut self, bytes: &[u8]) {
        self.source.push(bytes);
    }

    fn step(&mut self) -> Answer {
        if !self.would_block {
            return Answer::Need(None);
        }
        self.source.reads.borrow_mut().blocked = false;
        let answer = (self.next)(&mut self.reader);
        let blocked = self.source.reads.borrow().blocked;
        if blocked && matches!(answer, Answer::Error(_)) { Answer::Need(None) } else { answer }
    }

    fn end(&mut self) -> Answer {
        self.source.reads.borrow_mut().ended = true;
        (self.next)(&mut self.reader)
    }

    fn waiting(&self) -> usize {
        self.source.reads.borrow().waiting.iter().map(Vec::len).sum()
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        let buffered = self.left.as_ref()?(&self.reader);
        let reads = self.source.reads.borrow();
        let unread = reads.waiting.iter().flatten().skip(reads.taken);
        Some(buffered.into_iter().chain(unread.copied()).collect())
    }
}

/// The stream as a parser that pulls reads it: one read for each cut.
#[derive(Debug, Default)]
pub struct Source {
    reads: Rc<RefCell<Reads>>,
    /// A copy of the front read, for `fill_buf` to lend; empty when there was none.
    lent: Vec<u8>,
}

#[derive(Debug, Default)]
struct Reads {
    /// All that was not read yet; none is empty, since that would be the end of the stream.
    waiting: VecDeque<Vec<u8>>,
    /// The number of bytes of the front one that were.
    taken: usize,
    ended: bool,
    /// A read was answered by [`ErrorKind::WouldBlock`].
    blocked: bool,
}

impl Source {
    fn push(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.reads.borrow_mut().waiting.push_back(bytes.to_vec());
        }
    }

    /// The same reads, to be given away.
    fn handle(&self) -> Self {
        Self { reads: Rc::clone(&self.reads), ..Self::default() }
    }
}

impl Read for Source {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(room)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let mut reads = self.reads.borrow_mut();
        if reads.taken == 0 {
            self.lent = reads.waiting.front().cloned().unwrap_or_default();
            if self.lent.is_empty() && !reads.ended {
                reads.blocked = true;
                return Err(ErrorKind::WouldBlock.into());
            }
        }
        Ok(&self.lent[reads.taken..])
    }

    /// As with every `BufRead`, `count` is at most what was lent; of more, all of it is consumed.
    fn consume(&mut self, count: usize) {
        let mut reads = self.reads.borrow_mut();
        reads.taken = self.lent.len().min(reads.taken + count);
        if reads.taken == self.lent.len() && reads.taken > 0 {
            reads.waiting.pop_front();
            reads.taken = 0;
            self.lent.clear();
        }
    }
}
