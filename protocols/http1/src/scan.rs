//! Looking for the end of a head, each byte once however it dribbles.

use memchr::memchr;
use segue::Need;

/// How far a head has been searched for the empty line that ends it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan {
    /// There is no end of a line between `line` and here.
    searched: usize,
    /// Where the last line begins.
    line: usize,
}

/// What the search found.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// The head ends before this byte.
    End(usize),
    /// A line ends here, in a LF that no CR comes before, and that is not allowed.
    BareLf(usize),
    Nothing,
}

impl Scan {
    /// Nothing has been searched.
    pub(crate) const START: Self = Self { searched: 0, line: 0 };

    /// Goes on with the search. `input` is what it was the last time, with more at its end.
    pub(crate) fn search(&mut self, input: &[u8], bare_lf: bool) -> Found {
        while let Some(distance) = memchr(b'\n', &input[self.searched..]) {
            let lf = self.searched + distance;
            let line = &input[self.line..lf];
            // What was found is found again when it is asked for again: nothing is committed to.
            match line {
                [] if bare_lf => return Found::End(lf + 1),
                [b'\r'] => return Found::End(lf + 1),
                [.., b'\r'] => {}
                _ if bare_lf => {}
                _ => return Found::BareLf(lf),
            }
            self.searched = lf + 1;
            self.line = lf + 1;
        }
        self.searched = input.len();
        Found::Nothing
    }

    /// Whether the start line has not ended yet.
    pub(crate) fn in_start_line(&self) -> bool {
        self.line == 0
    }

    /// The shortest head there is: `M / HTTP/1.1`, and two line ends.
    pub(crate) const fn shortest(bare_lf: bool) -> usize {
        if bare_lf { 14 } else { 16 }
    }

    /// What `input` lacks at least, after a search that found nothing.
    pub(crate) fn missing(&self, input: &[u8], bare_lf: bool) -> Need {
        let line = &input[self.line..];
        let tail = match (line, bare_lf) {
            ([b'\r'] | [], true) | ([b'\r'], false) => 1,
            ([], false) | (_, true) => 2,
            ([.., b'\r'], false) => 3,
            (_, false) => 4,
        };
        let shortest = Self::shortest(bare_lf);
        Need::exactly(tail).claiming(tail.max(shortest.saturating_sub(input.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_never_overshoots() {
        for (head, bare_lf) in [
            (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], false),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
            (b"M / HTTP/1.1\n\n", true),
            (b"M / HTTP/1.1\nHost: a\r\n\n", true),
            (b"M / HTTP/1.1\r\n\r\n", false),
        ] {
            let mut scan = Scan::START;
            for end in 1..head.len() {
                assert_eq!(scan.search(&head[..end], bare_lf), Found::Nothing);
                let need = scan.missing(&head[..end], bare_lf);
                assert!(need.at_least.get() <= need.claim);
                assert!(end + need.claim <= head.len(), "{}", head[..end].escape_ascii());
            }
            assert_eq!(scan.search(head, bare_lf), Found::End(head.len()));
            assert_eq!(scan.search(head, bare_lf), Found::End(head.len()), "asked again");
        }
    }
}
