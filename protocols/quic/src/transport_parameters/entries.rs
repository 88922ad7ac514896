//! Transport parameters as ids and bytes.

use segue::{Cause, Decode, Fault, Framing, Need, Record};

use super::wrong;
use crate::{TransportError, VarInt, Width};

/// One transport parameter as it is sent (RFC 9000 §18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The id of the parameter.
    pub id: VarInt,
    /// The value, in bytes whose meaning depends on the id.
    pub value: &'a [u8],
}

/// A stage that reads transport parameters one by one: an id, a length, and that many bytes.
///
/// - Complete input: each parameter is an item. None is refused, not even a repeated one.
/// - Partial input: the stage needs the rest of the parameter.
/// - At the end of the stream: done between two parameters, a truncation inside one.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_quic::transport_parameters::Parameters;
///
/// let mut parameters = Parameters::new();
/// let (mut buffer, mut output) = (Buffer::from(&b"\x01\x02\x75\x30\x0c"[..]), Output::new());
/// let Step::Item(one) = buffer.step(&mut parameters, false, &mut output)? else { panic!() };
/// assert_eq!((one.id.value(), one.value), (1, &[0x75, 0x30][..]));
/// assert!(matches!(buffer.step(&mut parameters, false, &mut output)?, Step::Need(_)));
/// # Ok::<(), segue::Fault<segue_quic::TransportError>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Parameters(());

impl Parameters {
    /// The longest accepted value in bytes: a TLS extension has no room for more.
    pub const MAX: usize = 0xffff;

    /// Creates a stage in front of the first parameter.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }

    /// Iterates over the parameters of `extension`. The first error is the last item.
    pub fn iter(extension: &[u8]) -> impl Iterator<Item = Result<Parameter<'_>, TransportError>> {
        let mut rest = Some(extension);
        core::iter::from_fn(move || {
            let left = rest.take().filter(|left| !left.is_empty())?;
            Some(match first(left) {
                Front::Whole(parameter, size) => {
                    rest = left.get(size..);
                    Ok(parameter)
                }
                Front::Short(_) | Front::TooLong(_) => Err(CUT_OFF),
            })
        })
    }
}

/// The entry in front of some bytes.
enum Front<'a> {
    /// A parameter of that many bytes.
    Whole(Parameter<'a>, usize),
    /// That many bytes more are needed at least.
    Short(usize),
    /// One that is too long, as its length says that far from the front.
    TooLong(usize),
}

fn first(input: &[u8]) -> Front<'_> {
    let mut rest = input;
    let short = |rest: &[u8]| {
        let size = rest.first().map_or(1, |&first| Width::of(first).size());
        Front::Short(size - rest.len())
    };
    let Some(id) = VarInt::take(&mut rest) else { return short(rest) };
    let at = input.len() - rest.len();
    let Some(length) = VarInt::take(&mut rest) else { return short(rest) };
    let length = match usize::try_from(length) {
        Ok(length) if length <= Parameters::MAX => length,
        _ => return Front::TooLong(at),
    };
    match rest.get(..length) {
        Some(value) => Front::Whole(Parameter { id, value }, input.len() - rest.len() + length),
        None => Front::Short(length - rest.len()),
    }
}

impl Decode for Parameters {
    type Item<'a> = Parameter<'a>;
    type Error = TransportError;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<TransportError>> {
        if input.is_empty() && eof {
            return Ok(Framing::Done);
        }
        match first(input) {
            Front::Whole(_, size) => Ok(Framing::Record(size)),
            Front::Short(missing) => Ok(Framing::Need(Need::exactly(missing))),
            Front::TooLong(at) => Err(Fault::too_long(at as u64)),
        }
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Parameter<'a>, Fault<TransportError>> {
        match first(record.into_slice()) {
            Front::Whole(parameter, _) => Ok(parameter),
            _ => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

const CUT_OFF: TransportError = wrong("a transport parameter is cut off", "RFC 9000 §18");
