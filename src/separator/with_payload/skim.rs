//! Payloads that are too long, passed over.

use core::{mem, num::NonZeroUsize};

use super::{PayloadError, Separator, WithPayload};
use crate::combine::{Skim, Skimmed};
use crate::{Cause, Decode, Fault, Framing, Need};

/// A record in front whose payload is too long, as far as it was not passed over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Oversize {
    /// The bytes of the line with its separator, which are in front.
    pub(super) line: usize,
    /// The bytes of the payload.
    pub(super) payload: usize,
}

impl<S, F, E> WithPayload<S, F>
where
    S: Separator,
    F: Fn(&[u8]) -> Result<Option<usize>, E>,
{
    /// Passes over what is buffered of a record that is too long.
    #[cold]
    fn pass_over(
        &self,
        input: &[u8],
        Oversize { line, payload }: Oversize,
    ) -> Result<Skimmed, Fault<PayloadError<S::Error, E>>> {
        let behind = line.saturating_add(payload);
        let there = input.get(behind..).unwrap_or_default();
        let differs =
            there.iter().zip(self.terminator).position(|(byte, expected)| byte != expected);
        if differs.is_none() && input.len() >= behind && there.len() >= self.terminator.len() {
            let length = behind + self.terminator.len();
            return Ok(Skimmed::End { length, content: payload });
        }
        // The bytes in front of a wrong terminator go first, as if they had come one by one.
        if let Some(length) = NonZeroUsize::new(input.len().min(behind)) {
            return Ok(Skimmed::Part { length, content: length.get() - line });
        }
        match differs {
            Some(at) => Err(Fault::new(PayloadError::Unterminated).at(at as u64)),
            None if payload > 0 => {
                let left = payload.saturating_add(self.terminator.len());
                Ok(Skimmed::Framing(Framing::Need(Need::ONE.claiming(left))))
            }
            None => Ok(Skimmed::Framing(Framing::need(self.terminator.len() - there.len()))),
        }
    }
}

/// Counts the bytes of the payload as content, so that `max` replaces the limit of
/// [`max_payload`](WithPayload::max_payload). Remain faults: a line that is too long, since it does
/// not say how long its payload is, and a payload that is too long for a
/// [`continued`](WithPayload::continued) record.
///
/// ```
/// use segue::combine::Measured;
/// use segue::{Buffer, DecodeExt, Output, Step, separator};
///
/// /// Returns the length in `PUB <subject> <bytes>`, the last word.
/// fn length(line: &[u8]) -> Result<Option<usize>, &'static str> {
///     let word = line.rsplit(|&byte| byte == b' ').next();
///     let length = word.and_then(|word| str::from_utf8(word).ok()?.parse().ok());
///     length.map(Some).ok_or("no length")
/// }
///
/// let records = separator::line().crlf().with_payload(length).terminated_by(b"\r\n");
/// let mut records = records.skip_oversize(8);
/// let mut buffer = Buffer::from(&b"PUB news 13\r\nmuch too long\r\nPUB news 4\r\nfine\r\n"[..]);
/// let mut output = Output::new();
/// let Step::Item(Measured::TooLong { bytes: 13 }) = buffer.step(&mut records, false, &mut output)? else {
///     panic!()
/// };
/// let Step::Item(Measured::Fits(item)) = buffer.step(&mut records, false, &mut output)? else {
///     panic!()
/// };
/// assert_eq!(item.payload(), Some(&b"fine"[..]));
/// # Ok::<(), segue::Fault<separator::PayloadError<std::convert::Infallible, &str>>>(())
/// ```
impl<S, F, E> Skim for WithPayload<S, F>
where
    S: Separator + 'static,
    F: Fn(&[u8]) -> Result<Option<usize>, E>,
{
    fn skim(&mut self, input: &[u8], eof: bool, max: usize) -> Result<Skimmed, Fault<Self::Error>> {
        if let Some(oversize) = self.oversize {
            return self.pass_over(input, oversize);
        }
        let own = mem::replace(&mut self.max_payload, max);
        let framed = self.frame(input, eof);
        self.max_payload = own;
        match (framed, self.oversize) {
            (Err(Fault { cause: Cause::TooLong, .. }), Some(oversize)) => {
                self.pass_over(input, oversize)
            }
            (framed, _) => framed.map(Skimmed::Framing),
        }
    }

    fn pass(&mut self, skimmed: Skimmed) {
        match (skimmed, &mut self.oversize) {
            (Skimmed::Part { content, .. }, Some(oversize)) => {
                oversize.line = 0;
                oversize.payload = oversize.payload.saturating_sub(content);
            }
            _ => {
                self.line.begin();
                self.begin();
            }
        }
    }
}
