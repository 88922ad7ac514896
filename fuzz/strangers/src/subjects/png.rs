//! PNG.

use png::{ColorType, Decoded, Encoder, StreamingDecoder};
use segue_laws::Answer;

use super::fed::{Fed, NOT_TOLD, fed};
use crate::{adapt, entry::Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "PNG",
            "png",
            "StreamingDecoder",
            || Box::new(adapt::calling(chunks())),
            |reads| fed(reads, chunks()),
        )
        .ends_anywhere(NOT_TOLD)
        .accepts([image(1, 1), image(3, 2), image(16, 16)])
        .refuses([&b"\x89PNG\r\n\x1a\r"[..]])
        .words([&b"IDAT"[..], b"IEND", b"tEXt", b"\0\0\0\0"]),
    ]
}

/// An image of the crate's own encoder.
fn image(width: u32, height: u32) -> Vec<u8> {
    let mut image = Vec::new();
    let mut encoder = Encoder::new(&mut image, width, height);
    encoder.set_color(ColorType::Grayscale);
    let points: Vec<u8> = (0..width * height).map(|point| point as u8).collect();
    if let Ok(mut writer) = encoder.write_header() {
        let _ = writer.write_image_data(&points);
    }
    image
}

/// The chunks, without the image that they carry: how much of that comes at a time depends on reads.
fn chunks() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut decoder = StreamingDecoder::new();
    move |bytes, said| {
        let mut bytes = bytes.unwrap_or_default();
        while !bytes.is_empty() {
            let (length, decoded) =
                decoder.update(bytes, None).map_err(|error| error.to_string())?;
            bytes = &bytes[length..];
            match decoded {
                Decoded::Nothing | Decoded::ImageData | Decoded::ImageDataFlushed => {}
                decoded => said.push(Answer::Item(format!("{decoded:?}"))),
            }
        }
        Ok(())
    }
}
