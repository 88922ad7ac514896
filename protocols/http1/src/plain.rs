//! Header lines in which there is nothing odd, as nearly all are, many bytes at a time.
//!
//! A mask tells where in a window of the head there is anything but text. In a plain head that is
//! only where its lines end, so windows are looked at one after the other without regard to lines,
//! and of each line only its name and both ends of its value are looked at again. Whatever is not
//! as it is expected is left to [`Line::read`](crate::lines::Line::read), byte by byte.

use crate::block::{Machine, WINDOW, name_of, not_text};
use crate::spans::{Span, Spans, span};
use segue_http::class::{TOKEN, run};

/// The outcome behind the last line that was plain.
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
pub(crate) fn read<M: Machine, const N: usize>(
    machine: M,
    head: &[u8],
    at: &mut usize,
    spans: &mut Spans<N>,
    most: usize,
) -> Behind {
    loop {
        let free = spans.free(most);
        let (count, stop) = read_simple(machine, head, at, free);
        spans.add(count);
        match stop {
            Stop::Behind(behind) => return behind,
            Stop::Full if spans.len() >= most => return Behind::Odd,
            Stop::Full => spans.grow(),
            Stop::Line(end) => match spaced(head, *at, end) {
                Some(_) if spans.len() >= most => return Behind::Odd,
                Some(span) => {
                    spans.push(span);
                    *at = end + 2;
                }
                None => return Behind::Odd,
            },
        }
    }
}

/// The reason why no further line is read.
enum Stop {
    Behind(Behind),
    /// There is no room for the place of the line that is next.
    Full,
    /// The next line ends here, and is not a simple one.
    Line(usize),
}

/// Reads simple lines from `at` on, which is moved behind them, as long as `spans` has room, and
/// tells how many there were.
///
/// Nothing is called in here, so that all it knows stays in registers.
#[inline(always)]
fn read_simple<M: Machine>(
    machine: M,
    head: &[u8],
    at: &mut usize,
    spans: &mut [Span],
) -> (usize, Stop) {
    let (mut line, mut window, mut count) = (*at, *at, 0);
    let stop = 'windows: loop {
        let Some(rest) = head.get(window..) else { break Stop::Behind(Behind::Short) };
        let mut odd = not_text(machine, head, rest);
        while odd != 0 {
            let end = window + odd.trailing_zeros() as usize;
            odd &= odd - 1;
            match head.get(end..) {
                Some([b'\r', b'\n', ..]) => {}
                Some([b'\t' | 0x80.., ..]) => continue,
                Some([b'\r']) => break 'windows Stop::Behind(Behind::Short),
                _ => break 'windows Stop::Behind(Behind::Odd),
            }
            if end == line {
                break 'windows Stop::Behind(Behind::End(end + 2));
            }
            let Some(place) = spans.get_mut(count) else { break 'windows Stop::Full };
            match simple(machine, head, line, end) {
                Some(span) => *place = span,
                None => break 'windows Stop::Line(end),
            }
            count += 1;
            line = end + 2;
            odd &= odd.wrapping_sub(1);
        }
        if rest.len() < WINDOW {
            break Stop::Behind(Behind::Short);
        }
        // The LF of a line may be the first byte behind the window.
        window = line.max(window + WINDOW);
    };
    *at = line;
    (count, stop)
}

/// The header in the line from `line` to `end`: a name, a colon, a space, and a value that neither
/// begins nor ends in whitespace.
#[inline(always)]
fn simple<M: Machine>(machine: M, head: &[u8], line: usize, end: usize) -> Option<Span> {
    let name = name_of(machine, head, head.get(line..)?);
    let colon = line + name;
    let [signs @ .., first] = head.get(colon..)?.first_chunk::<3>()?;
    if u16::from_le_bytes(*signs) != COLON_SPACE {
        return None;
    }
    let last = *head.get(..end)?.last()?;
    // The line ends in CR, which is no value: so there is one if it begins with another byte.
    (name > 0 && *first > b' ' && last > b' ').then_some(span(line, colon, colon + 2, end))
}

/// As [`simple`], for names that are long or have rarer signs in them, and values with other
/// whitespace before them or behind them.
#[cold]
fn spaced(head: &[u8], line: usize, end: usize) -> Option<Span> {
    let text = head.get(line..end)?;
    let name = run(text, TOKEN);
    if name == 0 || text.get(name) != Some(&b':') {
        return None;
    }
    let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    let value = &text[name + 1..];
    let before = value.iter().take_while(is_blank).count();
    let behind = value[before..].iter().rev().take_while(is_blank).count();
    Some(span(line, line + name, line + name + 1 + before, end - behind))
}

/// Two bytes are compared at once as a number.
const COLON_SPACE: u16 = u16::from_le_bytes(*b": ");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Every, Work, dispatch};
    use crate::lines::{self, Line};
    use crate::{Limits, Relaxed};
    use alloc::vec::Vec;

    /// Reads plain lines of a head, of which there is room for four.
    struct Plain<'a>(&'a [u8], usize);

    impl Work for Plain<'_> {
        type Output = (Spans<4>, usize, Behind);

        #[inline(always)]
        fn on<M: Machine>(self, machine: M) -> Self::Output {
            let (mut spans, mut at) = (Spans::new(), 0);
            let behind = read(machine, self.0, &mut at, &mut spans, self.1);
            (spans, at, behind)
        }
    }

    /// The result of the careful reader for the headers in front of `head`: their places, the start
    /// of the next line, and its state.
    fn with_care(head: &[u8]) -> (Spans<4>, usize, Result<usize, lines::Stop>) {
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

    /// Checks that both readers agree on plain lines, and that the fast one leaves the rest alone.
    fn agree(head: &[u8]) {
        let most = Limits::DEFAULT.headers;
        for (spans, at, behind) in [Plain(head, most).on(Every), dispatch(Plain(head, most))] {
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
                for byte in 0..=255 {
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
            for (spans, at, behind) in [Plain(&head, most).on(Every), dispatch(Plain(&head, most))]
            {
                assert_eq!(behind, Behind::Odd);
                assert_eq!((at, spans.len()), (6 * most, most));
            }
        }
    }

    /// Heads put together of words that are met and words that break them, in any order.
    #[test]
    fn any_head_is_read_as_careful_reading_sees_it() {
        const WORDS: [&[u8]; 24] = [
            b"X-B3-TraceId",
            b"Sec-CH-UA-64",
            b"sec_under_score",
            b"a",
            b"Content-Security-Policy-Report-Only-And-More",
            b"~!#$%&'*+.^`|",
            b": ",
            b": ",
            b": ",
            b":",
            b":\t",
            b" ",
            b"\r\n",
            b"\r\n",
            b"\r\n",
            b"\r\n",
            b"\r\n\r\n",
            b"\r",
            b"\n",
            b"\0",
            b"\xc3\xa4",
            b"text/html,application/xhtml+xml;q=0.9, a long value that fills a window and more",
            b"v\t1",
            b"(",
        ];
        let mut random = 1_u64;
        let mut below = |bound: u64| {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            usize::try_from((random >> 33) % bound).unwrap()
        };
        for _ in 0..20_000 {
            let mut head = Vec::new();
            for _ in 0..below(40) {
                // Most lines are good, so that it is not the first that ends it all.
                if below(4) > 0 {
                    let [name, value] = [WORDS[below(6)], WORDS[20 + below(3)]];
                    head.extend([name, b": ", value, b"\r\n"].concat());
                } else if below(4) == 0 {
                    head.extend(WORDS[below(24)]);
                }
            }
            head.extend(&b"\r\n\r\n"[..2 * below(3)]);
            agree(&head);
        }
    }
}
