//! Handshakes.

use core::time::Duration;

use super::{Buffer, Fault, Need, Output};

/// A handshake: a phase in which both sides talk before there is anything for the caller.
///
/// Its driver calls [`advance`](Self::advance) with what has been received, sends what was put into
/// `output`, and goes on until [`Progress::Done`]. Bytes that the peer sent after its last word of
/// this phase stay in `input`, which goes on to the next stage with the connection.
///
/// # Contract
/// - `advance` consumes from `input` what belongs to the exchange and nothing else.
/// - Called again with unchanged input it changes nothing and gives the same answer (law L10).
/// - At [`Progress::Done`] output may still be queued: the value is handed out at once, and the
///   driver sends the rest with the next output.
/// - Faults carry their offset in the stream: [`Buffer::position`] has it, and [`Buffer::step`]
///   adds it already.
pub trait Exchange {
    /// The result of the exchange.
    type Output;
    /// A violation of the rules by the peer.
    type Error;

    /// Goes on as far as `input` allows. `eof` says that nothing follows what is buffered.
    ///
    /// # Errors
    /// When the peer broke the rules; `output` may hold what it should be told.
    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Self::Output>, Fault<Self::Error>>;

    /// Returns how many bytes of `shown` belong to this exchange for certain. `shown` is what is
    /// buffered, and what a look into the kernel's queue found behind it.
    ///
    /// With it a connection under [`ReadPolicy::Peek`](crate::driver::ReadPolicy) takes a head out
    /// of the kernel in one piece with nothing over-read. The default, 0, makes the connection read
    /// by [`Need::claim`], which for heads means byte by byte.
    fn belonging(&mut self, shown: &[u8]) -> usize {
        let _ = shown;
        0
    }

    /// Returns the time at which [`on_deadline`](Self::on_deadline) is to be called, since an epoch
    /// that the caller chose. It may change with each call of the other methods.
    ///
    /// Only [`on_deadline`](Self::on_deadline) is told the time. To wait for a while from now on,
    /// return [`Duration::ZERO`]: the method is called at once, and can add to the time it is
    /// given.
    fn deadline(&self) -> Option<Duration> {
        None
    }

    /// Acts on a deadline that has passed: `now` is at or after it. The exchange queues what is to
    /// be sent again and sets its deadline anew, or gives up.
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

/// The state of an [`Exchange`].
///
/// Not `non_exhaustive`: every driver of an exchange must act on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<T> {
    /// It is done, with this result.
    Done(T),
    /// It waits for the peer. What is queued must be sent first.
    NeedRead(Need),
    /// Queued output must be sent before it goes on.
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
