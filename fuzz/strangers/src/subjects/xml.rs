//! XML.

use quick_xml::{Error, Reader, events::Event};
use segue_laws::Law;
use std::io::BufRead;

use crate::{adapt, drive, entry::Entry};

pub fn entries() -> Vec<Entry> {
    let new = |parser, make, drive| {
        Entry::new("XML", "quick-xml", parser, make, drive)
            .accepts([
                &b"<a b=\"c\">text &amp; more<d/></a>"[..],
                b"<?xml version=\"1.0\"?><!-- a --><a><![CDATA[<]]></a>\n",
                b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            ])
            .contract(
                Law::L9,
                "`IllFormedError::MissingEndTag` comes from `read_to_end` alone; events end where the input does",
            )
            .refuses([&b"<a></b>"[..], b"<a>&b</a>"])
            .words([&b"<!--"[..], b"-->", b"<![CDATA[", b"]]>", b"<?", b"?>", b"<", b"/>", b"&"])
    };
    vec![
        new(
            "Reader::read_event_into",
            || Box::new(adapt::blocking(Reader::from_reader, event)),
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| Reader::from_reader(std::io::BufReader::new(pipe)),
                    event,
                )
            },
        ),
        new(
            "Reader::read_event_into_async",
            || Box::new(adapt::reading(reader, async |reader| event_async(reader).await)),
            |reads| drive::reading(reads, reader, async |reader| event_async(reader).await),
        ),
    ]
}

fn event<R: BufRead>(reader: &mut Reader<R>) -> Result<Option<Event<'static>>, Error> {
    Ok(match reader.read_event_into(&mut Vec::new())? {
        Event::Eof => None,
        event => Some(event.into_owned()),
    })
}

type Buffered = tokio::io::BufReader<adapt::Pipe>;

fn reader(pipe: adapt::Pipe) -> Reader<Buffered> {
    Reader::from_reader(tokio::io::BufReader::new(pipe))
}

async fn event_async(reader: &mut Reader<Buffered>) -> Result<Option<Event<'static>>, Error> {
    Ok(match reader.read_event_into_async(&mut Vec::new()).await? {
        Event::Eof => None,
        event => Some(event.into_owned()),
    })
}
