use core::fmt;

use crate::spans::Span;

/// The headers of a head, in the order they came in (RFC 9110 §5).
///
/// Names and values are lent from the buffer without a copy. Lookups search the list and compare
/// names without regard to case.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_http1::RequestHead;
///
/// let mut buffer = Buffer::from(
///     &b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive,  Upgrade\r\n\r\n"[..],
/// );
/// let (mut head, mut output) = (RequestHead::new(), Output::new());
/// let Step::Item(request) = buffer.step(&mut head, false, &mut output).unwrap() else { panic!() };
/// let headers = request.headers();
/// assert_eq!(headers.find("host"), Some(&b"a"[..]));
/// assert!(headers.contains_token("connection", "upgrade"));
/// assert_eq!(headers.iter().map(|header| header.name).collect::<Vec<_>>(), ["Host", "Connection"]);
/// ```
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    head: &'a [u8],
    spans: &'a [Span],
}

/// One header line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name as it was written: a token.
    pub name: &'a str,
    /// The value without the whitespace around it. It may hold any byte but controls.
    pub value: &'a [u8],
}

impl<'a> Headers<'a> {
    #[inline]
    pub(crate) fn new(head: &'a [u8], spans: &'a [Span]) -> Self {
        Self { head, spans }
    }

    /// The whole head.
    #[inline]
    pub(crate) fn head(&self) -> &'a [u8] {
        self.head
    }

    /// Returns the number of header lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Returns true if there are no header lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Returns all headers in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Header<'a>> + Clone + use<'a> {
        let head = self.head;
        self.spans
            .iter()
            .map(move |span| Header { name: span.name_text(head), value: span.value(head) })
    }

    /// Returns all headers in their order, names and values as bytes.
    ///
    /// Values that are only compared or sent on need not be text, and the check for text takes as
    /// long as finding a name. Pairs are [`HeaderLine`](crate::HeaderLine)s as well.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> + Clone + use<'a> {
        let head = self.head;
        self.spans.iter().map(move |span| (span.name(head), span.value(head)))
    }

    /// Returns the value of the first header with that name, compared without regard to case.
    ///
    /// Use [`all`](Self::all) where a second one would be an attack.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Returns the values of all headers with that name in their order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a, 'n> {
        let head = self.head;
        self.named(name).map(move |span| span.value(head))
    }

    /// Returns the elements of the comma-separated list that all headers with that name make up,
    /// without the whitespace around them and without empty ones (RFC 9110 §5.6.1).
    ///
    /// A comma inside a quoted string does not separate, so lists with parameters, such as
    /// `Sec-WebSocket-Extensions`, are split in the right places.
    pub fn tokens<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.all(name).flat_map(Elements)
    }

    /// Returns true if that list contains `token`, compared without regard to case.
    #[must_use]
    pub fn contains_token(&self, name: &str, token: &str) -> bool {
        self.tokens(name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The ranges of the headers with that name.
    pub(crate) fn named<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = Span> + Clone + use<'a, 'n> {
        let head = self.head;
        self.spans
            .iter()
            .filter(move |span| span.name(head).eq_ignore_ascii_case(name.as_bytes()))
            .copied()
    }

    #[inline]
    pub(crate) fn spans(&self) -> &'a [Span] {
        self.spans
    }

    #[inline]
    pub(crate) fn name(&self, span: Span) -> &'a [u8] {
        span.name(self.head)
    }

    #[inline]
    pub(crate) fn value(&self, span: Span) -> &'a [u8] {
        span.value(self.head)
    }

    /// The elements of the list in one line.
    pub(crate) fn tokens_of(&self, span: Span) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Elements(self.value(span))
    }
}

/// Headers with the same names and values in the same order are equal.
impl PartialEq for Headers<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers<'_> {}

/// Shows names but no values: tokens and cookies do not belong in logs.
impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|header| header.name)).finish()
    }
}

/// Shows the name but not the value.
impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The elements of one line of a comma-separated list.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.0.is_empty() {
            let end = element_end(self.0);
            let element = self.0[..end].trim_ascii();
            self.0 = self.0.get(end + 1..).unwrap_or_default();
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    }
}

/// Finds the first comma outside of quotes, or the end.
#[inline]
fn element_end(list: &[u8]) -> usize {
    let first = list.iter().position(|byte| matches!(byte, b',' | b'"'));
    match first {
        Some(at) if list[at] == b'"' => quoted_element_end(list),
        first => first.unwrap_or(list.len()),
    }
}

/// The same for a list with quotes in it.
fn quoted_element_end(list: &[u8]) -> usize {
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = list.get(at) {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            b',' if !quoted => return at,
            _ => {}
        }
        at += 1;
    }
    list.len()
}
