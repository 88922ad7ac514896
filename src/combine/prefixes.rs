//! A decision by a table of prefixes.

use super::{Choice, Decision, Look};

/// A table of prefixes and what each stands for, made by [`prefixes`].
///
/// The longest prefix that the input begins with wins, and among equal ones the first. The verdict
/// falls with the first byte that settles it: where the input is on its way to a longer prefix, it
/// is waited for; where no prefix can match any more, or the stream ends before one does, it is
/// the one given to [`otherwise`](Self::otherwise). So it depends on the bytes of the stream and
/// never on how they were cut.
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

/// A [`Prefixes`] table that knows what to say where no prefix matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixTable<T, const N: usize> {
    prefixes: Prefixes<T, N>,
    otherwise: T,
}

/// A table of prefixes and what each stands for. See [`Prefixes`].
pub const fn prefixes<T, const N: usize>(table: [(&'static [u8], T); N]) -> Prefixes<T, N> {
    Prefixes { table }
}

impl<T: Clone, const N: usize> Prefixes<T, N> {
    /// The stage that decides by this table, and for `otherwise` where no prefix matches.
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
                // It is longer than the input, and so than whatever matches already.
                return Decision::MORE;
            }
        }
        Decision::Pick(longest.map_or(&self.otherwise, |(_, picked)| picked).clone())
    }
}
