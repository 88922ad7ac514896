//! Conversions between a transport and a stage.

use super::{Buffer, Fault, Output, Step};

/// A layer under a protocol: TLS, Noise, compression of a whole stream, a tunnel.
///
/// It turns the bytes of a transport, the *wire*, into those of the protocol above, the *plain*,
/// and back. Like a stage it does no I/O, knows no clock and owns neither buffer nor output.
/// `Connection::layered` puts a connection on one after a handshake: an
/// [`Exchange`](crate::Exchange) whose output is the layer. Layers stack.
///
/// If one record in means one record out, [`Paired`](crate::combine::Paired) makes a layer out
/// of a stage and an encoder.
///
/// # Contract (law L12, checked by `laws::layers`)
/// - The cuts in the wire do not matter.
/// - One end opens the same bytes in the same order that the other sealed.
/// - A wire that ends before the peer has said its end is a fault and not an end, unless the
///   protocol has no end of its own ([`ENDS`](Self::ENDS)).
/// - Answers are bounded by what was read, and only sealed bytes leave.
///
/// ```
/// use segue::{Buffer, Fault, Layer, Need, Output, Step};
///
/// /// Each byte is exclusive-ored with a key; a 0 on the wire is the end. (This is not secure.)
/// struct Masked(u8);
///
/// impl Layer for Masked {
///     type Plain<'a> = &'a [u8];
///     type Error = core::convert::Infallible;
///
///     fn open<'a>(
///         &'a mut self, wire: &'a mut Buffer, eof: bool, _: &mut Output,
///     ) -> Result<Step<&'a [u8]>, Fault<Self::Error>> {
///         let length = wire.as_slice().iter().take_while(|byte| **byte != 0).count();
///         if length > 0 {
///             let plain = wire.take(length).into_mut();
///             plain.iter_mut().for_each(|byte| *byte ^= self.0);
///             return Ok(Step::Item(plain));
///         }
///         match wire.is_empty() {
///             false => {
///                 wire.consume(1);
///                 Ok(Step::Done)
///             }
///             true if eof => Err(Fault::truncated(wire.position())),
///             true => Ok(Step::Need(Need::ONE)),
///         }
///     }
///
///     fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Self::Error> {
///         while let Some(bytes) = plain.pop() {
///             wire.put_mut(&bytes).iter_mut().for_each(|byte| *byte ^= self.0);
///         }
///         Ok(())
///     }
///
///     fn close(&mut self, wire: &mut Output) {
///         wire.put(&[0]);
///     }
/// }
///
/// let (mut plain, mut wire) = (Output::new(), Output::new());
/// plain.put(b"hello");
/// Masked(0x80).seal(&mut plain, &mut wire)?;
/// Masked(0x80).close(&mut wire);
///
/// let mut buffer = Buffer::from(&wire.to_vec()[..]);
/// let (mut layer, mut answers) = (Masked(0x80), Output::new());
/// assert_eq!(layer.open(&mut buffer, false, &mut answers), Ok(Step::Item(&b"hello"[..])));
/// assert_eq!(layer.open(&mut buffer, false, &mut answers), Ok(Step::Done));
/// # Ok::<(), core::convert::Infallible>(())
/// ```
pub trait Layer {
    /// The bytes of one opened record, in the wire's buffer or in the layer.
    type Plain<'a>: AsRef<[u8]>
    where
        Self: 'a;
    /// A violation of the layer's rules by the peer, or the reason that the layer cannot seal.
    type Error;

    /// True if the protocol has an end of its own, such as `close_notify` of TLS.
    ///
    /// False for a protocol without one, such as Noise: the wire may end between two records, and a
    /// reader cannot tell that from a cut. A cut inside a record is a fault all the same.
    const ENDS: bool = true;

    /// Consumes the next record of `wire`, opens it, and lends its content, which may be empty.
    ///
    /// [`Step::Need`] says how much is missing. [`Step::Done`] is the peer's own end: it is
    /// consumed, nothing behind it is, and the same answer follows every further call. `eof` says
    /// that nothing follows. Answers and alerts go to `answers`, sealed, also on failure.
    ///
    /// # Errors
    /// A record that breaks the rules of the layer, at its offset in the wire ([`Buffer::position`]
    /// is that of the front). All faults are fatal, since the content of the record is missing. A
    /// wire that ends too early is [`truncated`](Fault::truncated); [`Step::Need`] at `eof` means
    /// the same. After a fault the layer is neither asked to seal nor to close: an alert is its
    /// last word.
    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<Self::Plain<'a>>, Fault<Self::Error>>;

    /// Takes at least one byte out of `plain`, seals it, and appends it to `wire`: one record, or
    /// all of it.
    ///
    /// # Errors
    /// When nothing more can be sealed, for example because keys are used up. The connection cannot
    /// go on then.
    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Self::Error>;

    /// Appends the end of this side to `wire`. It is called once, and nothing is sealed after it.
    fn close(&mut self, wire: &mut Output);

    /// Returns the length in bytes of the longest record on the wire, for a buffer that holds a
    /// whole one. 0 if it is not known.
    fn lease(&self) -> usize {
        0
    }
}
