use bytes::BytesMut;
use pgwire::messages::{DecodeContext, PgWireBackendMessage, PgWireFrontendMessage};

fn main() {
    let mut context = DecodeContext::default();
    context.awaiting_frontend_ssl = false;
    context.awaiting_frontend_startup = false;
    let key = BytesMut::from(&b"K\0\0\0\x01\0\0\0\x01\0\0\0\x02"[..]);
    let parse = BytesMut::from(&b"P\0\0\0\0\x01select\0\0\0"[..]);
    let context = &context;
    let client = std::panic::catch_unwind(|| {
        PgWireBackendMessage::decode(&mut key.clone(), context).is_ok()
    });
    let server = std::panic::catch_unwind(|| {
        PgWireFrontendMessage::decode(&mut parse.clone(), context).is_ok()
    });
    println!("client {}, server {}", client.is_err(), server.is_err());
}
