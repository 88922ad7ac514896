//! Header lines in which there is nothing odd, as nearly all are, many bytes at a time.
//!
//! A mask tells where in a window of the head there is anything but text. In a plain head that is
//! only where its lines end, so windows are looked at one after the other without regard to lines,
//! and of each line only its name and both ends of its value are looked at again. Whatever is not
//! as it is expected is left to [`Line::read`](crate::lines::Line::read), byte by byte.

use crate::block::{self, BLOCK, WINDOW, not_text};
use crate::class::{TOKEN, run};
use crate::spans::{Span, Spans};

/// What comes behind the last line that was plain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// Nothing of the head, which ends at this offset.
    End(usize),
    /// A line that is to be read with care, if it is whole at all.
    Odd,
    /// The beginning of a line, in which there is no LF.
    Short,
}

/// Reads plain header lines from `at` on, which is moved behind them, as long as there are less
/// than `most`.
#[inline(always)]
pub(crate) fn read<const N: usize>(
    head: &[u8],
    at: &mut usize,
    spans: &mut Spans<N>,
    most: usize,
) -> Behind {
    // What is left from the line on that is being read, and what from the window on that is looked
    // at. Both end where the head does, so their lengths tell how far they are apart.
    let mut line = head.get(*at..).unwrap_or_default();
    let mut window = line;
    let behind = 'windows: loop {
        let mut odd = not_text(window);
        while odd != 0 {
            let place = odd.trailing_zeros() as usize;
            let length = place.wrapping_add(line.len()).wrapping_sub(window.len());
            odd &= odd - 1;
            let (Some(text), Some([b'\r', b'\n', next @ ..])) =
                (line.get(..length), line.get(length..))
            else {
                match line.get(length..) {
                    Some([b'\t' | 0x80.., ..]) => continue,
                    Some([b'\r']) => break 'windows Behind::Short,
                    _ => break 'windows Behind::Odd,
                }
            };
            let start = head.len() - line.len();
            if length == 0 {
                break 'windows Behind::End(start + 2);
            }
            if spans.len() >= most {
                break 'windows Behind::Odd;
            }
            if let Some((name, value)) = usual(line, text) {
                spans.push(Span::new(start, start + name, start + value, start + length));
            } else {
                match unusual(text, start) {
                    Some(span) => spans.push(span),
                    None => break 'windows Behind::Odd,
                }
            }
            line = next;
            odd &= odd.wrapping_sub(1);
        }
        match window.get(WINDOW..) {
            // The LF of a line may be the first byte behind the window.
            Some(behind) => window = if behind.len() > line.len() { line } else { behind },
            None => break Behind::Short,
        }
    };
    *at = head.len() - line.len();
    behind
}

/// Where the name of the header in `text` ends and its value begins: a name of letters and hyphens,
/// a colon, a space, and a value that does not end in whitespace.
#[inline(always)]
fn usual(line: &[u8], text: &[u8]) -> Option<(usize, usize)> {
    let mut name = block::name(line.first_chunk()?);
    if name == BLOCK {
        name += block::name(line.get(BLOCK..)?.first_chunk()?);
    }
    let (Some([b':', b' ', first]), [.., last]) = (text.get(name..name + 3), text) else {
        return None;
    };
    (name > 0 && *first > b' ' && *last > b' ').then_some((name, name + 2))
}

/// As [`usual`], for names with digits and other signs, and values with other whitespace before
/// them or behind them; the line begins at `start`.
#[inline(never)]
fn unusual(text: &[u8], start: usize) -> Option<Span> {
    let name = run(text, TOKEN);
    if name == 0 || text.get(name) != Some(&b':') {
        return None;
    }
    let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    let value = &text[name + 1..];
    let before = value.iter().take_while(is_blank).count();
    let behind = value[before..].iter().rev().take_while(is_blank).count();
    let value = name + 1 + before;
    Some(Span::new(start, start + name, start + value, start + text.len() - behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::{Line, Stop};
    use crate::{Limits, Relaxed};
    use alloc::vec::Vec;

    /// What the careful reading says of the headers in front of `head`: their places, where the
    /// next line begins, and what was found there.
    fn with_care(head: &[u8]) -> (Spans<4>, usize, Result<usize, Stop>) {
        let (mut spans, mut at) = (Spans::new(), 0);
        loop {
            match Line::read(head, at, spans.len(), &Limits::DEFAULT, Relaxed::NOTHING) {
                Ok(Line::Header(span, next)) => {
                    spans.push(span);
                    at = next;
                }
                Ok(Line::Fold(..)) => panic!("nothing is relaxed"),
                Ok(Line::Last(end)) => return (spans, at, Ok(end)),
                Err(stop) => return (spans, at, Err(stop)),
            }
        }
    }

    /// What is read as plain is what the careful reading sees, and the rest is left to it.
    fn agree(head: &[u8]) {
        let (mut spans, mut at) = (Spans::<4>::new(), 0);
        let behind = read(head, &mut at, &mut spans, Limits::DEFAULT.headers);
        let (expected, expected_at, verdict) = with_care(head);
        let text = head.escape_ascii();
        assert!(expected.as_slice().starts_with(spans.as_slice()), "{text}");
        match behind {
            Behind::End(end) => assert_eq!((at, Ok(end)), (expected_at, verdict), "{text}"),
            Behind::Short => {
                assert_eq!(at, expected_at, "{text}");
                assert!(!head[at..].contains(&b'\n'), "{text}");
            }
            Behind::Odd => assert!(at <= expected_at && at < head.len(), "{text}"),
        }
        if verdict.is_ok() && !matches!(behind, Behind::End(_)) {
            panic!("a good head is not plain: {text}");
        }
    }

    const HEADS: [&[u8]; 4] = [
        b"Host: a\r\n\r\n",
        b"Sec-Websocket-Version: 13\r\nA1: \xc3\xa4\tb\r\nx:y\r\nE:\r\nF:  \t  \r\nG: h \t\r\n\r\n",
        b"Access-Control-Request-Headers-And-What-Not: a, b\r\nX-Long: \
          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\nrest",
        b"\r\n",
    ];

    #[test]
    fn plain_lines_are_what_careful_reading_sees() {
        for head in HEADS {
            for end in 0..=head.len() {
                agree(&head[..end]);
            }
            for place in 0..head.len() {
                for byte in *b"\r\n\t :a1-(\0\x7f\x80\xff" {
                    let mut head = head.to_vec();
                    head[place] = byte;
                    agree(&head);
                    let (front, back) = head.split_at(place);
                    agree(&[front, &[byte], back].concat());
                }
            }
        }
    }

    /// Line ends at every place of a window, and around the places where windows meet.
    #[test]
    fn lines_end_anywhere() {
        for length in 0..3 * WINDOW {
            let value = alloc::vec![b'v'; length];
            agree(&[b"N: ", &value[..], b"\r\nSecond: line\r\n\r\n"].concat());
            agree(&[b"N: ", &value[..], b"\r\n\r\n"].concat());
            agree(&[b"N: ", &value[..], b"\r\nS: \r\nT:\tt\r\n\r"].concat());
        }
    }

    #[test]
    fn no_more_headers_are_read_than_there_may_be() {
        let head: Vec<u8> = b"A: b\r\n".repeat(7);
        for most in 0..7 {
            let (mut spans, mut at) = (Spans::<4>::new(), 0);
            assert_eq!(read(&head, &mut at, &mut spans, most), Behind::Odd);
            assert_eq!((at, spans.len()), (6 * most, most));
        }
    }
}
