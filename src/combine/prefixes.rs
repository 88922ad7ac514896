//! Decisions by a table of prefixes.

use super::{Choice, Decision, Look};

/// A table of prefixes and the decision each stands for, made by [`prefixes`].
///
/// The longest prefix that the input begins with wins, and the first of equal ones. The decision is
/// made at the first byte that settles it. If the input may still become a longer prefix, more
/// input is needed; if no prefix can match any more, or the stream ends before one does, the
/// decision is the one given to [`otherwise`](Self::otherwise). So it depends on the bytes of the
/// stream and never on the cuts.
///
/// ```
/// use segue::{Buffer, Output, Step, combine::prefixes};
///
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// enum Proto { Http1, Http2, Tls }
///
/// // RFC 9113 §3.4; RFC 8446 §5.1.
/// let mut proto = prefixes([
///     (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Proto::Http2),
///     (b"\x16\x03", Proto::Tls),
/// ])
/// .otherwise(Proto::Http1);
///
/// let mut buffer = Buffer::from(&b"PR"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut proto, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"O"); // a method that only begins as the preface does
/// assert_eq!(buffer.step(&mut proto, false, &mut output), Ok(Step::Item(Proto::Http1)));
/// assert_eq!(buffer.as_slice(), b"PRO");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefixes<T, const N: usize> {
    table: [(&'static [u8], T); N],
}

/// A [`Prefixes`] table with a decision for the case that no prefix matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixTable<T, const N: usize> {
    prefixes: Prefixes<T, N>,
    otherwise: T,
}

/// Makes a table of prefixes and their decisions. See [`Prefixes`].
pub const fn prefixes<T, const N: usize>(table: [(&'static [u8], T); N]) -> Prefixes<T, N> {
    Prefixes { table }
}

impl<T: Clone, const N: usize> Prefixes<T, N> {
    /// Makes a stage that decides by this table, and for `otherwise` if no prefix matches.
    pub fn otherwise(self, otherwise: T) -> Choice<T, PrefixTable<T, N>> {
        Choice::new(PrefixTable { prefixes: self, otherwise })
    }
}

impl<T: Clone, const N: usize> Look<T> for PrefixTable<T, N> {
    fn look(&mut self, input: &[u8], eof: bool) -> Decision<T> {
        let mut longest: Option<(&[u8], &T)> = None;
        for (prefix, picked) in &self.prefixes.table {
            if input.starts_with(prefix) {
                if longest.is_none_or(|(longest, _)| longest.len() < prefix.len()) {
                    longest = Some((prefix, picked));
                }
            } else if !eof && prefix.starts_with(input) {
                // The prefix is longer than the input, and so than any that matches already.
                return Decision::MORE;
            }
        }
        Decision::Pick(longest.map_or(&self.otherwise, |(_, picked)| picked).clone())
    }
}
