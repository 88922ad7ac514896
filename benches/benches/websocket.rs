//! WebSocket messages, read and written.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders::websocket, corpus, measure};
use segue_websocket::Role;

fn websockets(criterion: &mut Criterion) {
    measure(criterion, websocket::mask(64 * 1024));
    for payload in [5, 125, 1024, 64 * 1024] {
        let corpus = corpus::masked_frames(payload);
        measure(criterion, websocket::decode(payload, &corpus));
        for role in [Role::Server, Role::Client] {
            measure(criterion, websocket::encode(role, payload));
        }
    }
}

criterion_group!(benches, websockets);
criterion_main!(benches);
