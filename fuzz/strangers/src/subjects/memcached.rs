//! memcached's text protocol.

use memcache_proto::{Command, ParseError, ParseOptions, ParseProgress, Response};
use segue_laws::Answer;
use std::io::BufReader;

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "memcached";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "memcache-proto",
            "Command::parse",
            || Box::new(adapt::slice(command)),
            |reads| drive::buffer(reads, command),
        )
        .over_slice()
        .accepts(COMMANDS)
        .refuses([&b"what k\r\n"[..], b"set k 0 0 x\r\n"]),
        new(
            "memcache-proto",
            "parse_streaming",
            || Box::new(adapt::slice(streaming)),
            |reads| drive::buffer(reads, streaming),
        )
        .over_slice()
        .accepts(COMMANDS)
        .refuses([&b"what k\r\n"[..], b"set k 0 0 x\r\n"]),
        new(
            "memcache-proto",
            "Response::parse",
            || Box::new(adapt::slice(response)),
            |reads| drive::buffer(reads, response),
        )
        .over_slice()
        .accepts([
            &b"STORED\r\nVALUE k 0 5\r\nhello\r\nEND\r\nEND\r\n"[..],
            b"VALUE a 1 0\r\n\r\nVALUE b 0 2\r\n\r\n\r\nEND\r\nDELETED\r\n",
            b"SERVER_ERROR out of memory\r\nVERSION 1.6\r\n12\r\n",
        ])
        .refuses([&b"VALUE k 0 x\r\n\r\nEND\r\n"[..]]),
        new(
            "memcached-protocal",
            "parse",
            || {
                Box::new(
                    adapt::blocking(
                        |reader| reader,
                        |reader| none_at_end(memcached_protocal::parse(reader)),
                    )
                    .left(|_| Vec::new()),
                )
            },
            |reads| {
                drive::blocking(reads, BufReader::new, |reader| {
                    none_at_end(memcached_protocal::parse(reader))
                })
            },
        )
        .accepts(COMMANDS_OLD)
        .way(Way::Reads)
        .ends_anywhere("the end of the stream is an error wherever it comes"),
        new(
            "memcache-async",
            "ascii::Protocol::get",
            || Box::new(adapt::stream(gets).reads_exactly()),
            |reads| drive::stream(reads, gets),
        )
        .accepts([&b"VALUE k 0 5\r\nhello\r\nEND\r\nVALUE k 0 2\r\n\r\n\r\nEND\r\n"[..]])
        .refuses([&b"VALUE k 0 x\r\nhello\r\nEND\r\n"[..]])
        .way(Way::Reads)
        .ends_anywhere("the end of the stream is an error wherever it comes"),
    ]
}

const COMMANDS: [&[u8]; 2] = [
    b"get k\r\ngets a b\r\ndelete k\r\n",
    b"set k 0 0 5\r\nhello\r\nset k 1 60 0\r\n\r\nget k\r\n",
];
const COMMANDS_OLD: [&[u8]; 2] =
    [b"get k\r\ngets a b\r\ndelete k\r\n", b"set k 0 0 5\r\nhello\r\nget k\r\n"];

fn command(input: &[u8]) -> Result<Option<(String, usize)>, ParseError> {
    match Command::parse(input) {
        Ok((command, length)) => Ok(Some((format!("{command:?}"), length))),
        Err(ParseError::Incomplete) => Ok(None),
        Err(error) => Err(error),
    }
}

fn streaming(input: &[u8]) -> Result<Option<(String, usize)>, ParseError> {
    match memcache_proto::parse_streaming(input, &ParseOptions::default(), usize::MAX)? {
        ParseProgress::Complete(command, length) => Ok(Some((format!("{command:?}"), length))),
        // Below the threshold a value comes with its command.
        _ => Ok(None),
    }
}

fn response(input: &[u8]) -> Result<Option<(String, usize)>, ParseError> {
    match Response::parse(input) {
        Ok((response, length)) => Ok(Some((format!("{response:?}"), length))),
        Err(ParseError::Incomplete) => Ok(None),
        Err(error) => Err(error),
    }
}

fn none_at_end(
    result: memcached_protocal::Result<memcached_protocal::Command>,
) -> Result<Option<memcached_protocal::Command>, String> {
    result.map(Some).map_err(|error| error.to_string())
}

/// One get after the other: the answers are what is read.
fn gets(pipe: Pipe) -> impl futures::Stream<Item = Result<Answer, String>> {
    futures::stream::unfold(memcache_async::ascii::Protocol::new(pipe), |mut protocol| async {
        match protocol.get("k").await {
            Ok(value) => Some((Ok(Answer::Item(format!("{}", value.escape_ascii()))), protocol)),
            Err(error) => {
                let end = format!("{error:?}").contains("UnexpectedEof");
                (!end).then(|| (Err(error.to_string()), protocol))
            }
        }
    })
}
