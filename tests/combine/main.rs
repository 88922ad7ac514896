//! The combinators of `segue::combine`: the laws on every one and on compositions of them, and
//! what the laws cannot see.

mod bounds;
mod chunks;
mod expanders;
mod expanding;
mod fatal;
mod forwards;
#[path = "../support/holding.rs"]
mod holding;
mod inner_answers;
mod items;
mod nested;
mod sequences;
mod several;

use chunks::Chunks;
use segue::combine::{Either, Slice, prefixes, repeat};
use segue::{DecodeExt, laws, length, separator};

#[test]
fn a_region_of_a_nested_choice() {
    // 21 bytes of chunks; in them lines, or else records, by their first byte; then one line more.
    let stage = || {
        let inner = prefixes([(b">>", true)]).otherwise(false).switch(|lines| {
            Ok(if lines {
                let lines = separator::line().map_lent::<Slice, _, _>((), |(), l| l.into_slice());
                Either::Left(lines)
            } else {
                Either::Right(length::u8().limit(20).take(2))
            })
        });
        Chunks::default().nested(inner).region(13).then(|_| Ok(separator::line()))
    };
    laws::stage(stage)
        .accepts([
            &b"\x01>\x04>a\nb\x01\n\0ppafter\n"[..], // lines
            b"\x02\x01a\x01\x02\x02bc\0pppp\nend\n", // records, done of themselves
        ])
        .refuses([
            &b"\x01>\x04>a\nb\x00pppppafter\n"[..], // the inner stream ends in a line
            b"\x01>\x04>a\nb\x09pppppafter\n",      // a chunk passes the region's end
            b"\x01>\x04>a\nb\x01",                  // the stream ends in the region
        ])
        .check();
}

#[test]
fn repeated_rounds_of_a_head_and_its_region() {
    // A byte, then a region of four with a record in it; again and again.
    let stage =
        || repeat(|| length::array::<1>().take(1).then(|_| Ok(length::u8().take(1).region(4))));
    laws::stage(stage)
        .accepts([&b"A\x01xppB\x03yyy"[..], b""])
        .refuses([&b"A\x04xppB\x03yyy"[..], b"A\x01xp"])
        .check();
}

/// Bytes that stages of these tests can make something of, in no order.
fn arbitrary(mut seed: u64) -> Vec<u8> {
    let alphabet = b"\x00\x00\x01\x01\x02\x02\x03\x04\x05\x06\n\n>>#?!ab-\xff";
    let mut next = move || {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        usize::try_from(seed >> 40).expect("24 bits")
    };
    let length = next() % 40;
    (0..length).map(|_| alphabet[next() % alphabet.len()]).collect()
}

#[test]
fn arbitrary_bytes_read_the_same_however_they_come() {
    for seed in 0..2000 {
        let data = &arbitrary(seed)[..];
        laws::stage(|| length::u8().limit(4).region(20).then(|_| Ok(length::u8()))).fuzz(data);
        laws::stage(|| repeat(|| separator::line().limit(5).take(2).region(7))).fuzz(data);
        laws::stage(|| Chunks::default().nested(separator::line()).max(5)).fuzz(data);
        let questions = || Chunks::default().nested(nested::Questions);
        laws::stage(|| questions().keeping_answers().draining().region(30)).fuzz(data);
        laws::stage(|| questions().answering(length::u8(), 2)).fuzz(data);
        laws::stage(|| {
            repeat(|| {
                prefixes([(b">>", true)]).otherwise(false).switch(|lines| {
                    let records = Either::Right(length::u8().take(2));
                    Ok(if lines { Either::Left(separator::line().take(1)) } else { records })
                })
            })
            .absorbing(|record| record.contains(&b'#'))
        })
        .fuzz(data);
        laws::stage(|| {
            let middle = Chunks::default().nested(length::u8().take(2)).draining();
            Chunks::default().nested(repeat(Chunks::default)).nested(middle)
        })
        .fuzz(data);
    }
}

#[test]
fn work_stays_linear() {
    laws::stage(|| separator::line().max(1 << 20).limit(1 << 20).region(u64::MAX))
        .linear(|length| vec![b'x'; length])
        .check();
    laws::stage(|| Chunks::default().nested(length::u32_be().max(1 << 20)).max(1 << 20))
        .linear(|length| {
            let mut inner = u32::try_from(length).unwrap().to_be_bytes().to_vec();
            inner.resize(length, b'x');
            inner.chunks_exact(64).flat_map(|chunk| [&[64], chunk].concat()).collect()
        })
        .check();
}
