//! Messages for many connections, whatever those have agreed on.

use segue::{Buffer, Encode, Output, Step};
use segue_websocket::{
    CloseCode, CloseFrame, Deflate, Message, Outgoing, Prepared, Role, WriteError,
};

use super::opened;

/// The bytes that an item is sent as.
fn sent<'a>(writer: &mut segue_websocket::Writer, item: impl Into<Outgoing<'a>>) -> Vec<u8> {
    let mut output = Output::new();
    writer.encode(item.into(), &mut output).unwrap();
    output.to_vec()
}

#[test]
fn each_connection_understands_it_between_others() {
    let text: String = (0..4000).map(|i: u32| format!("{} and {i}, ", i % 7)).collect();
    let prepared = [
        Prepared::from(&text[..3000]),
        Prepared::from(text.clone().into_bytes()),
        Prepared::from("short"),
        Prepared::from(String::new()),
    ];
    let narrow = Deflate::new().server_max_window_bits(9).client_max_window_bits(9);
    let alone = Deflate::new().server_no_context_takeover().client_no_context_takeover();
    let all = [Deflate::new(), Deflate::new(), narrow, narrow, alone, Deflate::new().threshold(0)];
    let mut of_windows = std::collections::HashMap::new();
    for (i, terms) in all.into_iter().enumerate() {
        let (accepted, connected) = opened(terms, terms);
        let bits = accepted.deflate().unwrap().window_bits(Role::Server);
        for role in [Role::Server, Role::Client] {
            let (mut writer, mut reader) = match role {
                Role::Server => (accepted.halves().1, connected.halves().0),
                Role::Client => (connected.halves().1, accepted.halves().0),
            };
            let mut heard = |wire: Vec<u8>, expected: &[u8], is_text: bool| {
                let (mut buffer, mut answers) = (Buffer::from(&wire[..]), Output::new());
                let item = match buffer.step(&mut reader, false, &mut answers).unwrap() {
                    Step::Item(Message::Text(text)) => (text.as_bytes(), true),
                    Step::Item(Message::Binary(payload)) => (payload, false),
                    other => panic!("{other:?}"),
                };
                assert!(item == (expected, is_text), "connection {i}");
            };
            for message in prepared.iter().cycle().take(12) {
                // One of its own, which refers to those before; then one for all.
                heard(sent(&mut writer, &*text), text.as_bytes(), true);
                heard(sent(&mut writer, &*text), text.as_bytes(), true);
                let wire = sent(&mut writer, message);
                if role == Role::Server && message.as_bytes().len() > 100 {
                    assert!(wire.len() < message.as_bytes().len() / 2, "it is compressed");
                    let first = of_windows.entry((bits, message.as_bytes().len()));
                    assert!(*first.or_insert_with(|| wire.clone()) == wire, "once for all");
                }
                heard(wire, message.as_bytes(), message.is_text());
            }
        }
    }
    assert_eq!(of_windows.len(), 4, "two messages, two windows");
}

#[test]
fn nothing_is_prepared_for_behind_a_close_frame() {
    let prepared = Prepared::from("late");
    let (_, mut writer) = segue_websocket::server();
    sent(&mut writer, CloseFrame::from(CloseCode::NORMAL));
    let mut output = Output::new();
    let refused = writer.encode(Outgoing::from(&prepared), &mut output);
    assert_eq!((refused, output.len()), (Err(WriteError::Closed), 0));
    assert_eq!(format!("{prepared:?}"), "Prepared(Text, 4 bytes)");
}

#[test]
fn servers_share_the_memory_of_a_long_one() {
    let prepared = Prepared::from(vec![7; 1 << 20]);
    let mut outputs = Vec::new();
    let most = super::counting::peak(|| {
        for _ in 0..50 {
            let mut output = Output::new();
            segue_websocket::Writer::server()
                .encode(Outgoing::from(&prepared), &mut output)
                .unwrap();
            outputs.push(output);
        }
    });
    assert!(most < 1 << 16, "{most} bytes");
    assert!(outputs.iter().all(|output| output.len() == (1 << 20) + 10));
}
