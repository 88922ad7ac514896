//! The examples of RFC 7541, Appendix C: each block, the fields in it, and the size of the table
//! behind it; and the encoder, held against what the RFC's has written.

use segue_http::{Arena, Field, Line};
use segue_http2::hpack::{Decoder, Encoder};

type Head = &'static [(&'static str, &'static str)];

/// Blocks of one connection: what is on the wire, the fields, the size of the table behind it.
struct Example {
    section: &'static str,
    table: u32,
    blocks: &'static [(&'static str, Head, usize)],
}

const EXAMPLES: &[Example] = &[
    Example {
        section: "C.2.1",
        table: 4096,
        blocks: &[(
            "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
            &[("custom-key", "custom-header")],
            55,
        )],
    },
    Example {
        section: "C.2.2",
        table: 4096,
        blocks: &[("040c 2f73 616d 706c 652f 7061 7468", &[(":path", "/sample/path")], 0)],
    },
    Example {
        section: "C.2.3",
        table: 4096,
        blocks: &[("1008 7061 7373 776f 7264 0673 6563 7265 74", &[("password", "secret")], 0)],
    },
    Example { section: "C.2.4", table: 4096, blocks: &[("82", &[(":method", "GET")], 0)] },
    Example {
        section: "C.3",
        table: 4096,
        blocks: &[
            ("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", REQUESTS[0], 57),
            ("8286 84be 5808 6e6f 2d63 6163 6865", REQUESTS[1], 110),
            (
                "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
                REQUESTS[2],
                164,
            ),
        ],
    },
    Example {
        section: "C.4",
        table: 4096,
        blocks: &[
            ("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", REQUESTS[0], 57),
            ("8286 84be 5886 a8eb 1064 9cbf", REQUESTS[1], 110),
            ("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", REQUESTS[2], 164),
        ],
    },
    Example {
        section: "C.5",
        table: 256,
        blocks: &[
            (
                "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 \
                 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 \
                 6c65 2e63 6f6d",
                RESPONSES[0],
                222,
            ),
            ("4803 3330 37c1 c0bf", RESPONSES[1], 222),
            (
                "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d \
                 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 \
                 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e \
                 3d31",
                RESPONSES[2],
                215,
            ),
        ],
    },
    Example {
        section: "C.6",
        table: 256,
        blocks: &[
            (
                "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 \
                 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
                RESPONSES[0],
                222,
            ),
            ("4883 640e ffc1 c0bf", RESPONSES[1], 222),
            (
                "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab \
                 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f \
                 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
                RESPONSES[2],
                215,
            ),
        ],
    },
];

const REQUESTS: [Head; 3] = [
    &[(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")],
    &[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "www.example.com"),
        ("cache-control", "no-cache"),
    ],
    &[
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/index.html"),
        (":authority", "www.example.com"),
        ("custom-key", "custom-value"),
    ],
];

const RESPONSES: [Head; 3] = [
    &[
        (":status", "302"),
        ("cache-control", "private"),
        ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
        ("location", "https://www.example.com"),
    ],
    &[
        (":status", "307"),
        ("cache-control", "private"),
        ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
        ("location", "https://www.example.com"),
    ],
    &[
        (":status", "200"),
        ("cache-control", "private"),
        ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
        ("location", "https://www.example.com"),
        ("content-encoding", "gzip"),
        ("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
    ],
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")).collect()
}

fn told(arena: &Arena) -> Vec<(&str, &str)> {
    let text = |bytes| str::from_utf8(bytes).expect("it is text");
    arena.fields().lines().map(|field| (text(field.name), text(field.value))).collect()
}

#[test]
fn every_example_is_read() {
    for Example { section, table, blocks } in EXAMPLES {
        let mut decoder = Decoder::new(*table);
        for (block, head, size) in *blocks {
            let mut arena = Arena::new();
            let decoded = decoder.decode(&bytes(block), &mut arena).expect(section);
            assert_eq!(told(&arena), *head, "{section}");
            assert_eq!(decoder.table_size(), *size, "{section}");
            let whole: usize = head.iter().map(|(name, value)| 32 + name.len() + value.len()).sum();
            assert_eq!((decoded.size, decoded.refused), (whole, None), "{section}");
            let never = arena.fields().lines().any(|field| field.flags & Line::NEVER_INDEXED != 0);
            assert_eq!(never, *section == "C.2.3");
        }
    }
}

/// The encoder takes the same choices as the RFC's requests in Huffman code.
#[test]
fn the_requests_are_written_as_the_rfc_has_them() {
    let mut encoder = Encoder::new(4096);
    for (block, head, size) in EXAMPLES[6 - 1].blocks {
        let mut written = vec![];
        let fields = head.iter().map(|(name, value)| Field {
            name: name.as_bytes(),
            value: value.as_bytes(),
            flags: 0,
        });
        encoder.encode(fields, &mut written).expect("it is valid");
        assert_eq!((written, encoder.table_size()), (bytes(block), *size));
    }
}
