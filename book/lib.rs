//! The book; its listings are compiled and run as tests, its plots are made of results, and its
//! index of the sources.

pub mod beanstalk;
pub mod certificates;
pub mod index;
pub mod speed;

macro_rules! chapters {
    ($($name:ident: $file:literal,)*) => {
        $(#[doc = include_str!(concat!("src/", $file))] pub mod $name {})*
    };
}

chapters! {
    introduction: "introduction.md",
    comparison: "comparison.md",
    two_miniprotocols: "two-miniprotocols.md",
    first_protocol: "first-protocol.md",
    cookbook: "cookbook.md",
    stages_of_stages: "stages-of-stages.md",
    leaving: "leaving.md",
    layers_and_streams: "layers-and-streams.md",
    http1: "http1.md",
    websocket: "websocket.md",
    from_tokio_tungstenite: "from-tokio-tungstenite.md",
    tls: "tls.md",
    quic: "quic.md",
    strangers: "strangers.md",
    other_tools: "other-tools.md",
    laws: "laws.md",
    trace: "trace.md",
    speed_chapter: "speed.md",
}
