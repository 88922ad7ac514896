//! QUIC on the wire.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders::quic, corpus, measure};

fn varints(criterion: &mut Criterion) {
    for (name, sizes) in corpus::VARINTS {
        measure(criterion, quic::varints(name, &corpus::varints(sizes)));
    }
}

fn packets(criterion: &mut Criterion) {
    for kind in ["short", "long", "coalesced"] {
        measure(criterion, quic::headers(kind));
    }
    for payload in [64, 1200] {
        measure(criterion, quic::unprotect(payload));
        measure(criterion, quic::protect(payload));
    }
}

fn reassembly(criterion: &mut Criterion) {
    let stream = quic::stream(64 * 1024);
    for order in quic::ORDERS {
        measure(criterion, quic::reassembly(order, &stream));
    }
}

fn frames(criterion: &mut Criterion) {
    measure(criterion, quic::frames("one", &quic::Payloads::one()));
    measure(criterion, quic::frames("varied", &quic::Payloads::varied()));
}

criterion_group!(benches, frames, varints, packets, reassembly);
criterion_main!(benches);
