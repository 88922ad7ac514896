use core::fmt;

/// A head that breaks a rule of HTTP/2 and HTTP/3: the rule, and its place.
///
/// A server answers a malformed request with [`Rule::status`], or resets its stream (RFC 9113
/// §8.1.1); a gateway answers 502 for a malformed response.
///
/// ```
/// use segue_http::{Arena, Place, RequestHead, Rule};
///
/// let mut arena = Arena::new();
/// for (name, value) in [(":method", "GET"), (":scheme", "http"), (":authority", "u@a"), (":path", "/")] {
///     arena.push(name.as_bytes(), value.as_bytes(), 0)?;
/// }
/// let malformed = RequestHead::read(arena.fields(), true).unwrap_err();
/// assert_eq!((malformed.rule, malformed.place), (Rule::Authority, Place::Line(2)));
/// assert_eq!((malformed.rule.section(), malformed.rule.status()), ("RFC 9113 §8.3.1", 400));
/// # Ok::<(), segue_http::Full>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Malformed {
    /// The rule that is broken.
    pub rule: Rule,
    /// The place where it is broken.
    pub place: Place,
}

/// The place of a mistake in a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The field that is that many lines behind the first, pseudo-fields included.
    Line(usize),
    /// The whole head: something is missing in it.
    Head,
}

/// A rule for the heads of HTTP/2 and HTTP/3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Pseudo-fields are known ones of this kind of message, each there once, in front of all
    /// fields.
    Pseudo,
    /// A request has `:method`, `:scheme` and `:path`; with `CONNECT` only `:method` and
    /// `:authority`.
    MissingPseudo,
    /// The method is a token.
    Method,
    /// The scheme is a letter, then letters, digits, `+`, `-` and `.`.
    Scheme,
    /// The authority is a host and an optional port, equals `Host`, and is there for `http` and
    /// `https`.
    Authority,
    /// The path begins with a slash, or is `*` with `OPTIONS`; it is visible ASCII.
    Path,
    /// `:protocol` is a token and stands with `CONNECT`.
    Protocol,
    /// The status is three digits from 100 on, and not 101.
    Status,
    /// The name of a field is a token without upper case.
    Name,
    /// The value of a field has no control in it and no blank at its ends.
    Value,
    /// There are no fields that are meant for one connection, but `TE: trailers`.
    Connection,
    /// All `Content-Length` are the same number, and that of the bytes that come.
    ContentLength,
    /// Trailers have no pseudo-fields.
    TrailerPseudo,
}

impl Malformed {
    pub(crate) const fn line(rule: Rule, at: usize) -> Self {
        Self { rule, place: Place::Line(at) }
    }

    pub(crate) const fn head(rule: Rule) -> Self {
        Self { rule, place: Place::Head }
    }
}

impl Rule {
    /// Returns the section with the rule. That of HTTP/3 stands in RFC 9114 §4.2 and §4.3.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::Pseudo => "RFC 9113 §8.3",
            Self::MissingPseudo | Self::Method | Self::Scheme | Self::Authority | Self::Path => {
                "RFC 9113 §8.3.1"
            }
            Self::Protocol => "RFC 8441 §4",
            Self::Status => "RFC 9113 §8.3.2",
            Self::Name | Self::Value => "RFC 9113 §8.2.1",
            Self::Connection => "RFC 9113 §8.2.2",
            Self::ContentLength => "RFC 9113 §8.1.1",
            Self::TrailerPseudo => "RFC 9113 §8.1",
        }
    }

    /// Returns the status of the answer, where there is one: 400.
    #[must_use]
    pub const fn status(self) -> u16 {
        400
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.rule {
            Rule::Pseudo => "a pseudo-field is unknown, repeated, or behind a field",
            Rule::MissingPseudo => "a pseudo-field is missing, or has no place in a CONNECT",
            Rule::Method => "the method is not a token",
            Rule::Scheme => "the scheme is none",
            Rule::Authority => {
                "the authority is not a host and an optional port, or differs from Host"
            }
            Rule::Path => "the path does not begin with a slash, or has a control in it",
            Rule::Protocol => "a protocol is none, or stands without CONNECT",
            Rule::Status => "the status is not three digits, or is 101",
            Rule::Name => "a field name is not a token in lower case",
            Rule::Value => "a field value has a control in it or whitespace around it",
            Rule::Connection => "a field is meant for one connection",
            Rule::ContentLength => "Content-Length is not one number, or not that of the content",
            Rule::TrailerPseudo => "a trailer is a pseudo-field",
        };
        f.write_str(text)?;
        if let Place::Line(at) = self.place {
            write!(f, ", in field {at}")?;
        }
        write!(f, " ({})", self.rule.section())
    }
}

impl core::error::Error for Malformed {}
