//! Leftover as a transport, for whoever knows nothing of connections.

use std::{
    future::poll_fn,
    io::{BufRead, Read, Write},
    pin::Pin,
};

use segue::{Handoff, Output, driver::Leading};

fn leading<T>(io: T, eof: bool) -> Leading<T> {
    Handoff::from_parts(io, b"one\ntw"[..].into(), Output::new(), eof).into()
}

#[test]
fn lines_are_read_across_the_seam() {
    let lines: Vec<_> = leading(&b"o\nthree"[..], false).lines().map(Result::unwrap).collect();
    // A buffered reader shows what it has: a line may come in two pieces, and is put together.
    assert_eq!(lines, ["one", "two", "three"]);
    let lines: Vec<_> = leading(&b"o\nthree"[..], true).lines().map(Result::unwrap).collect();
    assert_eq!(lines, ["one", "tw"]);
}

#[test]
fn what_is_left_can_be_consumed_in_parts() {
    let mut leading = leading(&b"o"[..], false);
    assert_eq!(leading.fill_buf().unwrap(), b"one\ntw");
    leading.consume(4);
    assert_eq!(leading.fill_buf().unwrap(), b"tw");
    let mut byte = [0];
    leading.read_exact(&mut byte).unwrap();
    assert_eq!(leading.lead(), b"w");
    leading.consume(1);
    assert_eq!(leading.fill_buf().unwrap(), b"o");
    leading.consume(1);
    assert_eq!(leading.fill_buf().unwrap(), b"");
    assert_eq!(leading.position(), 7);
}

#[test]
fn what_is_written_comes_behind_what_was_unsent() {
    let mut unsent = Output::new();
    unsent.put(b"unsent ");
    unsent.put_bytes(vec![b'.'; Output::WHOLE].into());
    let mut written = Vec::new();
    let handoff = Handoff::from_parts(&mut written, b""[..].into(), unsent, false);
    let mut leading = Leading::from(handoff);
    let more = [std::io::IoSlice::new(b"and "), std::io::IoSlice::new(b"more")];
    assert_eq!(leading.write_vectored(&more).unwrap(), 8);
    leading.write_all(b"!").unwrap();
    assert!(leading.unsent().is_empty());
    drop(leading);
    assert_eq!(written, [&b"unsent "[..], &[b'.'; Output::WHOLE], b"and more!"].concat());
}

#[test]
fn tokio_reads_lines_across_the_seam() {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt};

    crate::executor::block_on(async {
        for (eof, expected) in [(false, &["one", "two", "three"][..]), (true, &["one", "tw"])] {
            let mut lines = AsyncBufReadExt::lines(leading(&b"o\nthree"[..], eof));
            for expected in expected {
                assert_eq!(lines.next_line().await.unwrap().unwrap(), *expected);
            }
            assert!(lines.next_line().await.unwrap().is_none());
        }
        let mut all = String::new();
        let mut leading = leading(&b"o"[..], false);
        AsyncReadExt::read_to_string(&mut leading, &mut all).await.unwrap();
        assert_eq!(all, "one\ntwo");
    });
}

#[test]
fn tokio_ends_behind_what_was_unsent() {
    use tokio::io::AsyncWriteExt;

    crate::executor::block_on(async {
        let mut unsent = Output::new();
        unsent.put(b"unsent");
        let script = crate::script::Script::new().takes(1).write_blocks();
        let handoff = Handoff::from_parts(script.clone(), b""[..].into(), unsent, false);
        let mut leading = Leading::from(handoff);
        assert!(tokio::io::AsyncWrite::is_write_vectored(&leading));
        leading.shutdown().await.unwrap();
        assert_eq!(script.written(), b"unsent");
        assert_eq!(script.events().last(), Some(&crate::script::Event::Close));
    });
}

#[test]
fn futures_reads_across_the_seam() {
    use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};

    crate::executor::block_on(async {
        let script = crate::script::Script::new().gives(b"o").ends();
        let mut all = Vec::new();
        let mut leading = leading(script, false);
        loop {
            let mut into = [0; 4];
            let read = poll_fn(|cx| Pin::new(&mut leading).poll_read(cx, &mut into)).await.unwrap();
            if read == 0 {
                break;
            }
            all.extend_from_slice(&into[..read]);
        }
        assert_eq!(all, b"one\ntwo");
        poll_fn(|cx| Pin::new(&mut leading).poll_close(cx)).await.unwrap();

        let mut leading = self::leading(&b"o"[..], false);
        let mut all = Vec::new();
        loop {
            let shown =
                poll_fn(|cx| Pin::new(&mut leading).poll_fill_buf(cx).map_ok(<[u8]>::to_vec));
            let shown = shown.await.unwrap();
            if shown.is_empty() {
                break;
            }
            all.push(shown[0]);
            AsyncBufRead::consume(Pin::new(&mut leading), 1);
        }
        assert_eq!(all, b"one\ntwo");
    });
}
