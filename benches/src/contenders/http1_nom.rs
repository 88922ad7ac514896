//! The head of a request as a nom parser.

use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_while, take_while1},
    character::complete::{char, one_of},
};

/// Method and target.
type Line<'i> = (&'i [u8], &'i [u8]);

/// Reads a head, puts names and values into `headers`, and tells the request line and how many
/// headers there are. Those that there is no room for are an error.
pub(super) fn request<'i>(
    input: &'i [u8],
    headers: &mut [(&'i [u8], &'i [u8])],
) -> IResult<&'i [u8], (Line<'i>, usize)> {
    let (mut rest, line) = request_line(input)?;
    let mut count = 0;
    while !rest.starts_with(b"\r\n") {
        let (behind, read) = header(rest)?;
        let Some(place) = headers.get_mut(count) else {
            let kind = nom::error::ErrorKind::TooLarge;
            return Err(nom::Err::Failure(nom::error::Error::new(rest, kind)));
        };
        *place = read;
        count += 1;
        rest = behind;
    }
    let (rest, _) = line_end(rest)?;
    Ok((rest, (line, count)))
}

fn request_line(input: &[u8]) -> IResult<&[u8], Line<'_>> {
    let method = take_while1(is_token);
    let target = take_while1(|byte: u8| byte.is_ascii_graphic());
    let version = (tag("HTTP/1."), one_of("01"));
    let (rest, (method, _, target, _, _, _)) =
        (method, char(' '), target, char(' '), version, line_end).parse(input)?;
    Ok((rest, (method, target)))
}

fn header(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let blank = take_while(|byte| matches!(byte, b' ' | b'\t'));
    let value = take_while(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
    let (rest, (name, _, _, value, _)) =
        (take_while1(is_token), char(':'), blank, value, line_end).parse(input)?;
    Ok((rest, (name, value.trim_ascii_end())))
}

fn line_end(input: &[u8]) -> IResult<&[u8], &[u8]> {
    tag("\r\n").parse(input)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
