//! A parser from a published crate: how to make it, valid streams, its real driver, what is known.

use segue_laws::{Law, Parser};

use crate::drive::Transcript;

/// One parser, as the runner sees it.
pub struct Entry {
    /// Of what protocol, or kind of framing, it is.
    pub family: &'static str,
    /// As the crate is called in this package's manifest.
    pub dependency: &'static str,
    /// The name of the parser within the crate.
    pub parser: &'static str,
    /// A fresh one, with its adapter.
    pub make: fn() -> Box<dyn Parser>,
    /// The crate's own driver over a stream in given reads.
    pub drive: fn(&[&[u8]]) -> Transcript,
    /// Valid streams, each whole.
    pub accepts: Vec<Vec<u8>>,
    /// Streams that are to be refused.
    pub refuses: Vec<Vec<u8>>,
    /// Words of the protocol, of which more streams are made.
    pub words: Vec<Vec<u8>>,
    /// The end of the stream is a proper end wherever it comes, and for which reason.
    pub ends_anywhere: Option<&'static str>,
    /// The place where it is documented that fewer bytes than it says it needs complete nothing.
    pub needs: Option<&'static str>,
    /// The most bytes that it is documented to hold, and where that is written.
    pub limit: Option<(usize, &'static str)>,
    /// The way in which it comes by its bytes.
    pub way: Option<Way>,
    /// Decodes a stream and encodes what was decoded, both with what the crate has for it.
    pub encodes: Option<Again>,
    /// There is one way only to write what a stream says, and where that is written.
    pub canonical: Option<&'static str>,
    /// All that is known of what breaks, law by law.
    pub notes: Vec<Note>,
}

/// All that nom says of the bytes that are needed.
pub const NOM: &str = "nom: `Needed` tells how many additional bytes are necessary";

/// The way in which a parser comes by its bytes: that decides what it can say of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A `Decoder` of whatever codec crate.
    Decoder,
    /// A function over what there is, that says whether it is enough.
    Partial,
    /// A machine that is pushed bytes.
    Given,
    /// A stream, a connection or a blocking reader.
    Reads,
}

impl Way {
    /// Returns the reason why a law is none for the parsers of this way, where they cannot show it.
    pub fn excuse(self, law: Law) -> Option<&'static str> {
        Some(match (law, self) {
            (Law::L3, Self::Decoder) => {
                "its answer is an item or none, without a number; what it reserves is no promise"
            }
            (Law::L3, Self::Partial) => "it says that it is not enough, and not by how much",
            (Law::L3, Self::Given) => "it is given whatever comes, and asks for nothing",
            (Law::L3, Self::Reads) => "it reads by itself, and asks nobody",
            (Law::L2, Self::Given) => "it takes all that it is given, and is never over",
            _ => return None,
        })
    }
}

/// A stream as the encoder writes again what is decoded of it; `None` where it refuses an item.
pub type Again = fn(&[u8]) -> Option<Vec<u8>>;

/// The reason why a broken law is no defect.
#[derive(Clone, Copy)]
pub struct Note {
    /// The law it is about.
    pub law: Law,
    /// The kind of thing that it is instead.
    pub kind: Kind,
    /// The reason, which for a contract says where it is documented.
    pub reason: &'static str,
}

/// The kinds of a broken law other than a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The crate's documentation says that it is so, or the protocol leaves it open.
    Contract,
    /// The adapter is not what a user would write, or cannot show the law.
    Adapter,
}

impl Entry {
    /// A parser of the crate that this package's manifest calls `dependency`.
    pub fn new(
        family: &'static str,
        dependency: &'static str,
        parser: &'static str,
        make: fn() -> Box<dyn Parser>,
        drive: fn(&[&[u8]]) -> Transcript,
    ) -> Self {
        Self {
            family,
            dependency,
            parser,
            make,
            drive,
            accepts: Vec::new(),
            refuses: Vec::new(),
            words: Vec::new(),
            ends_anywhere: None,
            needs: None,
            limit: None,
            way: None,
            encodes: None,
            canonical: None,
            notes: Vec::new(),
        }
    }

    /// Valid streams.
    pub fn accepts<I: AsRef<[u8]>>(mut self, streams: impl IntoIterator<Item = I>) -> Self {
        self.accepts.extend(streams.into_iter().map(|stream| stream.as_ref().to_vec()));
        self
    }

    /// Streams that are to be refused.
    pub fn refuses<I: AsRef<[u8]>>(mut self, streams: impl IntoIterator<Item = I>) -> Self {
        self.refuses.extend(streams.into_iter().map(|stream| stream.as_ref().to_vec()));
        self
    }

    /// Words of the protocol.
    pub fn words<I: AsRef<[u8]>>(mut self, words: impl IntoIterator<Item = I>) -> Self {
        self.words.extend(words.into_iter().map(|word| word.as_ref().to_vec()));
        self
    }

    /// The end of the stream is a proper end wherever it comes: says where that is written.
    pub fn ends_anywhere(mut self, reason: &'static str) -> Self {
        self.ends_anywhere = Some(reason);
        self
    }

    /// Fewer bytes than it says it needs complete nothing, as is documented: says where.
    pub fn needs(mut self, documented: &'static str) -> Self {
        self.needs = Some(documented);
        self
    }

    /// The most bytes that it is documented to hold: says where. Memory is judged by that.
    pub fn limit(mut self, bytes: usize, documented: &'static str) -> Self {
        self.limit = Some((bytes, documented));
        self
    }

    /// The way in which it comes by its bytes, where that is another than its family's.
    pub fn way(mut self, way: Way) -> Self {
        self.way = Some(way);
        self
    }

    /// The crate has an encoder beside its decoder: a function that decodes a stream and encodes
    /// each item again, such as [`adapt::again`](crate::adapt::again). `None` where the encoder
    /// refuses an item, as it may.
    pub fn encodes(mut self, again: Again) -> Self {
        self.encodes = Some(again);
        self
    }

    /// The content of a stream can be written in one way only: says where that is written.
    pub fn canonical(mut self, documented: &'static str) -> Self {
        self.canonical = Some(documented);
        self
    }

    /// Breaking this law is documented.
    pub fn contract(self, law: Law, reason: &'static str) -> Self {
        self.note(law, Kind::Contract, reason)
    }

    /// It is a function over a slice without memory of the last call.
    pub fn over_slice(self) -> Self {
        self.contract(
            Law::L8,
            "a function over a slice begins again with each read; its caller bounds what it buffers",
        )
    }

    /// Breaking this law is the adapter's doing.
    pub fn adapter(self, law: Law, reason: &'static str) -> Self {
        self.note(law, Kind::Adapter, reason)
    }

    fn note(mut self, law: Law, kind: Kind, reason: &'static str) -> Self {
        self.notes.push(Note { law, kind, reason });
        self
    }

    /// The crate's name on crates.io and the version that is pinned, as the manifest says.
    pub fn package(&self) -> (String, String) {
        package(self.dependency)
    }

    /// Returns the name in the matrix, which the filter looks at as well.
    pub fn name(&self) -> String {
        let (name, version) = self.package();
        format!("{name} {version} {}", self.parser)
    }
}

/// The name on crates.io and the version of what this package's manifest calls `dependency`.
pub fn package(dependency: &str) -> (String, String) {
    let manifest = include_str!("../Cargo.toml");
    let line = manifest
        .lines()
        .find(|line| line.split_once(" =").is_some_and(|(name, _)| name == dependency));
    let line = line.unwrap_or_else(|| panic!("{dependency} is not in the manifest"));
    let quoted = |after: &str| {
        let (_, rest) = line.split_once(after)?;
        rest.split_once('"').map(|(word, _)| word.to_owned())
    };
    let version = quoted("\"=").unwrap_or_else(|| panic!("{dependency} is not pinned"));
    (quoted("package = \"").unwrap_or_else(|| dependency.to_owned()), version)
}
