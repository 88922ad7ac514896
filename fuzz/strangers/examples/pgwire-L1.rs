use bytes::BytesMut;
use pgwire::messages::{DecodeContext, PgWireFrontendMessage};

fn main() {
    // A query that has no NUL within its length, and a Sync behind it.
    let (query, sync) = (&b"Q\0\0\0\x08abcd"[..], &b"S\0\0\0\x04"[..]);
    messages("one read: ", &[&[query, sync].concat()]);
    messages("two reads:", &[query, sync]);
}

fn messages(name: &str, reads: &[&[u8]]) {
    let mut context = DecodeContext::default();
    context.awaiting_frontend_ssl = false;
    context.awaiting_frontend_startup = false;
    let mut buffer = BytesMut::new();
    for read in reads {
        buffer.extend_from_slice(read);
        while let Some(message) = PgWireFrontendMessage::decode(&mut buffer, &context).transpose() {
            println!("{name} {message:?}, behind it {:?}", buffer.escape_ascii().to_string());
            if message.is_err() {
                return;
            }
        }
    }
}
