//! QUIC on the wire.

use criterion::{Criterion, criterion_group, criterion_main};
use segue_benches::{contenders::quic, corpus, measure};

fn varints(criterion: &mut Criterion) {
    for (name, sizes) in corpus::VARINTS {
        measure(criterion, quic::varints(name, &corpus::varints(sizes)));
    }
}

criterion_group!(benches, varints);
criterion_main!(benches);
