//! Packets of a capture that were not read, by the reason.

use std::{collections::BTreeMap, fmt};

use crate::tree::Node;

/// The reason why a packet is no datagram of UDP that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Skip {
    /// A link type that is not known here.
    Link(i32),
    /// The packet is of an interface that the capture does not describe.
    NoInterface,
    /// The link carries something else than IP.
    NotIp,
    /// The link encrypts it.
    Encrypted,
    /// IP carries this protocol.
    Protocol(u8),
    /// The capture kept too little of it: its headers are cut off.
    CutOff,
    /// A header contradicts itself.
    Malformed,
    /// A fragment of a packet of which another one is missing.
    Fragment,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(link) => write!(f, "link type {link} is not known"),
            Self::NoInterface => f.write_str("of an interface that is not described"),
            Self::NotIp => f.write_str("no IP"),
            Self::Encrypted => f.write_str("encrypted on its link"),
            Self::Protocol(protocol) => write!(f, "IP protocol {protocol}, not UDP"),
            Self::CutOff => f.write_str("headers cut off by the snap length"),
            Self::Malformed => f.write_str("malformed headers"),
            Self::Fragment => f.write_str("fragments of packets that are not whole"),
        }
    }
}

/// The packets that were skipped: for each reason their count, and the number of the first.
#[derive(Debug, Default)]
pub(crate) struct Skipped(BTreeMap<Skip, (usize, usize)>);

impl Skipped {
    /// Counts packet `number`.
    pub(crate) fn note(&mut self, why: Skip, number: usize) {
        let (count, first) = self.0.entry(why).or_insert((0, number));
        *count += 1;
        *first = number.min(*first);
    }

    /// A node for each reason.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        let node = |(why, (count, first)): (&Skip, &(usize, usize))| {
            let node = Node::new("skipped", why.to_string());
            node.with("packets", *count).with("first", *first)
        };
        self.0.iter().map(node).collect()
    }
}
