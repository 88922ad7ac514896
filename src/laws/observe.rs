//! What an item says, written down so that it outlives the loan.

use bytes::{Bytes, BytesMut};
use std::{borrow::Cow, convert::Infallible, fmt};

use super::{report::escaped, trace::FaultSeen};
use crate::{Record, mux};

/// Says what is in an item, so that items of two runs can be compared.
///
/// An item may borrow the buffer and its stage, so it cannot be kept; what it says can.
///
/// ```
/// use segue::laws::{Log, Observe};
///
/// enum Part<'a> {
///     Length(u64),
///     /// Some of the payload, as it came.
///     Data(&'a [u8]),
///     End,
/// }
///
/// impl Observe for Part<'_> {
///     fn observe(&self, log: &mut Log) {
///         match self {
///             Self::Length(length) => log.event(format_args!("length {length}")),
///             Self::Data(data) => log.piece(data),
///             Self::End => log.event("end"),
///         }
///     }
/// }
/// ```
pub trait Observe {
    /// Writes what the item says to `log`.
    fn observe(&self, log: &mut Log);
}

/// What the items of one run said, in their order.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: Vec<Entry>,
    keeps: Keeps,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Keeps {
    #[default]
    All,
    /// Whole payloads count as pieces of one.
    Joined,
    /// For runs that are only timed.
    Nothing,
}

/// One thing that an item said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// Whatever is not payload, by its `Debug`.
    Event(String),
    /// A whole payload.
    Bytes(Vec<u8>),
    /// A payload that came in pieces, joined.
    Pieces(Vec<u8>),
    /// A fault after which the stage went on.
    Fault(FaultSeen),
}

impl Log {
    pub(super) fn new(in_pieces: bool) -> Self {
        let keeps = if in_pieces { Keeps::Joined } else { Keeps::All };
        Self { entries: Vec::new(), keeps }
    }

    /// A log that keeps nothing.
    pub(super) fn discarded() -> Self {
        Self { entries: Vec::new(), keeps: Keeps::Nothing }
    }

    /// Writes down a whole payload: how long it is must not depend on the cuts.
    pub fn bytes(&mut self, payload: &[u8]) {
        match self.keeps {
            Keeps::All => self.entries.push(Entry::Bytes(payload.to_vec())),
            Keeps::Joined => self.piece(payload),
            Keeps::Nothing => {}
        }
    }

    /// Writes down a piece of a payload: it is joined with the pieces right before and after it,
    /// since into how many pieces a payload falls may depend on the cuts.
    ///
    /// A stage that reads several such payloads should log an [`event`](Self::event) in between.
    pub fn piece(&mut self, piece: &[u8]) {
        match self.entries.last_mut() {
            _ if piece.is_empty() || self.keeps == Keeps::Nothing => {}
            Some(Entry::Pieces(payload)) => payload.extend_from_slice(piece),
            _ => self.entries.push(Entry::Pieces(piece.to_vec())),
        }
    }

    /// Writes down anything else: a field, a kind, a beginning or an end.
    pub fn event(&mut self, event: impl fmt::Debug) {
        if self.keeps != Keeps::Nothing {
            self.entries.push(Entry::Event(format!("{event:?}")));
        }
    }

    /// What has been written down.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn fault(&mut self, fault: FaultSeen) {
        self.entries.push(Entry::Fault(fault));
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => f.write_str(event),
            Self::Bytes(bytes) => f.write_str(&escaped(bytes)),
            Self::Pieces(bytes) => write!(f, "pieces of {}", escaped(bytes)),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

impl<T: Observe + ?Sized> Observe for &T {
    fn observe(&self, log: &mut Log) {
        (**self).observe(log);
    }
}

impl<T: Observe + ?Sized> Observe for &mut T {
    fn observe(&self, log: &mut Log) {
        (**self).observe(log);
    }
}

impl<T: Observe + ?Sized> Observe for Box<T> {
    fn observe(&self, log: &mut Log) {
        (**self).observe(log);
    }
}

impl<T: Observe + ToOwned + ?Sized> Observe for Cow<'_, T> {
    fn observe(&self, log: &mut Log) {
        (**self).observe(log);
    }
}

impl<const N: usize> Observe for [u8; N] {
    fn observe(&self, log: &mut Log) {
        log.bytes(self);
    }
}

impl<T: Observe> Observe for Option<T> {
    fn observe(&self, log: &mut Log) {
        match self {
            Some(value) => {
                log.event(format_args!("Some"));
                value.observe(log);
            }
            None => log.event(format_args!("None")),
        }
    }
}

impl<T: Observe, E: Observe> Observe for Result<T, E> {
    fn observe(&self, log: &mut Log) {
        match self {
            Ok(value) => {
                log.event(format_args!("Ok"));
                value.observe(log);
            }
            Err(error) => {
                log.event(format_args!("Err"));
                error.observe(log);
            }
        }
    }
}

impl Observe for Infallible {
    fn observe(&self, _: &mut Log) {
        match *self {}
    }
}

/// How often data is told of as [`Readable`](mux::Event::Readable) depends on the cuts, so it says
/// nothing here.
impl<Id: fmt::Debug> Observe for mux::Event<Id> {
    fn observe(&self, log: &mut Log) {
        if !matches!(self, Self::Readable(_)) {
            log.event(self);
        }
    }
}

/// Payloads, whole.
macro_rules! observed_as_bytes {
    ($($type:ty),*) => {$(
        impl Observe for $type {
            fn observe(&self, log: &mut Log) {
                log.bytes(self.as_ref());
            }
        }
    )*};
}

observed_as_bytes!(Record<'_>, [u8], Bytes, BytesMut, Vec<u8>);

/// What is compared by its `Debug`.
macro_rules! observed_as_event {
    ($($type:ty),*) => {$(
        impl Observe for $type {
            fn observe(&self, log: &mut Log) {
                log.event(self);
            }
        }
    )*};
}

observed_as_event!(
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    bool,
    char,
    (),
    str,
    String
);

macro_rules! observed_tuple {
    ($($name:ident)+) => {
        impl<$($name: Observe),+> Observe for ($($name,)+) {
            #[expect(non_snake_case, reason = "the fields are named as their types")]
            fn observe(&self, log: &mut Log) {
                let ($($name,)+) = self;
                $($name.observe(log);)+
            }
        }
    };
}

observed_tuple!(A);
observed_tuple!(A B);
observed_tuple!(A B C);
observed_tuple!(A B C D);
observed_tuple!(A B C D E);
observed_tuple!(A B C D E F);
