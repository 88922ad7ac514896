//! On what terms connections are opened.

use clap::Args;
use segue_websocket::{
    ClientHandshake, Connected, Deflate, Refusal, Role, ServerHandshake, endpoint::Error,
};
use std::io;

/// On what terms connections are opened.
#[derive(Clone, Copy, Args)]
pub struct Terms {
    /// Compresses, with these parameters (RFC 7692 §7.1):
    /// 'server_max_window_bits=9; client_no_context_takeover'.
    #[arg(long, value_parser = read, num_args = 0..=1, default_missing_value = "")]
    deflate: Option<Deflate>,
}

fn read(list: &str) -> Result<Deflate, String> {
    let mut terms = Deflate::new();
    for parameter in list.split(';').map(str::trim).filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let bits = || value.parse().map_err(|_| format!("{parameter} has no number"));
        terms = match name {
            "server_no_context_takeover" => terms.server_no_context_takeover(),
            "client_no_context_takeover" => terms.client_no_context_takeover(),
            "server_max_window_bits" => terms.server_max_window_bits(bits()?),
            "client_max_window_bits" => terms.client_max_window_bits(bits()?),
            _ => return Err(format!("{name} is no parameter of permessage-deflate")),
        };
    }
    Ok(terms)
}

impl Terms {
    pub const fn compresses(self) -> bool {
        self.deflate.is_some()
    }

    /// There is an echo at `/ws`, and nothing elsewhere.
    pub fn of_server(self) -> ServerHandshake {
        let handshake = ServerHandshake::new().decide(|request, _| {
            if request.target() == "/ws" { Ok(()) } else { Err(Refusal::new(404)) }
        });
        match self.deflate {
            Some(terms) => handshake.deflate(terms),
            None => handshake,
        }
    }

    pub fn of_client(self, host: &str, target: &str) -> ClientHandshake {
        let handshake = ClientHandshake::new(host, target);
        match self.deflate {
            Some(offer) => handshake.deflate(offer),
            None => handshake,
        }
    }

    /// Tells what was agreed on, and fails where that is nothing.
    pub fn check(self, opened: &Connected) -> Result<(), Error> {
        match opened.deflate() {
            None if self.deflate.is_some() => Err(io::Error::other("nothing is compressed").into()),
            None => Ok(()),
            Some(agreed) => {
                let side = |role| {
                    let takeover = if agreed.context_takeover(role) { "" } else { " each" };
                    format!("{}{takeover}", agreed.window_bits(role))
                };
                println!("compressed: {} and {}", side(Role::Server), side(Role::Client));
                Ok(())
            }
        }
    }
}
