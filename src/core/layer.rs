//! What stands between a transport and a stage.

use super::{Buffer, Fault, Output, Step};

/// A layer under a protocol: TLS, Noise, compression of a whole stream, a tunnel.
///
/// It makes of the bytes of a transport, the *wire*, those of the protocol above, the *plain*, and
/// the other way round. Like a stage it does no I/O, knows no clock and owns neither buffer nor
/// output. A [`Connection`](https://docs.rs/segue/latest/segue/driver/struct.Connection.html) is
/// put on one by `layered`, once a handshake is done: that is an [`Exchange`](crate::Exchange)
/// whose output is the layer. Layers stand on layers.
///
/// Where one record in means one record out, [`Paired`](crate::combine::Paired) makes a layer of
/// a stage and an encoder.
///
/// # Contract (law L12, checked by `laws::layers`)
/// - Where the wire is cut does not matter.
/// - What one end seals, the other opens: the same bytes in the same order.
/// - A wire that ends without the peer's own end is a fault, never an end, unless the protocol has
///   no end of its own ([`ENDS`](Self::ENDS)).
/// - Answers are bounded by what was read, and nothing leaves that was not sealed.
///
/// ```
/// use segue::{Buffer, Fault, Layer, Need, Output, Step};
///
/// /// Each byte is exclusive-ored with a key; a 0 on the wire is the end. (Nobody is safe by it.)
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
    /// The bytes of one opened record: they may lie in the wire's buffer, or in the layer.
    type Plain<'a>: AsRef<[u8]>
    where
        Self: 'a;
    /// How the bytes of a peer can break the rules of this layer, and why it cannot seal.
    type Error;

    /// Whether the protocol has an end of its own, such as `close_notify` of TLS.
    ///
    /// False where it has none, as Noise: then the wire may end between two records, and a reader
    /// cannot tell that from a cut. Inside a record a cut is a fault all the same.
    const ENDS: bool = true;

    /// Consumes the next record of `wire`, opens it, and lends what was in it, which may be nothing.
    ///
    /// [`Step::Need`] says what is missing; [`Step::Done`] is the peer's own end, which is consumed, and
    /// nothing behind it; who asks again is told it again. `eof` says that nothing follows. Answers and alerts are queued in
    /// `answers`, sealed, also where it fails.
    ///
    /// # Errors
    /// When the record breaks the rules of the layer, at its offset in the wire: [`Buffer::position`]
    /// is the front's. All faults are fatal, since what the record held is missing. A wire that ends where it must not is
    /// [`truncated`](Fault::truncated); answering [`Step::Need`] at `eof` comes to the same. Behind a
    /// fault the layer is asked nothing more, neither to seal nor to close: an alert is the last word.
    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<Self::Plain<'a>>, Fault<Self::Error>>;

    /// Seals at least one byte of what waits in `plain`, which it takes out, and appends it to
    /// `wire`: a record, or all.
    ///
    /// # Errors
    /// When nothing more can be sealed: keys are used up. The connection cannot go on then.
    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Self::Error>;

    /// Appends the end of this side to `wire`. It is called once, and nothing is sealed after it.
    fn close(&mut self, wire: &mut Output);

    /// The longest record on the wire, in bytes, for a buffer that holds a whole one. 0 where
    /// nothing is known.
    fn lease(&self) -> usize {
        0
    }
}
