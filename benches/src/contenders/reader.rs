//! Records out of a transport, which fills the buffer a read at a time.

use std::{
    hint::black_box,
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use segue::driver::sync::Connection;
use tokio_util::codec::{Decoder, FramedRead};

use super::{names, ours::Stage, see, see_owned};
use crate::Contender;

/// Bytes of a read: the default of a segue connection. tokio-util's default is half of that, and
/// is set to the same.
const READ: usize = 16 * 1024;

/// A reader over memory that gives a fixed number of bytes a read.
struct Source<'i>(&'i [u8]);

impl Read for Source<'_> {
    #[inline]
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

/// Nothing is written in these benches.
impl Write for Source<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A loop with a vector and two cursors. `first` gives the record in front and what follows it,
/// unless the record is longer than `max`.
pub(super) fn by_hand<'i>(
    input: &'i [u8],
    max: usize,
    first: impl for<'a> Fn(&'a [u8], usize) -> Option<(&'a [u8], &'a [u8])> + 'i,
) -> Contender<'i> {
    let max = black_box(max);
    Contender::new(names::READ_FLOOR, move || {
        let mut source = Source(input);
        let mut buffer = vec![0; 2 * READ];
        let (mut end, mut count) = (0, 0);
        while let Ok(read @ 1..) = source.read(&mut buffer[end..]) {
            end += read;
            let mut rest = &buffer[..end];
            while let Some((record, behind)) = first(rest, max) {
                see(record);
                rest = behind;
                count += 1;
            }
            let held = rest.len();
            buffer.copy_within(end - held..end, 0);
            end = held;
        }
        count
    })
}

/// A blocking connection of segue, with all that is in one: its output, its limits, its lease of a
/// buffer. Items are lent.
pub(super) fn connection<'i, D: Stage>(
    input: &'i [u8],
    stage: impl Fn() -> D + 'i,
) -> Contender<'i> {
    Contender::new(names::CONNECTION, move || {
        let mut connection = Connection::new(Source(input), stage());
        let mut count = 0;
        while let Ok(Some(turn)) = connection.turn() {
            see(&turn.item);
            count += 1;
        }
        count
    })
}

/// A codec of tokio-util, polled without a runtime. Items are owned.
pub(super) fn framed_read<'i, C: Decoder<Item: AsRef<[u8]>> + Unpin>(
    input: &'i [u8],
    codec: impl Fn() -> C + 'i,
) -> Contender<'i> {
    Contender::new(names::FRAMED_READ, move || {
        let mut context = Context::from_waker(Waker::noop());
        let mut framed = FramedRead::with_capacity(input, codec(), READ);
        let mut count = 0;
        while let Poll::Ready(Some(Ok(record))) = Pin::new(&mut framed).poll_next(&mut context) {
            see_owned(record);
            count += 1;
        }
        count
    })
}
