//! The negotiation of permessage-deflate (RFC 7692 §7.1).

use std::{fmt::Write, string::String};

use super::{
    Deflate, WINDOW_BITS,
    params::{NAME, Params},
    settings::{Effort, SlidingWindow},
};
use crate::Role;

/// The parameters of compression that both ends agreed on in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    server: SlidingWindow,
    client: SlidingWindow,
    effort: Effort,
}

impl Agreed {
    /// The logarithm of the window of what `role` sends, in bytes: 8 to 15.
    #[must_use]
    pub const fn window_bits(&self, role: Role) -> u8 {
        self.window(role).bits
    }

    /// Returns true if the messages that `role` sends refer to its earlier ones.
    #[must_use]
    pub const fn context_takeover(&self, role: Role) -> bool {
        self.window(role).takeover
    }

    pub(super) const fn window(&self, role: Role) -> SlidingWindow {
        match role {
            Role::Server => self.server,
            Role::Client => self.client,
        }
    }

    pub(super) const fn effort(&self) -> Effort {
        self.effort
    }
}

impl Deflate {
    /// Chooses the first acceptable of `offers`, the elements of the client's list (RFC 7692 §5.1).
    /// Returns the parameters and the server's answer.
    pub(crate) fn accept<'a>(
        self,
        offers: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<(Agreed, String)> {
        let offer = offers.into_iter().find_map(Params::read)?;
        let server = SlidingWindow {
            bits: self.server.bits.min(offer.server_max_window_bits.unwrap_or(15)),
            takeover: self.server.takeover && !offer.server_no_context_takeover,
        };
        // A client that does not name the parameter must not be told one (§7.1.2.2).
        let bits = match offer.client_max_window_bits {
            Some(most) => self.client.bits.min(most.unwrap_or(15)),
            None => *WINDOW_BITS.end(),
        };
        let takeover = self.client.takeover && !offer.client_no_context_takeover;
        let client = SlidingWindow { bits, takeover };
        let mut answer = String::from(NAME);
        flags(&mut answer, server, client);
        if server.bits < 15 || offer.server_max_window_bits.is_some() {
            number(&mut answer, "server_max_window_bits", server.bits);
        }
        if client.bits < 15 || matches!(offer.client_max_window_bits, Some(Some(_))) {
            number(&mut answer, "client_max_window_bits", client.bits);
        }
        Some((Agreed { server, client, effort: self.effort }, answer))
    }

    /// Writes a client's offer.
    pub(crate) fn offer(self) -> String {
        let mut offer = String::from(NAME);
        flags(&mut offer, self.server, self.client);
        if self.server.bits < 15 {
            number(&mut offer, "server_max_window_bits", self.server.bits);
        }
        if self.client.bits < 15 {
            number(&mut offer, "client_max_window_bits", self.client.bits);
        } else {
            offer.push_str("; client_max_window_bits");
        }
        offer
    }

    /// Reads a server's `answer` to that offer; `None` if the offer does not allow it.
    pub(crate) fn confirm(self, answer: &[u8]) -> Option<Agreed> {
        let answer = Params::read(answer)?;
        let server = SlidingWindow {
            // A parameter that was offered is accepted by repeating it (§7.1.1.1, §7.1.2.1).
            bits: match answer.server_max_window_bits {
                Some(bits) if bits <= self.server.bits => bits,
                None if self.server.bits == 15 => 15,
                _ => return None,
            },
            takeover: match answer.server_no_context_takeover {
                false if !self.server.takeover => return None,
                without => !without,
            },
        };
        let bits = match answer.client_max_window_bits {
            Some(Some(bits)) if bits <= self.client.bits => bits,
            None => self.client.bits,
            _ => return None,
        };
        let takeover = self.client.takeover && !answer.client_no_context_takeover;
        Some(Agreed { server, client: SlidingWindow { bits, takeover }, effort: self.effort })
    }
}

fn flags(list: &mut String, server: SlidingWindow, client: SlidingWindow) {
    if !server.takeover {
        list.push_str("; server_no_context_takeover");
    }
    if !client.takeover {
        list.push_str("; client_no_context_takeover");
    }
}

fn number(list: &mut String, name: &str, bits: u8) {
    let written = write!(list, "; {name}={bits}");
    debug_assert!(written.is_ok(), "strings take everything");
}
