//! A phase in which both sides talk before there is anything for the caller.

use core::time::Duration;

use super::{Buffer, Fault, Need, Output};

/// A phase in which both sides talk before there is anything for the caller: a handshake.
///
/// Whoever drives it calls [`advance`](Self::advance) with what has been received, sends what was
/// put into `output`, and goes on until [`Progress::Done`]. Bytes that the peer sent after its
/// last word of this phase stay in `input`, which goes on to the next stage with the connection.
///
/// # Contract
/// - `advance` consumes from `input` what belongs to the exchange and nothing else.
/// - Called again with unchanged input it changes nothing and answers the same (law L10).
/// - With [`Progress::Done`] there may be output still queued: the value is handed out at once, and
///   the driver sends the rest with whatever comes next.
/// - Faults carry the offset in the stream: [`Buffer::position`] is at hand, and
///   [`Buffer::step`] adds it already.
pub trait Exchange {
    /// What the exchange comes to.
    type Output;
    /// How the peer can break the rules.
    type Error;

    /// Goes on as far as `input` allows. `eof` says that nothing will follow what is buffered.
    ///
    /// # Errors
    /// When the peer broke the rules; `output` may hold what it should be told.
    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Self::Output>, Fault<Self::Error>>;

    /// How many of the bytes in `shown` surely belong to this exchange, `shown` being what is
    /// buffered and what a look into the kernel's queue found behind it.
    ///
    /// It lets a connection that reads under [`ReadPolicy::Peek`](crate::driver::ReadPolicy) take
    /// a head out of the kernel in one piece with nothing over-read. The default, 0, makes it go
    /// by [`Need::claim`], which for heads means byte by byte.
    fn belonging(&mut self, shown: &[u8]) -> usize {
        let _ = shown;
        0
    }

    /// When [`on_deadline`](Self::on_deadline) is to be called, as a time since an epoch that the
    /// caller chose; it may change with each call of the other methods.
    ///
    /// Only [`on_deadline`](Self::on_deadline) is told the time. An exchange that is to wait for so
    /// long from now on answers [`Duration::ZERO`], is called at once, and adds to what it is told.
    fn deadline(&self) -> Option<Duration> {
        None
    }

    /// The deadline has passed: `now` is at or after it. The exchange queues what is to be sent
    /// again and sets its deadline anew, or gives up.
    ///
    /// # Errors
    /// When there is nothing left to try.
    fn on_deadline(
        &mut self,
        now: Duration,
        output: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        let _ = (now, output);
        Ok(())
    }
}

/// How far an [`Exchange`] has come.
///
/// Not `non_exhaustive`: whoever drives an exchange has to act upon each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<T> {
    /// It is over, and this is what came of it.
    Done(T),
    /// It waits for the peer. What is queued must be sent first.
    NeedRead(Need),
    /// What is queued must be sent before it goes on.
    NeedWrite,
}

impl<X: Exchange + ?Sized> Exchange for &mut X {
    type Output = X::Output;
    type Error = X::Error;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Self::Output>, Fault<Self::Error>> {
        (**self).advance(input, eof, output)
    }

    fn belonging(&mut self, shown: &[u8]) -> usize {
        (**self).belonging(shown)
    }

    fn deadline(&self) -> Option<Duration> {
        (**self).deadline()
    }

    fn on_deadline(
        &mut self,
        now: Duration,
        output: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        (**self).on_deadline(now, output)
    }
}
