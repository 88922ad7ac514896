//! CSV: records of fields.

use csv_core::ReadRecordResult;
use segue_laws::Answer;

use super::fed::{Fed, fed};
use crate::{
    adapt::{self, Pipe},
    drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "CSV";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive)
            .accepts(RECORDS)
            .words([&b"\r\n"[..], b"\"\"", b"\"", b","])
            .ends_anywhere(LAST_RECORD)
    };
    vec![
        new(
            "csv-core",
            "Reader::read_record",
            || Box::new(adapt::calling(core())),
            |reads| fed(reads, core()),
        )
        .way(Way::Given),
        new(
            "csv",
            "Reader::into_byte_records",
            || {
                Box::new(adapt::blocking(
                    |source| builder().from_reader(source).into_byte_records(),
                    |records| records.next().transpose(),
                ))
            },
            |reads| {
                drive::blocking(
                    reads,
                    |pipe| builder().from_reader(pipe).into_byte_records(),
                    |records| records.next().transpose(),
                )
            },
        ),
        new(
            "csv-async",
            "AsyncReader::into_byte_records",
            || Box::new(adapt::stream(records)),
            |reads| drive::stream(reads, records),
        ),
    ]
}

const RECORDS: [&[u8]; 3] =
    [b"a,b\r\n1,\"two\"\r\n", b"\"x\"\"y\",\"line\nbreak\"\n,,\n", b"one\n\n\r\nfour,5\r\n"];
const LAST_RECORD: &str = "the last record may or may not have an end: RFC 4180 \u{a7}2";

fn builder() -> csv::ReaderBuilder {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true);
    builder
}

fn records(
    pipe: Pipe,
) -> impl futures::Stream<Item = Result<csv_async::ByteRecord, csv_async::Error>> + Unpin {
    let mut builder = csv_async::AsyncReaderBuilder::new();
    builder.has_headers(false).flexible(true).create_reader(pipe).into_byte_records()
}

/// The loop that `csv` itself has over it: no input is its end.
fn core() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut reader = csv_core::Reader::new();
    let (mut text, mut ends) = (vec![0; 16], vec![0; 2]);
    let (mut written, mut fields) = (0, 0);
    move |bytes, said| {
        let mut rest = bytes.unwrap_or_default();
        if bytes.is_some_and(<[u8]>::is_empty) {
            return Ok(());
        }
        loop {
            let (result, read, wrote, ended) =
                reader.read_record(rest, &mut text[written..], &mut ends[fields..]);
            rest = &rest[read..];
            written += wrote;
            fields += ended;
            match result {
                ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    let text = text[..written].escape_ascii();
                    said.push(Answer::Item(format!("{text} {:?}", &ends[..fields])));
                    (written, fields) = (0, 0);
                }
                ReadRecordResult::InputEmpty if bytes.is_some() => {}
                ReadRecordResult::InputEmpty => continue,
                ReadRecordResult::End => return Ok(()),
            }
            // More of nothing would be the end.
            if rest.is_empty() && bytes.is_some() {
                return Ok(());
            }
        }
    }
}
