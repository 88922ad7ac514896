//! Redis: replies and commands, RESP2 and RESP3.

use futures::StreamExt;
use respite::{RespError, RespRequest};
use segue_laws::Law;
use std::io::{self, BufReader, ErrorKind};
use tokio_util::codec::FramedRead;

use crate::{
    adapt, drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "Redis";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "beyond-resp",
            "RespCodec, RESP3",
            || Box::new(adapt::decoder(beyond_resp::RespCodec::resp3())),
            |reads| {
                drive::stream(reads, |pipe| FramedRead::new(pipe, beyond_resp::RespCodec::resp3()))
            },
        )
        .encodes(|stream| {
            let codec = beyond_resp::RespCodec::resp3;
            adapt::again(codec(), codec(), stream)
        })
        .accepts(RESP2.iter().chain(&RESP3))
        .refuses(NO_RESP),
        new(
            "redis",
            "ValueCodec",
            || Box::new(adapt::decoder(redis::ValueCodec::default())),
            |reads| {
                drive::stream(reads, |pipe| FramedRead::new(pipe, redis::ValueCodec::default()))
            },
        )
        .accepts(RESP2.iter().chain(&RESP3))
        .refuses(NO_RESP)
        .contract(
            Law::L9,
            "the codec is hidden, and the crate's connections report every end of the stream",
        ),
        new(
            "redis",
            "Parser",
            || {
                Box::new(adapt::blocking(
                    |reader| (redis::Parser::new(), reader),
                    |(parser, reader)| end_is_an_error(parser.parse_value(reader)),
                ))
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| (redis::Parser::new(), pipe),
                    |(parser, pipe)| end_is_an_error(parser.parse_value(pipe)),
                )
            },
        )
        .accepts(RESP2.iter().chain(&RESP3))
        .refuses(NO_RESP)
        .way(Way::Reads)
        .ends_anywhere(END_IS_AN_ERROR),
        new(
            "redis-async",
            "RespCodec",
            || Box::new(adapt::decoder(redis_async::resp::RespCodec)),
            |reads| {
                drive::stream(reads, |pipe| FramedRead::new(pipe, redis_async::resp::RespCodec))
            },
        )
        .encodes(|stream| {
            adapt::again(redis_async::resp::RespCodec, redis_async::resp::RespCodec, stream)
        })
        .accepts(RESP2)
        .refuses(NO_RESP),
        new(
            "redis-protocol",
            "Resp2",
            || Box::new(adapt::decoder(redis_protocol::codec::Resp2::default())),
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, redis_protocol::codec::Resp2::default())
                })
            },
        )
        .encodes(|stream| {
            let codec = redis_protocol::codec::Resp2::default;
            adapt::again(codec(), codec(), stream)
        })
        .accepts(RESP2)
        .refuses(NO_RESP),
        new(
            "redis-protocol",
            "Resp3",
            || Box::new(adapt::decoder(redis_protocol::codec::Resp3::default())),
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, redis_protocol::codec::Resp3::default())
                })
            },
        )
        .encodes(|stream| {
            let codec = redis_protocol::codec::Resp3::default;
            adapt::again(codec(), codec(), stream)
        })
        .accepts(RESP2[..4].iter().chain(&RESP3).chain(&STREAMED))
        .refuses(NO_RESP),
        new(
            "resp",
            "Decoder",
            || {
                Box::new(adapt::blocking(
                    |reader| resp::Decoder::with_buf_bulk(BufReader::new(reader)),
                    |decoder| io_end_is_an_error(decoder.decode()),
                ))
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| resp::Decoder::with_buf_bulk(BufReader::new(pipe)),
                    |decoder| io_end_is_an_error(decoder.decode()),
                )
            },
        )
        .encodes(|stream| {
            let mut decoder = resp::Decoder::with_buf_bulk(BufReader::new(stream));
            let mut again = Vec::new();
            while let Some(value) = io_end_is_an_error(decoder.decode()).ok()? {
                again.extend(value.encode());
            }
            Some(again)
        })
        .accepts(RESP2)
        .refuses(NO_RESP)
        .way(Way::Reads)
        .ends_anywhere(END_IS_AN_ERROR),
        new(
            "respite",
            "RespReader::values",
            || {
                Box::new(adapt::stream(|pipe| {
                    respite::RespReader::new(pipe, Default::default()).values()
                }))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    respite::RespReader::new(pipe, Default::default()).values()
                })
            },
        )
        .way(Way::Reads)
        .accepts(RESP2[..4].iter().chain(&RESP3))
        .refuses(NO_RESP),
        new(
            "respite",
            "RespReader::requests",
            || {
                Box::new(adapt::stream(|pipe| {
                    respite::RespReader::new(pipe, Default::default()).requests().map(request)
                }))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    respite::RespReader::new(pipe, Default::default()).requests().map(request)
                })
            },
        )
        .way(Way::Reads)
        .accepts([
            &b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n"[..],
            b"PING\r\nSET key 'a b'\r\n",
        ]),
    ]
}

/// An error comes as a request does.
fn request(request: RespRequest) -> Result<RespRequest, RespError> {
    match request {
        RespRequest::Error(error) => Err(error),
        request => Ok(request),
    }
}

const RESP2: [&[u8]; 5] = [
    b"+OK\r\n-ERR no\r\n:1000\r\n:-3\r\n",
    b"$6\r\nfoobar\r\n$0\r\n\r\n+\r\n",
    b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*0\r\n",
    b"*3\r\n:1\r\n*1\r\n+in\r\n$2\r\n\r\n\r\n",
    b"$-1\r\n*-1\r\n",
];
const RESP3: [&[u8]; 4] = [
    b"_\r\n#t\r\n#f\r\n,3.25\r\n",
    b"%1\r\n+k\r\n:1\r\n~2\r\n:1\r\n:2\r\n",
    b"=7\r\ntxt:abc\r\n!3\r\nERR\r\n(12345678901234567890\r\n",
    b">2\r\n$7\r\nmessage\r\n$1\r\nc\r\n",
];
const STREAMED: [&[u8]; 2] =
    [b"$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n+OK\r\n", b"*?\r\n:1\r\n:2\r\n.\r\n+OK\r\n"];
const NO_RESP: [&[u8]; 4] = [b"?what\r\n", b":12x\r\n", b"$3\r\nabcdef\r\n", b"*1\r\n$zz\r\n"];

const END_IS_AN_ERROR: &str =
    "the end of the stream is an error wherever it comes, which a caller has to tell by itself";

fn end_is_an_error(
    result: redis::RedisResult<redis::Value>,
) -> redis::RedisResult<Option<redis::Value>> {
    match result {
        Err(error) if error.is_io_error() => Ok(None),
        result => result.map(Some),
    }
}

fn io_end_is_an_error(result: io::Result<resp::Value>) -> io::Result<Option<resp::Value>> {
    match result {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        result => result.map(Some),
    }
}
