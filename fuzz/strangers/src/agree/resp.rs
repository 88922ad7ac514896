//! RESP2, as a server replies.

use redis_protocol::resp2::types::BytesFrame;
use std::io::{BufReader, Cursor, ErrorKind};

use super::{Agreement, Heard, decoded, streamed};

/// Values that only RESP3 has are refused, in the name of parsers that read both.
pub fn agreement() -> Agreement {
    Agreement {
        protocol: "RESP2",
        compared: "values; not whether a string is simple or bulk, nor what an error says, nor whether null is a string or an array",
        accepts: vec![
            b"+OK\r\n:1000\r\n:-3\r\n",
            b"$6\r\nfoobar\r\n$0\r\n\r\n",
            b"*2\r\n$3\r\nGET\r\n:7\r\n*0\r\n",
            b"$-1\r\n*-1\r\n-ERR no\r\n",
        ],
        words: vec![b"\r\n", b"$3\r\nabc\r\n", b"*1\r\n", b":1\r\n", b"-1"],
        skips: announces_much,
        ruling,
        voices: vec![
            ("beyond-resp", "RespCodec", |input| {
                decoded(beyond_resp::RespCodec::resp2(), input, beyond)
            }),
            ("redis", "ValueCodec", |input| decoded(redis::ValueCodec::default(), input, official)),
            ("redis-async", "RespCodec", |input| {
                decoded(redis_async::resp::RespCodec, input, asynchronous)
            }),
            ("redis-protocol", "Resp2", |input| {
                decoded(redis_protocol::codec::Resp2::default(), input, frame)
            }),
            ("resp", "Decoder", blocking),
            ("respite", "RespReader::values", |input| {
                let values = |pipe| respite::RespReader::new(pipe, Default::default()).values();
                streamed(values, input, reply)
            }),
        ],
    }
}

/// Two of them set aside at once whatever a length announces.
fn announces_much(input: &[u8]) -> bool {
    input.chunk_by(|_, next| next.is_ascii_digit()).any(|digits| digits.len() > 6)
}

fn ruling(input: &[u8]) -> Option<&'static str> {
    let line =
        |starts: &[u8]| input.split(|&byte| byte == b'\n').any(|line| line.starts_with(starts));
    if line(b":+") {
        Some("an integer may have a sign, + or -: RESP, integers")
    } else if line(b"$+") || line(b"*+") {
        Some("a length is an unsigned number: RESP, bulk strings and arrays")
    } else {
        None
    }
}

fn string(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

fn array<T>(items: Vec<T>, say: fn(T) -> Option<String>) -> Option<String> {
    let items: Option<Vec<_>> = items.into_iter().map(say).collect();
    Some(format!("[{}]", items?.join(" ")))
}

fn beyond(value: beyond_resp::Value) -> Option<String> {
    use beyond_resp::Value;
    Some(match value {
        Value::SimpleString(bytes) | Value::BulkString(bytes) => string(&bytes),
        Value::SimpleError(_) => "error".into(),
        Value::Integer(number) => number.to_string(),
        Value::Array(items) => return array(items, beyond),
        Value::Null => "null".into(),
        _ => return None,
    })
}

fn official(value: redis::Value) -> Option<String> {
    use redis::Value;
    Some(match value {
        Value::Okay => string(b"OK"),
        Value::SimpleString(text) => string(text.as_bytes()),
        Value::BulkString(bytes) => string(&bytes),
        Value::Int(number) => number.to_string(),
        Value::Nil => "null".into(),
        Value::Array(items) => return array(items, official),
        Value::ServerError(_) => "error".into(),
        _ => return None,
    })
}

fn asynchronous(value: redis_async::resp::RespValue) -> Option<String> {
    use redis_async::resp::RespValue;
    Some(match value {
        RespValue::SimpleString(text) => string(text.as_bytes()),
        RespValue::BulkString(bytes) => string(&bytes),
        RespValue::Error(_) => "error".into(),
        RespValue::Integer(number) => number.to_string(),
        RespValue::Nil => "null".into(),
        RespValue::Array(items) => return array(items, asynchronous),
    })
}

fn frame(value: BytesFrame) -> Option<String> {
    Some(match value {
        BytesFrame::SimpleString(bytes) | BytesFrame::BulkString(bytes) => string(&bytes),
        BytesFrame::Error(_) => "error".into(),
        BytesFrame::Integer(number) => number.to_string(),
        BytesFrame::Null => "null".into(),
        BytesFrame::Array(items) => return array(items, frame),
    })
}

fn reply(value: respite::RespValue) -> Option<String> {
    use respite::RespValue;
    Some(match value {
        RespValue::String(bytes) => string(&bytes),
        RespValue::Error(_) => "error".into(),
        RespValue::Integer(number) => number.to_string(),
        RespValue::Nil => "null".into(),
        RespValue::Array(items) => return array(items, reply),
        _ => return None,
    })
}

/// Its end is an error wherever it comes, so it is asked again without a last byte: a stream that
/// says the same then was not whole.
fn blocking(input: &[u8]) -> Heard {
    let mut heard = blocking_up_to_end(input);
    if let Some((_, shorter)) = input.split_last() {
        heard.whole &= blocking_up_to_end(shorter).said.len() < heard.said.len();
    }
    heard
}

fn blocking_up_to_end(input: &[u8]) -> Heard {
    fn say(value: resp::Value) -> Option<String> {
        use resp::Value;
        Some(match value {
            Value::String(text) | Value::Bulk(text) => string(text.as_bytes()),
            Value::BufBulk(bytes) => string(&bytes),
            Value::Error(_) => "error".into(),
            Value::Integer(number) => number.to_string(),
            Value::Null | Value::NullArray => "null".into(),
            Value::Array(items) => return array(items, say),
        })
    }
    let mut heard = Heard::default();
    let mut decoder = resp::Decoder::with_buf_bulk(BufReader::new(Cursor::new(input.to_vec())));
    loop {
        match decoder.decode() {
            Ok(value) => match say(value) {
                Some(value) => heard.said.push(value),
                None => return heard,
            },
            Err(error) => {
                heard.whole = error.kind() == ErrorKind::UnexpectedEof;
                return heard;
            }
        }
    }
}
