//! Heads of requests, as they are met.

use super::random;

/// Heads that are read one after the other.
#[derive(Debug)]
pub struct Heads {
    /// The number of their headers, or what they are.
    pub name: &'static str,
    /// At least one.
    pub heads: Vec<Vec<u8>>,
}

/// By the number of their headers: one as long and as cut up as the one that picohttpparser has
/// always been measured with, one of a browser, and the shortest that anybody sends.
pub const HEADS: [(&str, &[u8]); 3] = [
    ("9", include_bytes!("nine_headers.bin")),
    ("15", include_bytes!("browser.bin")),
    ("1", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
];

/// All of [`HEADS`], others with digits in their names, such as those that proxies and tracing add,
/// and many at once, of which no processor foresees where their lines end.
#[must_use]
pub fn heads() -> Vec<Heads> {
    let met: [(&str, &[u8]); 6] = [
        ("9, digits", include_bytes!("nine_digits.bin")),
        ("15, digits", include_bytes!("fifteen_digits.bin")),
        ("tracing", include_bytes!("tracing.bin")),
        ("grpc", include_bytes!("grpc.bin")),
        ("cookies", include_bytes!("cookies.bin")),
        ("proxied", include_bytes!("proxied.bin")),
    ];
    let one = |(name, head): (&'static str, &[u8])| Heads { name, heads: vec![head.to_vec()] };
    let many = [("51, digits", 51), ("100, digits", 100)];
    let mut all: Vec<Heads> = HEADS.into_iter().chain(met).map(one).collect();
    all.extend(many.map(|(name, count)| Heads { name, heads: vec![numbered(count)] }));
    all.push(Heads { name: "512 varied", heads: varied(512) });
    all
}

/// A head of so many headers with a digit in each name.
fn numbered(count: usize) -> Vec<u8> {
    let mut head = b"GET /metrics HTTP/1.1\r\nHost: metrics.example.org\r\n".to_vec();
    for i in 1..count {
        head.extend(format!("X-Label-{i}: value-of-{i}\r\n").into_bytes());
    }
    head.extend(b"\r\n");
    head
}

/// Heads of 2 to 24 headers out of those that are met, in any order, with values of any length
/// that their names are met with.
fn varied(count: usize) -> Vec<Vec<u8>> {
    let mut random = random();
    let mut below =
        |bound: usize| usize::try_from(random.next().unwrap_or(0) >> 33).unwrap_or(0) % bound;
    let text = b"abcdefghijklmnopqrstuvwxyz0123456789-._~/=;, ";
    let mut one = || {
        let mut head = b"GET /".to_vec();
        head.extend((0..below(80)).map(|i| b'a' + u8::try_from(i % 26).unwrap_or(0)));
        head.extend(b" HTTP/1.1\r\nHost: a.example.org\r\n");
        for _ in 0..1 + below(23) {
            let (name, most) = NAMES[below(NAMES.len())];
            head.extend(name.bytes());
            head.extend(b": v");
            head.extend((0..below(most)).map(|_| text[below(text.len())]));
            head.extend(b"v\r\n");
        }
        head.extend(b"\r\n");
        head
    };
    (0..count).map(|_| one()).collect()
}

/// Names of headers, and how long their values get.
const NAMES: [(&str, usize); 40] = [
    ("Accept", 100),
    ("Accept-Encoding", 24),
    ("Accept-Language", 40),
    ("Authorization", 400),
    ("Cache-Control", 20),
    ("Connection", 10),
    ("Content-Type", 40),
    ("Cookie", 600),
    ("DNT", 1),
    ("Forwarded", 80),
    ("If-Modified-Since", 29),
    ("If-None-Match", 40),
    ("Origin", 40),
    ("Priority", 8),
    ("Referer", 120),
    ("Sec-CH-UA", 80),
    ("Sec-CH-UA-64", 4),
    ("Sec-CH-UA-Mobile", 4),
    ("Sec-CH-UA-Platform", 12),
    ("Sec-Fetch-Dest", 10),
    ("Sec-Fetch-Mode", 10),
    ("Sec-Fetch-Site", 12),
    ("Sec-GPC", 1),
    ("TE", 10),
    ("Upgrade-Insecure-Requests", 1),
    ("User-Agent", 140),
    ("Via", 30),
    ("X-Amzn-Trace-Id", 60),
    ("X-B3-ParentSpanId", 18),
    ("X-B3-Sampled", 1),
    ("X-B3-SpanId", 18),
    ("X-B3-TraceId", 34),
    ("X-Client-IPv4", 16),
    ("X-Forwarded-For", 50),
    ("X-Forwarded-Port", 6),
    ("X-Forwarded-Proto", 6),
    ("X-Real-IP", 16),
    ("X-Request-ID", 36),
    ("traceparent", 58),
    ("tracestate", 80),
];
