//! IRC: lines with a prefix, a command and its parameters.

use irc_proto::IrcCodec;
use tokio_util::codec::FramedRead;

use crate::{adapt, drive, entry::Entry};

const FAMILY: &str = "IRC";

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            FAMILY,
            "irc-proto",
            "IrcCodec",
            || Box::new(adapt::decoder(codec())),
            |reads| drive::stream(reads, |pipe| FramedRead::new(pipe, codec())),
        )
        .encodes(|stream| adapt::again(codec(), codec(), stream))
        .accepts([
            &b":me!me@here.example PRIVMSG #there :hello you\r\nPING :token\r\n"[..],
            b"@time=now;id=3 :a JOIN #b\r\nNICK me\r\nMODE #b +o me\r\n",
            b":srv.example 001 me :Welcome\r\nQUIT :bye\r\n",
        ])
        .refuses([&b"PRIVMSG a :\xff\r\n"[..]]),
    ]
}

fn codec() -> IrcCodec {
    IrcCodec::new("utf-8").expect("a known encoding")
}
