//! The law suite on all stages of `segue::separator`.

use segue::combine::skip_oversize;
use segue::laws;
use segue::separator;

/// Records of `length` bytes and `ending`, about `total` bytes of them.
fn many(length: usize, ending: &[u8], total: usize) -> Vec<u8> {
    let record = [&vec![b'x'; length][..], ending].concat();
    record.repeat(total / record.len() + 1)
}

/// One record of about a quarter of `total` bytes: `content` again and again.
fn one_of(content: &[u8], ending: &[u8], total: usize) -> Vec<u8> {
    // A record is judged at once, which no busy machine should interrupt.
    let total = total / 4;
    [&content.repeat(total / content.len())[..], ending].concat()
}

/// One record of about `total` bytes.
fn one(ending: &[u8], total: usize) -> Vec<u8> {
    [&vec![b'x'; total][..], ending].concat()
}

#[test]
fn lines() {
    laws::stage(separator::line)
        .accepts([&b"one\ntwo\r\n\n\r\nth\rree\r\r\n"[..], b""])
        .too_long([&b"x".repeat(8193)[..]])
        .limit(8 * 1024 + 2)
        .linear(|total| many(80, b"\r\n", total))
        .check();
    laws::stage(|| separator::line().max(1 << 20)).linear(|total| one(b"\n", total)).check();
    laws::stage(|| separator::line().lf()).accepts([&b"one\ntwo\r\n\n\r\r\n"[..]]).check();
    laws::stage(|| separator::line().crlf().max(7))
        .accepts([&b"one\ntwo\r\n\r\n\n\r\r\nabcdefg\r\n"[..]])
        .too_long([&b"abcdefgh\r\n"[..], b"abcdefg\r\r\n"])
        .limit(9)
        .check();
    laws::stage(|| separator::line().last_unterminated().max(4))
        .accepts([&b"one\ntwo"[..], b"one\r\n\r", b"one\n"])
        .too_long([&b"abcde"[..], b"abcd\r"])
        .ends_anywhere()
        .check();
    laws::stage(|| separator::line().keep_terminator())
        .accepts([&b"one\ntwo\r\n\n\r\n"[..]])
        .check();
}

#[test]
fn strict_lines() {
    laws::stage(|| separator::line().strict())
        .accepts([&b"one\ntwo\r\n\n\r\n"[..]])
        .refuses([&b"a\rb\n"[..], b"\r\r\n"])
        .linear(|total| many(80, b"\r\n", total))
        .check();
    laws::stage(|| separator::line().lf().strict())
        .accepts([&b"one\n\n"[..]])
        .refuses([&b"one\r\n"[..]])
        .check();
    laws::stage(|| separator::line().crlf().strict().max(4))
        .accepts([&b"one\r\n\r\n"[..]])
        .refuses([&b"one\n"[..], b"one\r\r\n", b"abcd\n", b"abcd\rx"])
        .too_long([&b"abcde\n"[..], b"abcde\rx", b"abcdef"])
        .check();
}

#[test]
fn bytes_and_byte_strings() {
    laws::stage(|| separator::byte(0))
        .accepts([&b"one\0\0three\0"[..], b""])
        .linear(|total| many(16, b"\0", total))
        .check();
    laws::stage(|| separator::bytes(b"aab").max(3))
        .accepts([&b"aaab-aabaabaaaaab"[..], b""])
        .too_long([&b"xaaaaab"[..], b"xaaaaac"])
        .limit(6)
        .check();
    laws::stage(|| separator::bytes(b"\r\n--boundary\r\n").max(1 << 20))
        .accepts([&b"part\r\n--boundary\r\n\r\n--boundar\r\n--boundary\r\n"[..]])
        .linear(|total| one(b"\r\n--boundary\r\n", total))
        .linear(|total| one_of(b"\r\n--boundar", b"\r\n--boundary\r\n", total))
        .check();
    laws::stage(|| separator::bytes(b"aab").last_unterminated())
        .accepts([&b"aaabaa"[..]])
        .ends_anywhere()
        .check();
}

#[test]
fn any_of_several() {
    laws::stage(|| separator::any_of(*b";\n"))
        .accepts([&b"a;b\n;\n"[..], b""])
        .linear(|total| many(40, b";", total))
        .check();
    laws::stage(|| separator::any_of(*b",;|\n").max(4))
        .accepts([&b"a;b\n,|abcd,"[..]])
        .too_long([&b"abcde,"[..]])
        .linear(|total| many(4, b"|", total))
        .check();
    laws::stage(|| separator::any_of_strings(["\n", "\r\n", "<br>"]).max(1 << 20))
        .accepts([&b"a\nb\r\nc<br>\r<br\n"[..]])
        .linear(|total| many(40, b"\r\n", total))
        .linear(|total| one_of(b"<b>emphasis", b"<br>", total))
        .check();
}

#[test]
fn heads() {
    laws::stage(separator::head)
        .accepts([&b"GET / HTTP/1.1\r\na: b\r\n\r\n\r\nx\n\r\r\n\r\n"[..], b""])
        .too_long([&b"x".repeat(16 * 1024 + 1)[..]])
        .limit(16 * 1024 + 4)
        .check();
    laws::stage(|| separator::head().bare_lf().max(8))
        .accepts([&b"a\nb\r\n\n\r\n\nc\r\n\r\n"[..]])
        .too_long([&b"abc: def\n\n"[..]])
        .check();
    laws::stage(|| separator::head().max(1 << 20))
        .linear(|total| one_of(b"a: b, c, d, e, f\r\n", b"\r\n", total))
        .linear(|total| many(0, b"a: b\r\n\r\n", total))
        .check();
}

#[test]
fn quoted_separators() {
    laws::stage(|| separator::quoted(b'\n', b'"').max(12))
        .accepts([&b"1,\"two\n\"\n\n\"\"\"\n\"\n"[..], b""])
        .refuses([&b"\"open\n"[..]])
        .too_long([&b"\"abcdefghi\njklm\"\n"[..]])
        .check();
    laws::stage(|| separator::quoted(b'\n', b'"').max(1 << 20))
        .linear(|total| many(0, b"\"a\n\"\n", total))
        .linear(|total| one(b"\n", total))
        .check();
}

#[test]
fn over_long_records_that_are_skipped() {
    laws::stage(|| skip_oversize(separator::line(), 4))
        .accepts([&b"one\nmuch too long\r\nabcd\r\nabcd\rabcde\nabcde\n"[..], b""])
        .limit(6)
        .linear(|total| one(b"\n", total))
        .check();
    laws::stage(|| skip_oversize(separator::byte(0), 2)).accepts([&b"one\0\0ab\0"[..]]).check();
    laws::stage(|| skip_oversize(separator::bytes(b"aab"), 3))
        .accepts([&b"aaaaaabaabaaaabxaaaaab"[..]])
        .limit(6)
        .check();
    laws::stage(|| skip_oversize(separator::line().last_unterminated(), 4))
        .accepts([&b"one\nmuch too long"[..], b"abcd\r"])
        .ends_anywhere()
        .check();
    laws::stage(|| skip_oversize(separator::line().crlf().strict(), 4))
        .accepts([&b"one\r\nmuch too long\r\n"[..]])
        .refuses([&b"much too\n"[..], b"much too\rlong"])
        .check();
    laws::stage(|| skip_oversize(separator::quoted(b'\n', b'"'), 6))
        .accepts([&b"\"ab\n\"\n\"abc\ndef\"ghi\n\n"[..]])
        .check();
    laws::stage(|| skip_oversize(separator::head(), 6))
        .accepts([&b"a: b\r\n\r\nabc: d\r\ne: f\r\n\r\n\r\n"[..]])
        .check();
}

#[test]
fn empty_records_that_are_skipped() {
    laws::stage(|| separator::line().skip_empty().max(3))
        .accepts([&b"\n\r\none\n\n\r\r\n\n"[..], b"\n\n"])
        .too_long([&b"\n\nabcd\n"[..]])
        .check();
    laws::stage(|| separator::head().skip_empty())
        .accepts([&b"\r\n\r\na: b\r\n\r\n\r\n"[..]])
        .check();
}

#[test]
fn packets() {
    laws::stage(|| separator::slip().max(6))
        .accepts([&b"\xc0one\xc0\xc0\xdb\xdc\xdb\xddab\xc0\xc0"[..], b"", b"\xc0"])
        .refuses([&b"a\xdb\xc0b\xc0"[..], b"a\xdbb\xc0"])
        .too_long([&b"\xc0abcdefg\xc0"[..]])
        .limit(7)
        .check();
    laws::stage(|| separator::slip().max(1 << 20))
        .linear(|total| one(b"\xc0", total))
        .linear(|total| one_of(b"\xdb\xdcescaped", b"\xc0", total))
        .linear(|total| many(60, b"\xc0\xc0", total))
        .check();
    laws::stage(|| separator::cobs().max(6))
        .accepts([&b"\x03ab\x02c\0\x01\0\0\x01\x01\x01\x01\0"[..], b"", b"\0"])
        .refuses([&b"\x03a\0\x02b\0"[..], b"\xff\0"])
        .too_long([&b"\x07abcdef\0"[..]])
        .limit(7)
        .check();
    laws::stage(|| separator::cobs().max(1 << 20))
        .linear(|total| one_of(b"\x08content", b"\0", total))
        .check();
}

#[test]
fn texts() {
    laws::stage(|| separator::dot_stuffed().max(30))
        .accepts([
            &b".\r\n"[..],
            b"one\r\n..two\r\n.three\r\n.\r\n",
            b"\n.\n\r.\r\r\n.\n.\r\n\r\n\r\n.\r\n",
        ])
        .too_long([&b"0123456789012345678901234567\r\n0"[..]])
        .check();
    laws::stage(|| separator::dot_stuffed().strict().max(30))
        .accepts([&b"one\r\n..two\r\n.\r\n"[..]])
        .refuses([&b"one\n.\r\n"[..], b"one\r\n.\n", b"one\r\r\n.\r\n"])
        .check();
    laws::stage(|| separator::dot_stuffed().max(1 << 20))
        .linear(|total| one_of(&many(72, b"\r\n", 1), b".\r\n", total))
        .linear(|total| one_of(b"..a dot\r\n", b".\r\n", total))
        .check();
    laws::stage(|| separator::dot_stuffed_lines().max(5))
        .accepts([&b".\r\n"[..], b"one\r\n..two\r\n.four\r\n\r\n.\r\n"])
        .too_long([&b"one\r\n...two\r\n"[..]])
        .limit(7)
        .linear(|total| with_end(&many(5, b"\r\n", total)))
        .check();
    // However short lines must be, a text can end.
    laws::stage(|| separator::dot_stuffed_lines().max(0))
        .accepts([&b".\r\n"[..], b"\r\na\r\n.\r\n"])
        .too_long([&b"ab\r\n"[..]])
        .check();
    laws::stage(|| separator::dot_stuffed_lines().strict())
        .accepts([&b"one\r\n..two\r\n.\r\n"[..]])
        .refuses([&b"one\n.\r\n"[..], b"one\r\r\n.\r\n"])
        .check();
}

/// A text and the line with a dot alone.
fn with_end(text: &[u8]) -> Vec<u8> {
    [text, b".\r\n"].concat()
}
