//! Layers that are counted.

use segue::{Buffer, Fault, Layer, Output, Step};
use std::sync::{Arc, Mutex, PoisonError};

/// The bytes that went through a layer, both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// The position of the first byte in the stream of the layer below, behind a handshake.
    pub begins: u64,
    /// The position in that stream of the next byte.
    pub wire_in: u64,
    /// Bytes that were opened: the position in the stream above.
    pub plain_in: u64,
    /// Bytes that were sealed.
    pub plain_out: u64,
    /// Bytes that this became in the stream below, answers included.
    pub wire_out: u64,
    /// Bytes of the layer's own end.
    pub end: u64,
}

/// A [`Flow`] that outlives its layer, which is dropped with its connection.
pub type Shared<T> = Arc<Mutex<T>>;

/// Reads or changes the shared value.
pub fn with<T, R>(shared: &Shared<T>, what: impl FnOnce(&mut T) -> R) -> R {
    what(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A layer, and the bytes that go through it.
#[derive(Debug)]
pub struct Counted<L> {
    layer: L,
    flow: Shared<Flow>,
}

impl<L> Counted<L> {
    /// Counts `layer` in `flow`, from position `begins` of the stream below.
    pub fn new(layer: L, begins: u64, flow: &Shared<Flow>) -> Self {
        with(flow, |flow| *flow = Flow { begins, wire_in: begins, ..Flow::default() });
        Self { layer, flow: Arc::clone(flow) }
    }
}

impl<L: Layer> Layer for Counted<L> {
    type Plain<'a>
        = L::Plain<'a>
    where
        Self: 'a;
    type Error = L::Error;
    const ENDS: bool = L::ENDS;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<L::Plain<'a>>, Fault<L::Error>> {
        // The bytes that an item has taken are seen at the next call, since the item may borrow the
        // wire.
        with(&self.flow, |flow| flow.wire_in = wire.position());
        let before = answers.len();
        let step = self.layer.open(wire, eof, answers);
        with(&self.flow, |flow| {
            flow.wire_out += (answers.len() - before) as u64;
            if let Ok(Step::Item(plain)) = &step {
                flow.plain_in += plain.as_ref().len() as u64;
            }
        });
        step
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), L::Error> {
        let (waiting, sealed) = (plain.len(), wire.len());
        self.layer.seal(plain, wire)?;
        with(&self.flow, |flow| {
            flow.plain_out += (waiting - plain.len()) as u64;
            flow.wire_out += (wire.len() - sealed) as u64;
        });
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        let sealed = wire.len();
        self.layer.close(wire);
        with(&self.flow, |flow| flow.end = (wire.len() - sealed) as u64);
    }

    fn lease(&self) -> usize {
        self.layer.lease()
    }
}
