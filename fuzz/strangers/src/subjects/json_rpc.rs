//! Language servers, debug adapters, and JSON-RPC over a stream.

use dap::server::Server;
use jsonrpc_server_utils::codecs::{Separator, StreamCodec};
use std::io::{BufReader, BufWriter, sink};
use tokio_util::codec::FramedRead;
use tokio_util_06::codec as codec_06;

use crate::{
    adapt, drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "LSP and JSON-RPC";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "dap",
            "Server::poll_request",
            || {
                Box::new(adapt::blocking(
                    |reader| Server::new(BufReader::new(reader), BufWriter::new(sink())),
                    |server| server.poll_request(),
                ))
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| Server::new(BufReader::new(pipe), BufWriter::new(sink())),
                    |server| server.poll_request(),
                )
            },
        )
        .accepts([
            &b"Content-Length: 46\r\n\r\n{\"seq\":1,\"type\":\"request\",\"command\":\"threads\"}"
                [..],
        ])
        .way(Way::Reads)
        .refuses([&b"Content-Length: x\r\n\r\n{}"[..]]),
        new(
            "jsonrpc-server-utils",
            "StreamCodec, no separator",
            || {
                Box::new(adapt::codec(
                    StreamCodec::stream_incoming(),
                    codec_06::Decoder::decode,
                    codec_06::Decoder::decode_eof,
                ))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    codec_06::FramedRead::new(pipe, StreamCodec::stream_incoming())
                })
            },
        )
        .accepts([
            &br#"{"a":[1,"}"]}{"b":2}"#[..],
            br#"[{"a":"\""},{}] {"c":{}}"#,
            b"{\"gr\xc3\xbc\":1}",
        ]),
        new(
            "jsonrpc-server-utils",
            "StreamCodec, lines",
            || {
                Box::new(adapt::codec(
                    lines(),
                    codec_06::Decoder::decode,
                    codec_06::Decoder::decode_eof,
                ))
            },
            |reads| drive::stream(reads, |pipe| codec_06::FramedRead::new(pipe, lines())),
        )
        .accepts([&b"{\"a\":1}\n{\"b\":\n"[..]]),
        new(
            "lsp-codec",
            "LspCodec",
            || {
                Box::new(adapt::codec(
                    lsp_codec::LspCodec::default(),
                    codec_06::Decoder::decode,
                    codec_06::Decoder::decode_eof,
                ))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    codec_06::FramedRead::new(pipe, lsp_codec::LspCodec::default())
                })
            },
        )
        .encodes(|stream| {
            let mut codec = lsp_codec::LspCodec::default();
            let mut encoder = lsp_codec::LspCodec::default();
            adapt::each(
                stream,
                |input| codec_06::Decoder::decode(&mut codec, input),
                |item, output| codec_06::Encoder::encode(&mut encoder, item, output).ok(),
            )
        })
        .accepts(LSP)
        .refuses(NO_LSP),
        new(
            "lsp-server",
            "Message::read",
            || {
                let reader = adapt::blocking(|reader| reader, lsp_server::Message::read);
                Box::new(reader.left(|_| Vec::new()))
            },
            |reads| drive::blocking(reads, BufReader::new, lsp_server::Message::read),
        )
        .encodes(|mut stream| {
            let mut again = Vec::new();
            while let Some(message) = lsp_server::Message::read(&mut stream).ok()? {
                message.write(&mut again).ok()?;
            }
            Some(again)
        })
        .way(Way::Reads)
        .accepts(LSP)
        .refuses(NO_LSP),
        new(
            "lsp-server-tokio",
            "LspCodec",
            || Box::new(adapt::decoder(lsp_server_tokio::LspCodec::new())),
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, lsp_server_tokio::LspCodec::new())
                })
            },
        )
        .encodes(|stream| {
            let codec = lsp_server_tokio::LspCodec::new;
            adapt::again(codec(), codec(), stream)
        })
        .accepts(LSP)
        .refuses(NO_LSP),
    ]
}

fn lines() -> StreamCodec {
    StreamCodec::new(Separator::Byte(b'\n'), Separator::Byte(b'\n'))
}

const LSP: [&[u8]; 2] = [
    b"Content-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}",
    b"Content-Length: 33\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}Content-Length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
];
const NO_LSP: [&[u8]; 2] = [b"Content-Length: x\r\n\r\n{}", b"Content-Length: 2\r\n\r\n{]"];
